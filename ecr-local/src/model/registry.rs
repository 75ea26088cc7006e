//! Which registry a host name means: every AWS account has one in every Region, and all of them are here.

use serde::{Deserialize, Serialize};

/// What hosts that name no account belong to.
pub(crate) const DEFAULT_ACCOUNT: &str = "000000000000";
pub(crate) const DEFAULT_REGION: &str = "us-east-1";

/// The host of all public registries, and the beginning of their repositories' URIs.
pub(crate) const PUBLIC_HOST: &str = "public.ecr.aws";
/// Its name for those who also speak IPv6.
const PUBLIC_HOST_TOO: &str = "ecr-public.aws.com";
/// In place of a Region. No Region has a dot.
const PUBLIC: &str = "public.ecr";

/// What may follow the Region in the host name of a registry (AWS's partitions), and the name by which a resolver finds this machine.
const SUFFIXES: [&str; 10] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "on.aws",
    "on.amazonwebservices.com.cn",
    "sc2s.sgov.gov",
    "c2s.ic.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
    "localhost",
];

/// An AWS account in a Region, or the account's public registry.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct RegistryId {
    pub(crate) account: Box<str>,
    pub(crate) region: Box<str>,
}

impl RegistryId {
    /// The public registry of an account.
    pub(crate) fn public(account: &str) -> Self {
        Self { account: account.into(), region: PUBLIC.into() }
    }

    pub(crate) fn is_public(&self) -> bool {
        *self.region == *PUBLIC
    }

    /// The registry that a `Host` header names (`ACCOUNT.dkr.ecr.REGION.amazonaws.com` and its kin), if it names one.
    pub(crate) fn of_host(host: &str) -> Option<Self> {
        let host = host.to_ascii_lowercase();
        let (account, region) = ecr_host(without_port(&host))?;
        Some(Self { account: account.into(), region: region.into() })
    }

    /// The name of a repository among all of AWS's resources.
    pub(crate) fn arn(&self, repository: &str) -> String {
        let (region, account) = (&self.region, &self.account);
        if self.is_public() {
            return format!("arn:aws:ecr-public::{account}:repository/{repository}");
        }
        format!("arn:{}:ecr:{region}:{account}:repository/{repository}", partition(region))
    }
}

/// Which part of AWS a Region is in.
pub(crate) fn partition(region: &str) -> &'static str {
    let known = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("eusc-", "aws-eusc"),
        ("us-isof-", "aws-iso-f"),
        ("us-isob-", "aws-iso-b"),
        ("us-iso-", "aws-iso"),
        ("eu-isoe-", "aws-iso-e"),
    ];
    known.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("aws", |(_, name)| name)
}

impl Default for RegistryId {
    fn default() -> Self {
        Self { account: DEFAULT_ACCOUNT.into(), region: DEFAULT_REGION.into() }
    }
}

/// Whether a `Host` header names the host of public registries.
pub(crate) fn is_public_host(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    [PUBLIC_HOST, PUBLIC_HOST_TOO].contains(&without_port(&host))
}

/// Whether a public registry may be called so.
pub(crate) fn is_alias(text: &str) -> bool {
    let is_word = |part: &str| {
        let mut characters = part.bytes();
        !part.is_empty() && characters.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    (2..=50).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.split(['.', '_', '-']).all(is_word)
}

fn without_port(host: &str) -> &str {
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

fn ecr_host(name: &str) -> Option<(&str, &str)> {
    let (account, rest) = name.split_once('.')?;
    let rest = rest.strip_prefix("dkr.ecr").or_else(|| rest.strip_prefix("dkr-ecr"))?;
    let rest = rest.strip_prefix("-fips").unwrap_or(rest).strip_prefix('.')?;
    let (region, suffix) = rest.split_once('.')?;
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_region = region.starts_with(|c: char| c.is_ascii_alphanumeric()) && region.bytes().all(inner);
    (is_account && is_region && SUFFIXES.contains(&suffix)).then_some((account, region))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_ecr_name_their_account_and_region() {
        for host in [
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
            "123456789012.dkr.ecr-fips.eu-central-1.amazonaws.com:443",
            "123456789012.DKR-ecr.eu-central-1.on.aws",
            "123456789012.dkr.ecr.eu-central-1.localhost:5000",
        ] {
            let registry = RegistryId::of_host(host).unwrap();
            assert_eq!((&*registry.account, &*registry.region), ("123456789012", "eu-central-1"), "{host}");
        }
    }

    #[test]
    fn all_other_hosts_name_none() {
        for host in [
            "",
            "localhost:5000",
            "[::1]:5000",
            "12345678901.dkr.ecr.eu-central-1.amazonaws.com",
            "123456789012.dkr.ecr.amazonaws.com",
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com.example.org",
        ] {
            assert_eq!(RegistryId::of_host(host), None, "{host}");
        }
    }
}
