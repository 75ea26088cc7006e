//! What cannot be used together.

use url::Url;

use super::{AuthConfig, EcrConfig};

impl EcrConfig {
    /// Every mistake that can be told without asking AWS; each names its key.
    #[must_use]
    pub fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        let accounts = || self.accounts.iter();
        let mut endpoints = vec![
            ("ecr.endpoint_url".to_owned(), &self.endpoint_url),
            ("ecr.public_endpoint_url".to_owned(), &self.public_endpoint_url),
            ("ecr.ecs_endpoint_url".to_owned(), &self.ecs_endpoint_url),
            ("ecr.sts_endpoint_url".to_owned(), &self.sts_endpoint_url),
        ];
        endpoints.extend(
            accounts()
                .map(|(id, account)| (format!("ecr.accounts.{id}.endpoint_url"), &account.endpoint_url)),
        );
        for (key, url) in endpoints {
            let Some(url) = url else { continue };
            mistakes.extend(self.endpoint_mistakes(&key, url));
        }
        mistakes.extend(auth_mistakes("ecr.auth", &self.auth));
        for (id, account) in accounts() {
            let key = format!("ecr.accounts.{id}.auth");
            mistakes.extend(account.auth.iter().flat_map(|auth| auth_mistakes(&key, auth)));
        }
        let auths = accounts().filter_map(|(_, account)| account.auth.as_ref()).chain([&self.auth]);
        if self.sts_endpoint_url.is_some()
            && auths.clone().any(|auth| matches!(auth, AuthConfig::WebIdentity { .. }))
        {
            mistakes.push(
                "ecr.sts_endpoint_url does not reach web identities: set the environment variable AWS_ENDPOINT_URL_STS"
                    .into(),
            );
        }
        if self.request_timeout > self.operation_timeout {
            mistakes.push("ecr.request_timeout_ms is longer than ecr.operation_timeout_ms".into());
        }
        mistakes
    }

    fn endpoint_mistakes(&self, key: &str, text: &str) -> Vec<String> {
        let mut mistakes = Vec::new();
        match Url::parse(text) {
            Ok(url) if !matches!(url.scheme(), "http" | "https") || url.host().is_none() => {
                mistakes.push(format!("{key} {text:?} is not http[s]://HOST[:PORT]"));
            }
            Ok(url) if !url.username().is_empty() || url.password().is_some() || url.query().is_some() => {
                mistakes.push(format!("{key} has more than a scheme, a host, a port and a path"));
            }
            Ok(_) => {}
            Err(why) => mistakes.push(format!("{key} {text:?}: {why}")),
        }
        for (other, set) in [("ecr.use_fips", self.use_fips), ("ecr.use_dualstack", self.use_dualstack)] {
            if set {
                mistakes.push(format!(
                    "{other} chooses among AWS's endpoints, and {key} names one: remove either"
                ));
            }
        }
        mistakes
    }
}

fn auth_mistakes(key: &str, auth: &AuthConfig) -> Vec<String> {
    let (role, session) = match auth {
        AuthConfig::DefaultChain {} | AuthConfig::Static(_) => return Vec::new(),
        AuthConfig::AssumeRole { role_arn, session_name, .. } => (role_arn, session_name),
        AuthConfig::WebIdentity { role_arn, session_name, .. } => (role_arn, session_name),
    };
    let mut mistakes = Vec::new();
    if !role.starts_with("arn:") || !role.contains(":role/") {
        mistakes.push(format!("{key}.role_arn {role:?} is not arn:PARTITION:iam::ACCOUNT:role/NAME"));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if session.as_ref().is_some_and(|name| !(2..=64).contains(&name.len()) || !name.chars().all(allowed)) {
        mistakes.push(format!("{key}.session_name has 2 to 64 letters, digits or _+=,.@-"));
    }
    mistakes
}
