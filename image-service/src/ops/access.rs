//! Which credential a call uses: the request's, else the stored one, else none. Where there is none, the registry client stands in with the
//! service's own identity at registries of its cloud (`registry/cloud`).
//!
//! Invariant: nobody is given access to what another namespace has staged. The service's own identity may read it, and so would they.

use super::Operations;
use crate::{
    error::{Error, Result},
    model::{Credential, EcrHost, Namespace, RegistryHost, Repository},
    ports::Access,
};

impl Operations {
    pub(super) fn access_with(&self, namespace: &Namespace, credential: Option<Credential>) -> Access {
        let fingerprint = self.fingerprints.fingerprint(namespace, credential.as_ref());
        Access { credential, fingerprint }
    }

    pub(super) async fn access(
        &self,
        namespace: &Namespace,
        repository: &Repository,
        offered: Option<Credential>,
    ) -> Result<Access> {
        self.refuse_staging_of_others(namespace, repository)?;
        let host = RegistryHost::from(repository);
        let credential = match offered {
            Some(credential) => Some(credential),
            None => self.ports.credentials.get(namespace, &host).await?,
        };
        Ok(self.access_with(namespace, credential))
    }

    fn refuse_staging_of_others(&self, namespace: &Namespace, repository: &Repository) -> Result<()> {
        let mut others = self.ports.staging.iter().filter(|(owner, _)| *owner != namespace);
        if others.any(|(_, staging)| is_same_place(staging.repository(), repository)) {
            let detail = "it is where another namespace stages its images".to_owned();
            return Err(Error::DeniedOrNotFound { repository: repository.familiar(), detail });
        }
        Ok(())
    }
}

/// A registry of ECR has several names.
fn is_same_place(one: &Repository, other: &Repository) -> bool {
    let (here, there) = (RegistryHost::from(one), RegistryHost::from(other));
    let is_same_host =
        || here == there || EcrHost::of(&here).is_some_and(|ecr| EcrHost::of(&there) == Some(ecr));
    one.path() == other.path() && is_same_host()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_known_by_every_name_of_its_registry() {
        let is_same = |one: &str, other: &str| is_same_place(&one.parse().unwrap(), &other.parse().unwrap());
        let staging = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/staging";
        for other in [
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com/staging",
            "123456789012.dkr-ecr.eu-central-1.on.aws/staging",
            "123456789012.dkr.ecr-fips.eu-central-1.amazonaws.com/staging",
        ] {
            assert!(is_same(staging, other), "{other}");
        }
        for other in [
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com/staging/team-b",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/staging",
            "210987654321.dkr.ecr.eu-central-1.amazonaws.com/staging",
            "registry.example.com/staging",
        ] {
            assert!(!is_same(staging, other), "{other}");
        }
        assert!(is_same("Registry.Example.com/staging", "registry.example.com/staging"));
    }
}
