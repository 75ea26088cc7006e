//! What a registry says in the body of an error (distribution-spec, "Error Codes"), as text that can be shown.
//!
//! Invariant: no text here is longer than 512 characters or has a control character.

use serde_json::Value;

const MAX_TEXT: usize = 512;
const MAX_QUOTE: usize = 256;

/// A body, read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum ErrorBody {
    /// The first entry of `errors`; the code in upper case.
    Coded { code: String, message: String },
    /// JSON of another form, or a plain text.
    Worded(String),
    /// Neither: what Docker says when it tries to read it.
    Unreadable(String),
    /// Nothing.
    Empty,
}

impl ErrorBody {
    pub(super) fn read(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let text = text.trim();
        if text.is_empty() {
            return Self::Empty;
        }
        match serde_json::from_str::<Value>(text) {
            Ok(value) => of_json(&value),
            Err(_) => Self::Unreadable(unreadable(text)),
        }
    }

    /// The code, if there is one.
    pub(super) fn code(&self) -> &str {
        match self {
            Self::Coded { code, .. } => code,
            Self::Worded(_) | Self::Unreadable(_) | Self::Empty => "",
        }
    }

    /// The registry's own words, or `otherwise`.
    pub(super) fn message_or(&self, otherwise: &str) -> String {
        match self {
            Self::Coded { message, .. } | Self::Worded(message) if !message.is_empty() => message.clone(),
            _ => otherwise.to_owned(),
        }
    }
}

fn of_json(value: &Value) -> ErrorBody {
    let first = value.get("errors").and_then(Value::as_array).and_then(|errors| errors.first());
    if let Some(first) = first {
        let text = |name| first.get(name).and_then(Value::as_str).unwrap_or_default();
        let code = shown(text("code"), MAX_TEXT).to_ascii_uppercase();
        return ErrorBody::Coded { code, message: shown(text("message"), MAX_TEXT) };
    }
    let words = ["details", "detail", "message", "error_description", "error"].into_iter();
    let words = words.filter_map(|name| value.get(name)).find_map(Value::as_str);
    words.map_or(ErrorBody::Empty, |words| ErrorBody::Worded(shown(words, MAX_TEXT)))
}

/// In the words of Docker's JSON reader.
fn unreadable(text: &str) -> String {
    let quote = shown(text, MAX_QUOTE);
    let first = text.chars().next().unwrap_or_default();
    if "{[\"-tfn".contains(first) || first.is_ascii_digit() {
        return format!("unexpected end of JSON input: {quote:?}");
    }
    format!("invalid character '{}' looking for beginning of value: {quote:?}", first.escape_default())
}

/// Text from a stranger: bounded, on one line.
pub(super) fn shown(text: &str, limit: usize) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_body_has_words() {
        for (body, code, message) in [
            (r#"{"errors":[{"code":"name_unknown","message":"gone"}]}"#, "NAME_UNKNOWN", "gone"),
            (r#"{"errors":[{"code":"DENIED"}]}"#, "DENIED", "otherwise"),
            (r#"{"errors":[]}"#, "", "otherwise"),
            (r#"{"details":"incorrect username or password"}"#, "", "incorrect username or password"),
            (r#"{"message":"a\nb"}"#, "", "a b"),
            ("  ", "", "otherwise"),
        ] {
            let read = ErrorBody::read(body.as_bytes());
            assert_eq!((read.code(), read.message_or("otherwise").as_str()), (code, message), "{body}");
        }
    }

    #[test]
    fn what_is_no_json_is_told_as_docker_tells_it() {
        let read = ErrorBody::read(b"<html>404</html>\n");
        let text = r#"invalid character '<' looking for beginning of value: "<html>404</html>""#;
        assert_eq!(read, ErrorBody::Unreadable(text.to_owned()));
        let ErrorBody::Unreadable(text) = ErrorBody::read("<".repeat(100_000).as_bytes()) else { panic!() };
        assert!(text.len() < 400);
    }

    proptest::proptest! {
        #[test]
        fn no_body_can_hurt(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = ErrorBody::read(&body);
        }
    }
}
