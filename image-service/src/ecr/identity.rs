//! Who this service is to AWS: one source of credentials for each account, opened when it is first needed.

use std::sync::Arc;

use aws_config::{
    BehaviorVersion, SdkConfig,
    default_provider::credentials::DefaultCredentialsChain,
    provider_config::ProviderConfig,
    sts::AssumeRoleProvider,
    web_identity_token::{StaticConfiguration, WebIdentityTokenCredentialsProvider},
};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use secrecy::ExposeSecret as _;
use tokio::sync::OnceCell;

use crate::{
    config::{AuthConfig, EcrConfig, StaticKeys},
    model::Region,
};

const SESSION: &str = "image-service";

/// One identity.
#[derive(Debug)]
pub(super) struct Identity {
    auth: AuthConfig,
    /// Who assumes the role, if the identity is one of another account.
    source: Option<Arc<Identity>>,
    sts_endpoint: Option<String>,
    use_fips: bool,
    use_dualstack: bool,
    provider: OnceCell<SharedCredentialsProvider>,
}

impl Identity {
    pub(super) fn new(auth: AuthConfig, source: Option<Arc<Self>>, config: &EcrConfig) -> Self {
        Self {
            auth,
            source,
            sts_endpoint: config.sts_endpoint_url.clone(),
            use_fips: config.use_fips,
            use_dualstack: config.use_dualstack,
            provider: OnceCell::new(),
        }
    }

    /// Where credentials come from; `region` is that of the first call, and STS is asked there.
    pub(super) async fn provider(&self, region: &Region) -> SharedCredentialsProvider {
        self.provider.get_or_init(|| self.open(region)).await.clone()
    }

    async fn open(&self, region: &Region) -> SharedCredentialsProvider {
        let sdk_region = aws_config::Region::new(region.as_str().to_owned());
        match &self.auth {
            AuthConfig::DefaultChain {} => SharedCredentialsProvider::new(
                DefaultCredentialsChain::builder().region(sdk_region).build().await,
            ),
            AuthConfig::Static(keys) => SharedCredentialsProvider::new(credentials(keys)),
            AuthConfig::AssumeRole { role_arn, session_name, external_id } => {
                let mut role = AssumeRoleProvider::builder(role_arn)
                    .session_name(session_name.as_deref().unwrap_or(SESSION))
                    .configure(&self.for_sts(sdk_region).await);
                if let Some(id) = external_id {
                    role = role.external_id(id.expose_secret());
                }
                let provider = match &self.source {
                    Some(source) => role.build_from_provider(Box::pin(source.provider(region)).await).await,
                    None => role.build().await,
                };
                SharedCredentialsProvider::new(provider)
            }
            AuthConfig::WebIdentity { role_arn, token_file, session_name } => {
                let provider = ProviderConfig::default()
                    .with_region(Some(sdk_region))
                    .with_use_fips(self.use_fips.then_some(true))
                    .with_use_dual_stack(self.use_dualstack.then_some(true));
                SharedCredentialsProvider::new(
                    WebIdentityTokenCredentialsProvider::builder()
                        .configure(&provider)
                        .static_configuration(StaticConfiguration {
                            web_identity_token_file: token_file.clone(),
                            role_arn: role_arn.clone(),
                            session_name: session_name.as_deref().unwrap_or(SESSION).to_owned(),
                        })
                        .build(),
                )
            }
        }
    }

    async fn for_sts(&self, region: aws_config::Region) -> SdkConfig {
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).region(region);
        if let Some(url) = &self.sts_endpoint {
            loader = loader.endpoint_url(url);
        }
        loader.use_fips(self.use_fips).use_dual_stack(self.use_dualstack).load().await
    }
}

fn credentials(keys: &StaticKeys) -> Credentials {
    let session = keys.session_token.as_ref().map(|token| token.expose_secret().to_owned());
    Credentials::new(
        keys.access_key_id.expose_secret(),
        keys.secret_access_key.expose_secret(),
        session,
        None,
        "configuration",
    )
}
