//! `[ecr]`: who this service is to AWS, where, and how it calls. Nothing of it is needed unless a registry of ECR is named.

mod auth;
mod check;
mod resilience;
mod scans;

use std::{collections::BTreeMap, str::FromStr, time::Duration};

use serde::{Deserialize, de::Error as _};

pub use auth::{AuthConfig, StaticKeys};
pub use resilience::{BreakerConfig, Rate};
pub use scans::ScansConfig;

use crate::model::{AccountId, Region};

/// ECR, ECR Public and ECS.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EcrConfig {
    /// Who this service is to AWS.
    pub auth: AuthConfig,
    /// Where, if neither a request nor a host name says it. Without one: AWS's environment variables and profiles.
    #[serde(deserialize_with = "parsed")]
    pub region: Option<Region>,
    /// Whose registry, if a request does not say it. Without one: the caller's own.
    #[serde(deserialize_with = "parsed")]
    pub registry_id: Option<AccountId>,
    /// Where ECR's API is, instead of where AWS has it: a VPC endpoint, or a local ECR.
    pub endpoint_url: Option<String>,
    /// The same for ECR Public.
    pub public_endpoint_url: Option<String>,
    /// The same for ECS.
    pub ecs_endpoint_url: Option<String>,
    /// The same for STS, which gives the credentials of roles.
    pub sts_endpoint_url: Option<String>,
    /// Call the endpoints that AWS has validated after FIPS 140.
    pub use_fips: bool,
    /// Call the endpoints that have IPv6, too.
    pub use_dualstack: bool,
    /// Attempts after the first.
    pub max_retries: u32,
    /// How long one attempt may take.
    #[serde(deserialize_with = "milliseconds", rename = "request_timeout_ms")]
    pub request_timeout: Duration,
    /// How long a connection may take.
    #[serde(deserialize_with = "milliseconds", rename = "connect_timeout_ms")]
    pub connect_timeout: Duration,
    /// How long a call may take with all its attempts and waits.
    #[serde(deserialize_with = "milliseconds", rename = "operation_timeout_ms")]
    pub operation_timeout: Duration,
    /// How long before its end a password for the registry is replaced.
    #[serde(deserialize_with = "super::seconds", rename = "token_refresh_buffer_secs")]
    pub token_refresh_buffer: Duration,
    /// Change nothing at AWS, neither by a call nor by a push or a deletion at a registry. Callers who bring a credential still may push.
    pub read_only: bool,
    /// Use this identity at public.ecr.aws, too: more pulls than anonymous callers get.
    pub public_registry: bool,
    /// Whether registries of ECR are pulled from and pushed to as this identity, by callers who bring no credential.
    pub registry_credentials: bool,
    /// Which repositories that are missing may be made by a push.
    pub create_repository: CreateRepository,
    /// Calls per second in one Region of one account, by operation; ECR Public's begin with `Public`.
    pub rates: BTreeMap<String, Rate>,
    /// When to stop asking for a while.
    pub breaker: BreakerConfig,
    /// How scans are waited for.
    pub scans: ScansConfig,
    /// Other identities, each for the registry of its account.
    #[serde(deserialize_with = "by_account")]
    pub accounts: BTreeMap<AccountId, AccountConfig>,
}

/// `[ecr.accounts."123456789012"]`: another identity. What is not said is as in `[ecr]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccountConfig {
    /// Who this service is to the account. A role is assumed as the identity of `[ecr]`.
    pub auth: Option<AuthConfig>,
    /// Where, if neither a request nor a host name says it.
    #[serde(deserialize_with = "parsed")]
    pub region: Option<Region>,
    /// Where ECR's API is.
    pub endpoint_url: Option<String>,
    /// Change nothing in this account; as in `[ecr]`.
    pub read_only: bool,
}

/// Which missing repositories a push may make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CreateRepository {
    /// None.
    #[default]
    Never,
    /// The one where images are staged.
    Staging,
    /// Any.
    Always,
}

impl Default for EcrConfig {
    fn default() -> Self {
        Self {
            auth: AuthConfig::default(),
            region: None,
            registry_id: None,
            endpoint_url: None,
            public_endpoint_url: None,
            ecs_endpoint_url: None,
            sts_endpoint_url: None,
            use_fips: false,
            use_dualstack: false,
            max_retries: 3,
            request_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_millis(3100),
            operation_timeout: Duration::from_secs(120),
            token_refresh_buffer: Duration::from_secs(300),
            read_only: false,
            public_registry: false,
            registry_credentials: true,
            create_repository: CreateRepository::Never,
            rates: BTreeMap::new(),
            breaker: BreakerConfig::default(),
            scans: ScansConfig::default(),
            accounts: BTreeMap::new(),
        }
    }
}

/// Ten minutes are more than any call should take.
const MOST_MILLISECONDS: u64 = 10 * 60 * 1000;

fn milliseconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match u64::deserialize(deserializer)? {
        0 => Err(D::Error::custom("0 milliseconds are no time at all")),
        milliseconds if milliseconds <= MOST_MILLISECONDS => Ok(Duration::from_millis(milliseconds)),
        milliseconds => {
            Err(D::Error::custom(format!("{milliseconds} milliseconds are more than {MOST_MILLISECONDS}")))
        }
    }
}

pub(super) fn parsed<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: FromStr<Err: std::fmt::Display>,
{
    String::deserialize(deserializer)?.parse().map(Some).map_err(D::Error::custom)
}

fn by_account<'de, D>(deserializer: D) -> Result<BTreeMap<AccountId, AccountConfig>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    BTreeMap::<String, AccountConfig>::deserialize(deserializer)?
        .into_iter()
        .map(|(id, account)| {
            let parsed = id.parse().map_err(|why| D::Error::custom(format!("accounts.{id:?}: {why}")))?;
            Ok((parsed, account))
        })
        .collect()
}
