//! XML as far as answers of AWS Query need it.

use std::borrow::Cow;

use http::{HeaderValue, StatusCode};

/// The type of such answers.
pub(crate) const XML: HeaderValue = HeaderValue::from_static("text/xml");

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// An element with a text or with others in it.
pub(crate) enum Element {
    Text(&'static str, String),
    Holding(&'static str, Vec<Element>),
}

impl Element {
    pub(crate) fn text(name: &'static str, text: impl Into<String>) -> Self {
        Self::Text(name, text.into())
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Text(name, text) => *out += &format!("<{name}>{}</{name}>", escaped(text)),
            Self::Holding(name, elements) => {
                *out += &format!("<{name}>");
                elements.iter().for_each(|element| element.write(out));
                *out += &format!("</{name}>");
            }
        }
    }
}

/// The answer of an operation that went well.
pub(crate) fn document(operation: &str, result: Vec<Element>, id: &str) -> String {
    let mut inner = String::new();
    result.iter().for_each(|element| element.write(&mut inner));
    format!(
        "<{operation}Response xmlns=\"{NAMESPACE}\"><{operation}Result>{inner}</{operation}Result>\
         <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{operation}Response>"
    )
}

/// The answer of one that was refused.
pub(crate) fn refusal(status: StatusCode, code: &str, message: &str, id: &str) -> String {
    let kind = if status.is_server_error() { "Receiver" } else { "Sender" };
    let (code, message) = (escaped(code), escaped(message));
    format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>{id}</RequestId></ErrorResponse>"
    )
}

/// Characters that XML has no way to hold are replaced.
fn escaped(text: &str) -> String {
    let one = |character: char| match character {
        '&' => Cow::Borrowed("&amp;"),
        '<' => "&lt;".into(),
        '>' => "&gt;".into(),
        '"' => "&quot;".into(),
        '\t' | '\n' | '\r' => format!("&#{};", u32::from(character)).into(),
        character if character.is_control() || ('\u{fffe}'..='\u{ffff}').contains(&character) => {
            "\u{fffd}".into()
        }
        character => character.to_string().into(),
    };
    text.chars().map(one).collect()
}
