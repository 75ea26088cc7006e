//! AssumeRoleWithWebIdentity: for whoever has a token (RFC 7519) of an issuer that the role trusts.
//!
//! Where everyone may do everything a token of an issuer that nobody announced is believed, as long as it is one, has begun and is not over. A role
//! trusts an issuer as a whole, or with some subjects (`sub`); tokens can be held to be for a client (`aud`).

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, de::DeserializeOwned};

use super::{errors::Error, role::Wanted};
use crate::{auth::IdentityProvider, control::ControlPlane, wire::Element};

const NOT_A_TOKEN: &str =
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Input {
    #[serde(flatten)]
    wanted: Wanted,
    web_identity_token: String,
    provider_id: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    /// Seconds since 1970.
    exp: u64,
    /// Likewise.
    nbf: Option<u64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn all(&self) -> &[String] {
        match self {
            Self::One(audience) => std::slice::from_ref(audience),
            Self::Several(audiences) => audiences,
        }
    }
}

pub(super) fn run(plane: &ControlPlane, input: Input) -> Result<Vec<Element>, Error> {
    let is_open = !plane.verify || plane.auth.is_open();
    if let Some(provider) = &input.provider_id {
        let why = format!("{provider} is no provider here: only tokens of OpenID Connect are taken");
        return Err(Error::InvalidIdentityToken(why));
    }
    let token = Token::parse(&input.web_identity_token)?;
    let issuer = token.claims.iss.as_str();
    match plane.auth.trusts.provider(issuer) {
        Some(provider) => token.verify(provider)?,
        None if is_open => {}
        None => {
            let why = format!("No OpenIDConnect provider found in your account for {issuer}");
            return Err(Error::InvalidIdentityToken(why));
        }
    }
    let now = plane.clock.now().as_secs();
    if token.claims.exp <= now {
        return Err(Error::ExpiredIdentityToken(now, token.claims.exp));
    }
    if token.claims.nbf.is_some_and(|begin| begin > now) {
        return Err(Error::InvalidIdentityToken("The ID Token is not valid yet".to_owned()));
    }
    if !plane.auth.trusts.takes(issuer, token.claims.aud.all()) {
        return Err(Error::InvalidIdentityToken("Incorrect token audience".to_owned()));
    }
    let subject = Some(token.claims.sub.as_str());
    if !is_open && !plane.auth.trusts.allows(&input.wanted.role_arn, issuer, subject) {
        return Err(Error::Denied("Not authorized to perform sts:AssumeRoleWithWebIdentity".to_owned()));
    }
    let mut told = input.wanted.assume(plane)?;
    let audience = token.claims.aud.all().first().cloned().unwrap_or_default();
    told.extend([
        Element::text("SubjectFromWebIdentityToken", token.claims.sub),
        Element::text("Audience", audience),
        Element::text("Provider", token.claims.iss),
    ]);
    Ok(told)
}

/// A token that was read and not believed yet.
struct Token<'t> {
    signed: &'t str,
    signature: Vec<u8>,
    header: Header,
    claims: Claims,
}

impl<'t> Token<'t> {
    fn parse(text: &'t str) -> Result<Self, Error> {
        let read = || {
            let (signed, signature) = text.rsplit_once('.')?;
            let (header, claims) = signed.split_once('.')?;
            let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
            Some(Self { signed, signature, header: part(header)?, claims: part(claims)? })
        };
        read().ok_or_else(|| Error::InvalidIdentityToken(NOT_A_TOKEN.to_owned()))
    }

    fn verify(&self, provider: &IdentityProvider) -> Result<(), Error> {
        match provider.has_signed(&self.header.alg, self.signed.as_bytes(), &self.signature) {
            true => Ok(()),
            false => {
                let why = "The signature of the ID Token is by no key of its issuer";
                Err(Error::InvalidIdentityToken(why.to_owned()))
            }
        }
    }
}

fn part<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}
