//! `ecr.v1.AuthService`.

use std::sync::Arc;

use imageservice_proto::ecr::v1::{self, auth_service_server::AuthService};
use tonic::{Request, Response, Status};

use super::answer;
use crate::ports::EcrAuth;

/// Calls about passwords.
#[derive(Clone, Debug)]
pub(super) struct Auth(pub(super) Arc<dyn EcrAuth>);

#[tonic::async_trait]
impl AuthService for Auth {
    async fn get_authorization_token(
        &self,
        request: Request<v1::GetAuthorizationTokenRequest>,
    ) -> Result<Response<v1::AuthorizationData>, Status> {
        answer("GetAuthorizationToken", self.0.get_authorization_token(request.into_inner())).await
    }

    async fn get_login_command(
        &self,
        request: Request<v1::GetLoginCommandRequest>,
    ) -> Result<Response<v1::LoginCommand>, Status> {
        answer("GetLoginCommand", self.0.get_login_command(request.into_inner())).await
    }

    async fn refresh_token(
        &self,
        request: Request<v1::RefreshTokenRequest>,
    ) -> Result<Response<v1::AuthorizationData>, Status> {
        answer("RefreshToken", self.0.refresh_token(request.into_inner())).await
    }
}
