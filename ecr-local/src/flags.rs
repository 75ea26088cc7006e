//! The command line.

mod files;

use std::{fs, num::NonZeroU32, path::PathBuf, time::Duration};

use anyhow::Context;
use clap::{Parser, ValueEnum};
use ecr_local::{
    AdminAccess, BasicScanVersion, Builder, Challenge, Durability, EcrLocal, Quirk, Seed, UpstreamSecret,
};

#[derive(Parser)]
#[command(
    version,
    about = "A local ECR: its calls and OCI distribution in one folder",
    args_conflicts_with_subcommands = true
)]
pub(crate) struct Flags {
    #[cfg(feature = "cassette")]
    #[command(subcommand)]
    pub(crate) command: Option<crate::commands::Command>,
    /// Where to serve HTTP.
    #[arg(long, env = "ECR_LOCAL_LISTEN", value_name = "HOST:PORT", default_value = "127.0.0.1:5000")]
    listen: String,
    /// Connections at once; one more is answered with 503.
    #[arg(long, env = "ECR_LOCAL_CONNECTIONS", value_name = "N", default_value = "1024")]
    connections: NonZeroU32,
    /// How long the head of a request may take, and a connection rest between two, in seconds.
    #[arg(long, env = "ECR_LOCAL_HEAD_TIME", value_name = "SECONDS", default_value = "60")]
    head_time: NonZeroU32,
    /// How long a client may take nothing of an answer, in seconds.
    #[arg(long, env = "ECR_LOCAL_STALL_TIME", value_name = "SECONDS", default_value = "300")]
    stall_time: NonZeroU32,
    /// Where everything is kept.
    #[arg(long, env = "ECR_LOCAL_DATA_DIR", value_name = "DIR", default_value = "ecr-local-data")]
    data_dir: PathBuf,
    /// What a change outlives once it was answered: a power cut, or the end of this process alone, which is faster and enough where the
    /// folder is thrown away with its machine.
    #[arg(long, env = "ECR_LOCAL_DURABILITY", value_enum, default_value = "power-cut")]
    durability: DurabilityName,
    /// Who may use it: a file with a line NAME:PASSWORD for each. Everyone on this machine, if there is none.
    #[arg(long, env = "ECR_LOCAL_USERS", value_name = "FILE")]
    users: Option<PathBuf>,
    /// Whose calls and passwords are taken: a file with a line ID:SECRET:ACCOUNT for each access key. Everyone's on this machine, if there
    /// is none.
    #[arg(long, env = "ECR_LOCAL_ACCESS_KEYS", value_name = "FILE")]
    access_keys: Option<PathBuf>,
    /// Who may assume roles of other accounts: a file with a line ROLE_ARN PRINCIPAL for each, where a principal is an account or the issuer of
    /// web identity tokens. A pattern behind an issuer takes the subjects (sub) that are meant; * stands for anything.
    #[arg(long, env = "ECR_LOCAL_TRUSTS", value_name = "FILE")]
    trusts: Option<PathBuf>,
    /// Who issues web identity tokens, and a file with the keys (JWKS) that sign them.
    #[arg(long, env = "ECR_LOCAL_IDENTITY_PROVIDER", value_name = "ISSUER=FILE")]
    identity_provider: Vec<String>,
    /// For which client (aud) tokens of an issuer are taken. For all, if none is given.
    #[arg(long, env = "ECR_LOCAL_IDENTITY_CLIENT", value_name = "ISSUER=CLIENT_ID")]
    identity_client: Vec<String>,
    /// A name of an account's public registry: public.ecr.aws/ALIAS. It is kept.
    #[arg(long, env = "ECR_LOCAL_PUBLIC_ALIAS", value_name = "ACCOUNT:ALIAS")]
    public_alias: Vec<String>,
    /// Take calls of ECR Public in every Region, not in us-east-1 alone.
    #[arg(long, env = "ECR_LOCAL_PUBLIC_IN_EVERY_REGION")]
    public_in_every_region: bool,
    /// Take calls by whomever they are signed; an access key only names its account.
    #[arg(long, env = "ECR_LOCAL_NO_VERIFY_SIGNATURES")]
    no_verify_signatures: bool,
    /// How clients are told to identify themselves.
    #[arg(long, env = "ECR_LOCAL_CHALLENGE", value_enum, default_value = "basic")]
    challenge: ChallengeName,
    /// Let everyone do everything, even from other machines.
    #[arg(long, env = "ECR_LOCAL_ALLOW_ANYONE")]
    allow_anyone: bool,
    /// Refuse a push to a repository that does not exist, as ECR does.
    #[arg(long, env = "ECR_LOCAL_NO_CREATE_ON_PUSH")]
    no_create_on_push: bool,
    /// How long an image is on its way to another registry.
    #[arg(long, env = "ECR_LOCAL_REPLICATION_DELAY", value_name = "SECONDS", default_value_t = 1)]
    replication_delay: u64,
    /// Where the host of an upstream registry really is, as HOST=URL. Can be given several times.
    #[arg(
        long = "upstream-endpoint",
        env = "ECR_LOCAL_UPSTREAM_ENDPOINTS",
        value_name = "HOST=URL",
        value_delimiter = ','
    )]
    upstream_endpoints: Vec<String>,
    /// Credentials for upstream registries: a file with a JSON object of secrets, by their names (ecr-pullthroughcache/…) or ARNs, each with
    /// username and accessToken.
    #[arg(long, env = "ECR_LOCAL_UPSTREAM_SECRETS", value_name = "FILE")]
    upstream_secrets: Option<PathBuf>,
    /// Differ from the specification as ECR does, in one of these ways or in all of them (`all`).
    #[arg(long = "quirk", env = "ECR_LOCAL_QUIRKS", value_name = "NAME", value_delimiter = ',')]
    quirks: Vec<String>,
    /// Hold what a document holds (`GET /_ecr-local/state` shows its form); blobs may be in files beside it.
    #[arg(long = "seed", env = "ECR_LOCAL_SEED", value_name = "FILE", value_delimiter = ',')]
    seeds: Vec<PathBuf>,
    /// Serve the admin interface under `/_ecr-local/`: to clients on this machine, or to everyone who reaches it.
    #[arg(long, env = "ECR_LOCAL_ADMIN", value_enum, num_args = 0..=1, default_missing_value = "local")]
    admin: Option<AdminName>,
    /// How many requests the history keeps.
    #[arg(long, env = "ECR_LOCAL_HISTORY", value_name = "REQUESTS", default_value_t = 1000)]
    history: usize,
    /// Refuse to delete manifests, tags and blobs.
    #[arg(long, env = "ECR_LOCAL_NO_DELETE")]
    no_delete: bool,
    /// How long the scan of an image takes, in seconds.
    #[arg(long, env = "ECR_LOCAL_SCAN_TIME", value_name = "SECONDS", default_value = "5")]
    scan_time: u32,
    /// How long it takes to bring an image back from the archive, in seconds.
    #[arg(long, env = "ECR_LOCAL_RESTORE_TIME", value_name = "SECONDS", default_value = "60")]
    restore_time: u32,
    /// Which basic scanning registries have that did not choose one; with the older one images are described with the results of scans.
    #[arg(long, env = "ECR_LOCAL_BASIC_SCAN_VERSION", value_enum, default_value = "aws-native")]
    basic_scan_version: BasicScanName,
    /// What scans come to: a file with a JSON array of scripts, each with `outcome`, and with `repository` and `digest` if it is not for all
    /// images. Scans find nothing, if there is none.
    #[arg(long, env = "ECR_LOCAL_SCAN_SCRIPTS", value_name = "FILE")]
    scan_scripts: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum DurabilityName {
    PowerCut,
    Crash,
}

#[derive(Clone, Copy, ValueEnum)]
enum BasicScanName {
    AwsNative,
    Clair,
}

#[derive(Clone, Copy, ValueEnum)]
enum ChallengeName {
    Basic,
    Bearer,
}

#[derive(Clone, Copy, ValueEnum)]
enum AdminName {
    Local,
    Anyone,
}

impl Flags {
    /// A registry with these settings.
    pub(crate) fn builder(&self) -> anyhow::Result<Builder> {
        let challenge = match self.challenge {
            ChallengeName::Basic => Challenge::Basic,
            ChallengeName::Bearer => Challenge::Bearer,
        };
        let basic_scan_version = match self.basic_scan_version {
            BasicScanName::AwsNative => BasicScanVersion::AwsNative,
            BasicScanName::Clair => BasicScanVersion::Clair,
        };
        let durability = match self.durability {
            DurabilityName::PowerCut => Durability::PowerCut,
            DurabilityName::Crash => Durability::Crash,
        };
        let builder = EcrLocal::builder(&self.data_dir)
            .listen(&self.listen)
            .connections(self.connections.get())
            .head_time(Duration::from_secs(self.head_time.get().into()))
            .stall_time(Duration::from_secs(self.stall_time.get().into()))
            .durability(durability)
            .challenge(challenge)
            .allow_anyone(self.allow_anyone)
            .create_on_push(!self.no_create_on_push)
            .allow_delete(!self.no_delete)
            .replication_delay(Duration::from_secs(self.replication_delay))
            .verify_signatures(!self.no_verify_signatures)
            .public_in_one_region(!self.public_in_every_region)
            .scan_time(Duration::from_secs(self.scan_time.into()))
            .restore_time(Duration::from_secs(self.restore_time.into()))
            .basic_scan_version(basic_scan_version);
        let scripts = self.scan_scripts.as_deref().map(files::scan_scripts).transpose()?.unwrap_or_default();
        let builder = scripts.into_iter().fold(builder, Builder::scan_script);
        let builder = self.upstreams(builder)?;
        let admin = self.admin.map(|admin| match admin {
            AdminName::Local => AdminAccess::Local,
            AdminName::Anyone => AdminAccess::Anyone,
        });
        let builder = builder.admin(admin).history(self.history);
        let builder = self.quirks()?.into_iter().fold(builder, Builder::quirk);
        let seeds = self.seeds.iter().map(|path| Seed::read(path)).collect::<Result<Vec<_>, _>>()?;
        let builder = seeds.into_iter().fold(builder, Builder::seed);
        let keys = self.access_keys.as_deref().map(files::access_keys).transpose()?.unwrap_or_default();
        let builder = keys
            .into_iter()
            .fold(builder, |builder, (id, secret, account)| builder.access_key(id, secret, account));
        let trusts = self.trusts.as_deref().map(files::trusts).transpose()?.unwrap_or_default();
        let builder = trusts.into_iter().fold(builder, |builder, (role, principal, subject)| match subject {
            Some(subject) => builder.trust_subject(role, principal, subject),
            None => builder.trust(role, principal),
        });
        let builder = self.identity_provider.iter().try_fold(builder, |builder, text| {
            let (issuer, path) =
                text.split_once('=').with_context(|| format!("{text} is not ISSUER=FILE"))?;
            let keys = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
            anyhow::Ok(builder.identity_provider(issuer, keys))
        })?;
        let builder = self.identity_client.iter().try_fold(builder, |builder, text| {
            let pair = text.split_once('=');
            let (issuer, client) = pair.with_context(|| format!("{text} is not ISSUER=CLIENT_ID"))?;
            anyhow::Ok(builder.identity_client(issuer, client))
        })?;
        let builder =
            self.public_alias.iter().try_fold(builder, |builder, text| match text.split_once(':') {
                Some((account, alias)) if files::is_account(account) => {
                    Ok(builder.public_alias(account, alias))
                }
                _ => anyhow::bail!("{text} is not ACCOUNT:ALIAS"),
            })?;
        let users = self.users.as_deref().map(files::users).transpose()?.unwrap_or_default();
        Ok(users.into_iter().fold(builder, |builder, (name, password)| builder.user(name, password)))
    }

    fn quirks(&self) -> anyhow::Result<Vec<Quirk>> {
        if self.quirks.iter().any(|name| name == "all") {
            return Ok(Quirk::ALL.to_vec());
        }
        Ok(self.quirks.iter().map(|name| name.parse()).collect::<Result<_, _>>()?)
    }

    fn upstreams(&self, mut builder: Builder) -> anyhow::Result<Builder> {
        for text in &self.upstream_endpoints {
            let pair = text.split_once('=');
            let (host, address) = pair.with_context(|| format!("{text:?} is not HOST=URL"))?;
            builder = builder.upstream_endpoint(host, address);
        }
        let secrets = self.upstream_secrets.as_deref().map(files::secrets).transpose()?.unwrap_or_default();
        Ok(secrets.into_iter().fold(builder, |builder, (name, secret)| {
            builder.upstream_secret(name, UpstreamSecret::Text(secret))
        }))
    }
}
