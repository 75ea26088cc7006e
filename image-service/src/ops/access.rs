//! Which credential a call uses: the request's, else the stored one, else none. Where there is none, the registry client stands in with the
//! service's own identity at registries of its cloud (`registry/cloud`).

use super::Operations;
use crate::{
    error::Result,
    model::{Credential, Namespace, RegistryHost},
    ports::Access,
};

impl Operations {
    pub(super) fn access_with(&self, credential: Option<Credential>) -> Access {
        let fingerprint = self.fingerprints.fingerprint(credential.as_ref());
        Access { credential, fingerprint }
    }

    pub(super) async fn access(
        &self,
        namespace: &Namespace,
        host: &RegistryHost,
        offered: Option<Credential>,
    ) -> Result<Access> {
        let credential = match offered {
            Some(credential) => Some(credential),
            None => self.ports.credentials.get(namespace, host).await?,
        };
        Ok(self.access_with(credential))
    }
}
