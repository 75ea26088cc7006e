//! The command line.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::{Parser, ValueEnum};
use ecr_local::{AdminAccess, Builder, Challenge, EcrLocal, Quirk, Seed};
use secrecy::SecretString;

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
    /// Where everything is kept.
    #[arg(long, env = "ECR_LOCAL_DATA_DIR", value_name = "DIR", default_value = "ecr-local-data")]
    data_dir: PathBuf,
    /// Who may use it: a file with a line NAME:PASSWORD for each. Everyone on this machine, if there is none.
    #[arg(long, env = "ECR_LOCAL_USERS", value_name = "FILE")]
    users: Option<PathBuf>,
    /// Whose calls and passwords are taken: a file with a line ID:SECRET:ACCOUNT for each access key. Everyone's on this machine, if there
    /// is none.
    #[arg(long, env = "ECR_LOCAL_ACCESS_KEYS", value_name = "FILE")]
    access_keys: Option<PathBuf>,
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
        let builder = EcrLocal::builder(&self.data_dir)
            .listen(&self.listen)
            .challenge(challenge)
            .allow_anyone(self.allow_anyone)
            .create_on_push(!self.no_create_on_push)
            .allow_delete(!self.no_delete)
            .verify_signatures(!self.no_verify_signatures);
        let admin = self.admin.map(|admin| match admin {
            AdminName::Local => AdminAccess::Local,
            AdminName::Anyone => AdminAccess::Anyone,
        });
        let builder = builder.admin(admin).history(self.history);
        let builder = self.quirks()?.into_iter().fold(builder, Builder::quirk);
        let seeds = self.seeds.iter().map(|path| Seed::read(path)).collect::<Result<Vec<_>, _>>()?;
        let builder = seeds.into_iter().fold(builder, Builder::seed);
        let keys = self.access_keys.as_deref().map(read_access_keys).transpose()?.unwrap_or_default();
        let builder = keys
            .into_iter()
            .fold(builder, |builder, (id, secret, account)| builder.access_key(id, secret, account));
        let users = self.users.as_deref().map(read_users).transpose()?.unwrap_or_default();
        Ok(users.into_iter().fold(builder, |builder, (name, password)| builder.user(name, password)))
    }

    fn quirks(&self) -> anyhow::Result<Vec<Quirk>> {
        if self.quirks.iter().any(|name| name == "all") {
            return Ok(Quirk::ALL.to_vec());
        }
        Ok(self.quirks.iter().map(|name| name.parse()).collect::<Result<_, _>>()?)
    }
}

/// As with users, a file without keys would open the registry to everyone.
fn read_access_keys(path: &Path) -> anyhow::Result<Vec<(String, SecretString, String)>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty());
    let keys = lines.map(|(number, line)| match line.split(':').collect::<Vec<_>>()[..] {
        [id, secret, account] if !id.is_empty() && !secret.is_empty() && is_account(account) => {
            Ok((id.to_owned(), secret.into(), account.to_owned()))
        }
        _ => anyhow::bail!("{} line {}: not ID:SECRET:ACCOUNT", path.display(), number + 1),
    });
    let keys = keys.collect::<anyhow::Result<Vec<_>>>()?;
    anyhow::ensure!(!keys.is_empty(), "{} names no access key", path.display());
    Ok(keys)
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A file that was named and names nobody would open the registry to everyone.
fn read_users(path: &Path) -> anyhow::Result<Vec<(String, SecretString)>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty());
    let users = lines.map(|(number, line)| match line.split_once(':') {
        Some((name, password)) if !name.is_empty() && !password.is_empty() => {
            Ok((name.to_owned(), password.into()))
        }
        _ => anyhow::bail!("{} line {}: not NAME:PASSWORD", path.display(), number + 1),
    });
    let users = users.collect::<anyhow::Result<Vec<_>>>()?;
    anyhow::ensure!(!users.is_empty(), "{} names no user", path.display());
    Ok(users)
}
