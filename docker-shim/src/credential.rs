//! Registry credentials as clients send them: the `X-Registry-Auth` header and the body of `/auth`.
//!
//! Invariant: what is read here reaches neither a log nor an error text.

use std::fmt;

use base64::{Engine, engine::general_purpose};
use http::{HeaderMap, HeaderName};
use imageservice_proto::v1::RegistryAuth;
use serde_json::Value;

use crate::error::Failure;

/// The largest credential that is read. Tokens of clouds have a few kilobytes.
pub(crate) const LIMIT: usize = 64 * 1024;

pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-registry-auth");

/// A credential and the registry that its sender says it is for.
#[derive(Default)]
pub(crate) struct Credential {
    pub(crate) registry: String,
    pub(crate) auth: RegistryAuth,
}

impl Credential {
    /// Reads the JSON object: keys in any case, null as empty, other keys ignored.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, InvalidCredential> {
        let members = match serde_json::from_slice(json) {
            Ok(Value::Object(members)) => members,
            Ok(Value::Null) => return Ok(Self::default()),
            Ok(_) => return Err(InvalidCredential::shape()),
            Err(error) => return Err(InvalidCredential::syntax(&error)),
        };
        let mut credential = Self::default();
        for (key, value) in members {
            let Some(member) = credential.member(&key) else { continue };
            match value {
                Value::String(text) => *member = text,
                Value::Null => {}
                _ => return Err(InvalidCredential::shape()),
            }
        }
        Ok(credential)
    }

    fn member(&mut self, key: &str) -> Option<&mut String> {
        Some(match key.to_ascii_lowercase().as_str() {
            "username" => &mut self.auth.username,
            "password" => &mut self.auth.password,
            "identitytoken" => &mut self.auth.identity_token,
            "registrytoken" => &mut self.auth.registry_token,
            "serveraddress" => &mut self.registry,
            _ => return None,
        })
    }
}

/// Not a JSON object of texts: what is wrong, and where, but nothing of what is there.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct InvalidCredential(String);

impl InvalidCredential {
    fn shape() -> Self {
        Self("not an object of texts".to_owned())
    }

    fn syntax(error: &serde_json::Error) -> Self {
        let what = if error.is_eof() { "unexpected end" } else { "syntax error" };
        Self(format!("{what} at line {} column {}", error.line(), error.column()))
    }
}

impl fmt::Display for InvalidCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The credential of a request. As in Docker a header that cannot be read means none; only one that is too large is an error.
pub(crate) fn from_headers(headers: &HeaderMap) -> Result<Option<RegistryAuth>, Failure> {
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    if value.len() > LIMIT {
        return Err(Failure::invalid("the X-Registry-Auth header is larger than 64 KiB"));
    }
    Ok(decode(value.as_bytes()).filter(|auth| *auth != RegistryAuth::default()))
}

/// Either base64 alphabet (RFC 4648 sections 4 and 5), with or without padding: clients differ.
fn decode(text: &[u8]) -> Option<RegistryAuth> {
    let text = text.trim_ascii();
    let end = text.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
    let standard = text[..end].iter().map(|byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        _ => *byte,
    });
    let json = general_purpose::STANDARD_NO_PAD.decode(standard.collect::<Vec<u8>>()).ok()?;
    Credential::parse(&json).ok().map(|credential| credential.auth)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn read(header: &str) -> Option<RegistryAuth> {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_str(header).unwrap());
        from_headers(&headers).unwrap()
    }

    fn alice() -> RegistryAuth {
        RegistryAuth {
            username: "alice".to_owned(),
            password: "s3cret".to_owned(),
            ..RegistryAuth::default()
        }
    }

    /// The vectors of real clients, and of the raw captures; dockerd itself takes neither unpadded text nor the standard alphabet.
    #[test]
    fn every_spelling_is_understood() {
        for header in [
            "eyJ1c2VybmFtZSI6ImFsaWNlIiwicGFzc3dvcmQiOiJzM2NyZXQifQ==",
            "eyJ1c2VybmFtZSI6ImFsaWNlIiwicGFzc3dvcmQiOiJzM2NyZXQifQ",
            "eyJ1c2VybmFtZSI6ImFsaWNlIiwicGFzc3dvcmQiOiJzM2NyZXQifQo=",
            "eyJ1c2VybmFtZSI6ImFsaWNlIiwicGFzc3dvcmQiOiJzM2NyZXQiLCJ6enoiOnsiYSI6MX19",
            "eyJ1c2VybmFtZSI6ImFsaWNlIiwicGFzc3dvcmQiOiJzM2NyZXQiLCJlbWFpbCI6bnVsbCwiYXV0aCI6bnVsbCwiaWRlbnRpdHl0b2tlbiI6bnVsbH0=",
            "eyJ1c2VybmFtZSI6ImFsaWNlIiwicGFzc3dvcmQiOiJzM2NyZXQiLCJlbWFpbCI6IsO/w7/Dvj8+fn4ifQ==",
            "eyJ1c2VybmFtZSI6ImFsaWNlIiwicGFzc3dvcmQiOiJzM2NyZXQiLCJlbWFpbCI6IsO_w7_Dvj8-fn4ifQ==",
            "eyJVc2VybmFtZSI6ImFsaWNlIiwiUGFzc3dvcmQiOiJzM2NyZXQiLCJTZXJ2ZXJBZGRyZXNzIjoieCJ9",
        ] {
            assert_eq!(read(header), Some(alice()), "{header}");
        }
    }

    #[test]
    fn tokens_have_members_of_their_own() {
        assert_eq!(read("eyJpZGVudGl0eXRva2VuIjoiYWJjIn0=").unwrap().identity_token, "abc");
        assert_eq!(read("eyJyZWdpc3RyeXRva2VuIjoiYWJjIn0=").unwrap().registry_token, "abc");
    }

    #[test]
    fn everything_else_is_anonymous() {
        for header in [
            "",
            "e30=",
            "!!!notbase64",
            "aGVsbG8=",
            "bnVsbA==",
            "eyJhdXRoIjoiWVd4cFkyVTZjek5qY21WMCJ9",
            "====",
            "eyJ1c2VybmFtZSI6MX0=",
        ] {
            assert_eq!(read(header), None, "{header}");
        }
        assert_eq!(from_headers(&HeaderMap::new()).unwrap(), None);
    }

    #[test]
    fn a_header_beyond_the_limit_is_refused() {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_str(&"A".repeat(LIMIT + 1)).unwrap());
        assert_eq!(from_headers(&headers).unwrap_err().status, 400);
    }

    #[test]
    fn the_body_names_its_registry() {
        let credential = Credential::parse(
            br#"{"Username":"alice","password":"s3cret","serveraddress":"127.0.0.1:5001","email":null}"#,
        );
        let credential = credential.ok().unwrap();
        assert_eq!((credential.registry.as_str(), credential.auth), ("127.0.0.1:5001", alice()));
        for (broken, what) in [
            ("", "unexpected end at line 1 column 0"),
            ("{bad", "syntax error at line 1 column 2"),
            ("[]", "not an object of texts"),
            (r#"{"username":1}"#, "not an object of texts"),
        ] {
            assert_eq!(Credential::parse(broken.as_bytes()).err().unwrap().to_string(), what, "{broken}");
        }
    }

    proptest! {
        #[test]
        fn no_header_is_too_odd(header in "[ -~]*") {
            let _ = read(&header);
        }
    }
}
