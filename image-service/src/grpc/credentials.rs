//! `imageservice.v1.Credentials`.

use imageservice_proto::v1::{self, credentials_server::Credentials};
use tonic::{Request, Response, Status};

use super::{
    access::{caller_of, leaves_credentials},
    convert, namespace_of,
    status::failed,
};
use crate::{
    error::{Error, Result},
    model::RegistryHost,
    ops::Operations,
};

/// Credential calls, each one operation.
#[derive(Clone, Debug)]
pub(super) struct CredentialsService(pub(super) Operations);

fn registry(text: &str) -> Result<RegistryHost> {
    text.parse().map_err(Error::RegistryHost)
}

#[tonic::async_trait]
impl Credentials for CredentialsService {
    async fn check(&self, request: Request<v1::CheckRequest>) -> Result<Response<v1::CheckResponse>, Status> {
        let caller = caller_of(&request).cloned()?;
        let v1::CheckRequest { registry: host, auth } = request.into_inner();
        let host = registry(&host).map_err(failed("Check"))?;
        let (credential, stays) = (convert::credential(auth), leaves_credentials(&caller));
        let login = self.0.login(&caller.namespace, &host, credential, stays).await;
        let login = login.map_err(failed("Check"))?;
        Ok(Response::new(convert::login(&host, login)))
    }

    async fn list(
        &self,
        request: Request<v1::ListCredentialsRequest>,
    ) -> Result<Response<v1::ListCredentialsResponse>, Status> {
        let stored = self.0.stored_credentials(&namespace_of(&request)?).await.map_err(failed("List"))?;
        let credentials = stored.into_iter().map(convert::stored_credential).collect();
        Ok(Response::new(v1::ListCredentialsResponse { credentials }))
    }

    async fn forget(
        &self,
        request: Request<v1::ForgetRequest>,
    ) -> Result<Response<v1::ForgetResponse>, Status> {
        let namespace = namespace_of(&request)?;
        let host = registry(&request.into_inner().registry).map_err(failed("Forget"))?;
        self.0.forget_credential(&namespace, &host).await.map_err(failed("Forget"))?;
        Ok(Response::new(v1::ForgetResponse { registry: host.to_string() }))
    }
}
