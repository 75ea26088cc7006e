//! Assuming a role, whoever does: the credentials, and what is told of them.

use std::time::Duration;

use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::errors::Error;
use crate::{
    auth::{Auth, Session},
    control::{ControlPlane, errors::Error as Front},
    wire::Element,
};

const LIFETIME: Duration = Duration::from_secs(60 * 60);
/// Characters that session policies and tags have room for.
const PACKED: usize = 2048;

/// What both ways to assume a role begin with.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Wanted {
    pub(super) role_arn: String,
    role_session_name: String,
    policy: Option<String>,
    #[serde(default)]
    policy_arns: Vec<PolicyArn>,
    pub(super) duration_seconds: Option<u64>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
struct PolicyArn {
    #[serde(default)]
    arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    value: String,
}

/// The account and the name of a role (`arn:aws:iam::ACCOUNT:role/PATH/NAME`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Role<'a> {
    pub(super) account: &'a str,
    /// Behind the path.
    name: &'a str,
}

impl<'a> Role<'a> {
    pub(super) fn parse(arn: &'a str) -> Result<Self, Error> {
        let invalid = Error::Validation("Request ARN is invalid");
        let fields: Vec<_> = arn.splitn(6, ':').collect();
        let ["arn", partition, "iam", "", account, path] = fields[..] else { return Err(invalid) };
        let name = path.strip_prefix("role/");
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
        match name {
            Some(name)
                if is_account
                    && partition.starts_with("aws")
                    && name.split('/').all(|part| is_name(part, inner)) =>
            {
                Ok(Self { account, name })
            }
            _ => Err(invalid),
        }
    }
}

fn is_name(name: &str, inner: fn(u8) -> bool) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(inner)
}

impl Wanted {
    /// Assumes the role, for those who may.
    pub(super) fn assume(&self, plane: &ControlPlane) -> Result<Vec<Element>, Error> {
        let role = Role::parse(&self.role_arn)?;
        let packed = self.packed()?;
        let failed = || Error::Front(Front::Internal("the system gives no random numbers".into()));
        let lifetime = self.duration_seconds.map_or(LIFETIME, Duration::from_secs);
        // The time that is told has whole seconds.
        let now = Duration::from_secs(plane.clock.now().as_secs());
        let session = Session {
            key: Auth::fresh_session_key().ok_or_else(failed)?,
            account: role.account.to_owned(),
            role: role.name.to_owned(),
            name: self.role_session_name.clone(),
            expires: now.saturating_add(lifetime),
        };
        let mut told = shown(&plane.auth, &session)?;
        told.extend(packed.map(|percent| Element::text("PackedPolicySize", percent.to_string())));
        Ok(told)
    }

    /// How many per cent of the room policies and tags take, if there are any.
    fn packed(&self) -> Result<Option<usize>, Error> {
        if let Some(policy) = &self.policy {
            let document: Result<Value, _> = serde_json::from_str(policy);
            document
                .ok()
                .filter(|document| document["Statement"].is_array() || document["Statement"].is_object())
                .ok_or(Error::MalformedPolicy)?;
        }
        let policies = self.policy.iter().map(String::len);
        let arns = self.policy_arns.iter().map(|policy| policy.arn.len());
        let tags = self.tags.iter().map(|tag| tag.key.len() + tag.value.len());
        let characters: usize = policies.chain(arns).chain(tags).sum();
        match characters * 100 / PACKED {
            percent if percent > 100 => Err(Error::PackedPolicyTooLarge(percent)),
            percent => Ok((characters > 0).then_some(percent.max(1))),
        }
    }
}

fn shown(auth: &Auth, session: &Session) -> Result<Vec<Element>, Error> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| Error::Front(Front::Internal(error));
    let end = OffsetDateTime::from_unix_timestamp(session.expires.as_secs().cast_signed());
    let end = end.map_err(|error| failed(error.into()))?;
    let end = end.format(&Rfc3339).map_err(|error| failed(error.into()))?;
    let key = auth.session_key(session);
    Ok(vec![
        Element::Holding(
            "AssumedRoleUser",
            vec![Element::text("AssumedRoleId", session.user_id(auth)), Element::text("Arn", session.arn())],
        ),
        Element::Holding(
            "Credentials",
            vec![
                Element::text("AccessKeyId", key.id),
                Element::text("SecretAccessKey", key.secret.expose_secret()),
                Element::text("SessionToken", auth.session_token(session).expose_secret()),
                Element::text("Expiration", end),
            ],
        ),
    ])
}
