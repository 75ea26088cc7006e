//! Which hosts are registries of Amazon ECR: in every partition, with FIPS, dual stack, or both; and the public registry.

use super::{
    access::RegistryHost,
    aws::{AccountId, Region},
};

/// A registry of Amazon ECR.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum EcrHost {
    /// An account's, in a Region.
    Private {
        /// Whose.
        account: AccountId,
        /// Where.
        region: Region,
    },
    /// Everyone's.
    Public,
}

/// What follows the Region in a host name, and how Regions of that partition begin; nothing where no other partition's beginning is.
const PARTITIONS: [(&str, &[&str]); 9] = [
    ("amazonaws.com", &[]),
    ("on.aws", &[]),
    ("amazonaws.com.cn", &["cn-"]),
    ("on.amazonwebservices.com.cn", &["cn-"]),
    ("amazonaws.eu", &["eusc-"]),
    ("c2s.ic.gov", &["us-iso-"]),
    ("sc2s.sgov.gov", &["us-isob-"]),
    ("cloud.adc-e.uk", &["eu-isoe-"]),
    ("csp.hci.ic.gov", &["us-isof-"]),
];

impl EcrHost {
    /// What a host is, if it is a registry of ECR. A name that mixes partitions is none: a password for one is nobody's business in the other.
    #[must_use]
    pub fn of(host: &RegistryHost) -> Option<Self> {
        let host = host.as_str();
        if matches!(host, "public.ecr.aws" | "ecr-public.aws.com") {
            return Some(Self::Public);
        }
        let (account, rest) = host.split_once(".dkr")?;
        let rest = rest.strip_prefix(['.', '-'])?.strip_prefix("ecr")?;
        let (region, suffix) =
            rest.strip_prefix("-fips").unwrap_or(rest).strip_prefix('.')?.split_once('.')?;
        let (_, own) = PARTITIONS.iter().find(|(known, _)| *known == suffix)?;
        let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| region.starts_with(beginning));
        let fits = match own {
            [] => !PARTITIONS.iter().any(|(_, others)| begins(others)),
            own => begins(own),
        };
        if !fits {
            return None;
        }
        Some(Self::Private { account: account.parse().ok()?, region: region.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(host: &str) -> Option<EcrHost> {
        EcrHost::of(&host.parse().unwrap())
    }

    #[test]
    fn registries_of_every_partition_name_their_account_and_region() {
        for (host, region) in [
            ("123456789012.dkr.ecr.eu-central-1.amazonaws.com", "eu-central-1"),
            ("123456789012.dkr.ecr.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
            ("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", "us-east-1"),
            ("123456789012.dkr-ecr.us-east-1.on.aws", "us-east-1"),
            ("123456789012.dkr-ecr-fips.us-east-1.on.aws", "us-east-1"),
            ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            ("123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn", "cn-north-1"),
            ("123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
            ("123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"),
            ("123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"),
            ("123456789012.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1"),
            ("123456789012.dkr.ecr.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1"),
            ("123456789012.DKR.ECR.EU-CENTRAL-1.amazonaws.com", "eu-central-1"),
        ] {
            let expected = EcrHost::Private {
                account: "123456789012".parse().unwrap(),
                region: region.parse().unwrap(),
            };
            assert_eq!(of(host), Some(expected), "{host}");
        }
    }

    #[test]
    fn the_public_registry_has_two_names() {
        assert_eq!(of("public.ecr.aws"), Some(EcrHost::Public));
        assert_eq!(of("ecr-public.aws.com"), Some(EcrHost::Public));
    }

    #[test]
    fn names_that_only_look_like_it_are_no_registries() {
        for host in [
            "docker.io",
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com.example.org",
            "evil.123456789012.dkr.ecr.eu-central-1.amazonaws.com",
            "12345678901.dkr.ecr.eu-central-1.amazonaws.com",
            "123456789012.dkr.ecr..amazonaws.com",
            "123456789012.dkr.ecr.eu-central-1.example.org",
            "123456789012.dkrxecr.eu-central-1.amazonaws.com",
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com:5000",
            "123456789012.dkr.ecr.us-east-1.amazonaws.com.cn",
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com",
            "evil.public.ecr.aws",
            "api.ecr.eu-central-1.amazonaws.com",
        ] {
            assert_eq!(of(host), None, "{host}");
        }
    }
}
