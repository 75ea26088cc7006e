//! Secrets that came by while a cassette is made or served: whatever was left out by its name is left out by its value as well, wherever else
//! it stands.
//!
//! Invariant: nothing prints them.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderName, header};
use url::form_urlencoded;

use super::{
    interaction::{Body, Headers, Interaction, Request},
    redact::REDACTED,
};

/// Shorter ones would be found in anything.
const SHORTEST: usize = 6;

/// Headers that hold nothing else.
const HEADERS: [HeaderName; 6] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::PROXY_AUTHORIZATION,
    header::SET_COOKIE,
    HeaderName::from_static("x-amz-security-token"),
    HeaderName::from_static("x-registry-auth"),
];

/// What was seen so far.
#[derive(Default)]
pub(super) struct Secrets {
    forms: Mutex<Vec<String>>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl Secrets {
    /// Learns a secret, in all forms in which it may stand in a text.
    pub(super) fn learn(&self, secret: &str) {
        if secret.len() < SHORTEST || REDACTED.contains(secret) {
            return;
        }
        let escape = |text: &str| {
            let quoted = serde_json::Value::from(text).to_string();
            quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
        };
        // A document is a text within a line.
        let (escaped, twice) = (escape(secret), escape(&escape(secret)));
        let encoded = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let mut forms = self.forms();
        for form in [secret.to_owned(), escaped, twice, encoded] {
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
    }

    /// Learns a user with a password as they stand in `Authorization` and in a token of ECR's.
    pub(super) fn learn_pair(&self, encoded: &str) {
        self.learn(encoded);
        let decoded = BASE64_STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some((_, password)) = decoded.as_deref().and_then(|pair| pair.split_once(':')) {
            self.learn(password);
        }
    }

    /// Learns what the headers of a request or an answer hold. A signature is good for its own request alone, and none here.
    pub(super) fn learn_headers(&self, headers: &HeaderMap) {
        for name in HEADERS {
            let values = headers.get_all(&name).iter().filter_map(|value| value.to_str().ok());
            values.for_each(|value| self.learn_header(&name, value));
        }
    }

    fn learn_header(&self, name: &HeaderName, value: &str) {
        match value.split_once(' ') {
            _ if [header::COOKIE, header::SET_COOKIE].contains(name) => {
                let pairs = value.split(';').filter_map(|pair| pair.split_once('='));
                pairs.for_each(|(_, value)| self.learn(value.trim()));
            }
            Some((scheme, pair)) if scheme.eq_ignore_ascii_case("basic") => self.learn_pair(pair.trim()),
            Some((scheme, _)) if scheme.starts_with("AWS4-") => {}
            Some((_, token)) => self.learn(token.trim()),
            None => self.learn(value),
        }
    }

    /// How much is known.
    pub(super) fn count(&self) -> usize {
        self.forms().len()
    }

    /// Whether a text holds anything that was learnt after the first so many.
    pub(super) fn are_in(&self, text: &str, known: usize) -> bool {
        self.forms().iter().skip(known).any(|form| text.contains(form))
    }

    /// A text without any of it.
    pub(super) fn scrub(&self, text: &str) -> String {
        let mut forms = self.forms().clone();
        // One may be a part of another.
        forms.sort_unstable_by_key(|form| std::cmp::Reverse(form.len()));
        forms.iter().fold(text.to_owned(), |text, form| text.replace(form, REDACTED))
    }

    /// A request without any of it.
    pub(super) fn scrub_request(&self, request: &mut Request) {
        request.target = self.scrub(&request.target);
        self.scrub_headers(&mut request.headers);
        self.scrub_body(&mut request.body);
    }

    /// A line without any of it. What its bodies have in files was scrubbed on its way there.
    pub(super) fn scrub_interaction(&self, interaction: &mut Interaction) {
        self.scrub_request(&mut interaction.request);
        self.scrub_headers(&mut interaction.response.headers);
        self.scrub_body(&mut interaction.response.body);
    }

    fn scrub_headers(&self, headers: &mut Headers) {
        headers.iter_mut().for_each(|(_, value)| *value = self.scrub(value));
    }

    fn scrub_body(&self, body: &mut Body) {
        if let Body::Text(text) = body {
            *text = self.scrub(text);
        }
    }

    fn forms(&self) -> MutexGuard<'_, Vec<String>> {
        self.forms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn knowing(headers: &[(HeaderName, &'static str)]) -> Secrets {
        let (secrets, mut map) = (Secrets::default(), HeaderMap::new());
        for (name, value) in headers {
            map.append(name, HeaderValue::from_static(value));
        }
        secrets.learn_headers(&map);
        secrets
    }

    #[test]
    fn what_opens_anything_is_found_in_every_form() {
        let secrets = knowing(&[
            (header::AUTHORIZATION, "Basic QVdTOnAmc3MiJXdvcmQ="),
            (header::COOKIE, "a=c00kie-one; b=c00kie-two"),
            (HeaderName::from_static("x-amz-security-token"), "s3ssion/token"),
        ]);
        for text in [
            "QVdTOnAmc3MiJXdvcmQ=",
            r#"p&ss"%word"#,
            r#"p&ss\"%word"#,
            "p%26ss%22%25word",
            "c00kie-one",
            "c00kie-two",
            "s3ssion/token",
            "s3ssion%2Ftoken",
        ] {
            assert_eq!(secrets.scrub(&format!("<{text}>")), "<redacted>", "{text}");
        }
        assert_eq!(format!("{secrets:?}"), "Secrets { .. }");
    }

    #[test]
    fn what_would_be_found_in_anything_is_left_alone() {
        let secrets = knowing(&[(header::AUTHORIZATION, "Bearer five5"), (header::COOKIE, "a=redacted")]);
        assert_eq!(secrets.scrub("five5 redacted"), "five5 redacted");
    }

    #[test]
    fn a_secret_within_another_leaves_nothing_of_that() {
        let secrets = Secrets::default();
        ["secret", "secret-and-more"].iter().for_each(|secret| secrets.learn(secret));
        assert_eq!(secrets.scrub("a secret-and-more, a secret"), "a redacted, a redacted");
        assert!(secrets.are_in("secret-and-more", 1) && !secrets.are_in("secret", 1));
    }
}
