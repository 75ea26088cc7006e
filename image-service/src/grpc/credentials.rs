//! `imageservice.v1.Credentials`.

use imageservice_proto::v1::{self, credentials_server::Credentials};
use tonic::{Request, Response, Status};

use super::{convert, namespace_of, status::failed};
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
        let namespace = namespace_of(&request)?;
        let v1::CheckRequest { registry: host, auth } = request.into_inner();
        let host = registry(&host).map_err(failed("Check"))?;
        let token = self.0.login(&namespace, &host, convert::credential(auth)).await;
        let identity_token = token.map_err(failed("Check"))?.unwrap_or_default();
        Ok(Response::new(v1::CheckResponse { registry: host.to_string(), identity_token }))
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
