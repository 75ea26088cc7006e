//! Messages that hold a secret show everything else.

use std::fmt::{Debug, Formatter, Result};

use crate::ecr::v1::{AuthorizationData, DockerCredentials};

const SECRET: &str = "[secret]";

impl Debug for AuthorizationData {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("AuthorizationData")
            .field("authorization_token", &SECRET)
            .field("expires_at", &self.expires_at)
            .field("proxy_endpoint", &self.proxy_endpoint)
            .finish()
    }
}

impl Debug for DockerCredentials {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("DockerCredentials")
            .field("username", &self.username)
            .field("password", &SECRET)
            .field("registry", &self.registry)
            .field("expires_at", &self.expires_at)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_shown() {
        let token = AuthorizationData { authorization_token: "hunter2".into(), ..Default::default() };
        let login = DockerCredentials { password: "hunter2".into(), ..Default::default() };
        let command = crate::ecr::v1::LoginCommand { credentials: Some(login), ..Default::default() };
        for shown in [format!("{token:?}"), format!("{command:?}")] {
            assert!(shown.contains(SECRET) && !shown.contains("hunter2"), "{shown}");
        }
    }
}
