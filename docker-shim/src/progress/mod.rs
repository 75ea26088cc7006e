//! Events as Docker's progress lines: one JSON object, CRLF, and a chunk of its own.

mod bar;
pub(crate) mod load;
pub(crate) mod pull;
pub(crate) mod push;

use std::io;

use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use serde::Serialize;

use crate::{
    dto::progress::{ErrorDetail, ErrorLine, ProgressDetail, ProgressLine, StatusLine},
    upstream::{CallError, Events},
};

/// The body of an answer.
pub(crate) type Lines = BoxStream<'static, io::Result<Bytes>>;

/// The lines of a call, once its first event is at hand, so that an error up to there is an HTTP error and not a line. What `describe`
/// makes of a later error becomes the last line.
pub(crate) async fn begin<E, L, D>(
    mut events: Events<E>,
    lines_of: fn(E) -> L,
    describe: D,
) -> Result<Lines, CallError>
where
    E: Send + 'static,
    L: IntoIterator<Item = Bytes, IntoIter: Send> + Send + 'static,
    D: FnOnce(CallError) -> String + Send + 'static,
{
    let first = events.next().await?.map(lines_of);
    let rest = stream::unfold(Some((events, describe)), move |state| async move {
        let (mut events, describe) = state?;
        Some(match events.next().await {
            Ok(Some(event)) => (Ok(lines_of(event)), Some((events, describe))),
            Ok(None) => return None,
            Err(error) => (Err(error_line(&describe(error))), None),
        })
    });
    let rest = rest.flat_map(|lines| match lines {
        Ok(lines) => stream::iter(lines).left_stream(),
        Err(line) => stream::iter([line]).right_stream(),
    });
    Ok(stream::iter(first).flat_map(stream::iter).chain(rest).map(Ok).boxed())
}

/// The last line of what has failed.
pub(crate) fn error_line(message: &str) -> Bytes {
    line(&ErrorLine { error_detail: ErrorDetail { message }, error: message })
}

/// One step, in words.
pub(crate) fn status(status: &str) -> Bytes {
    line(&StatusLine { status, id: None })
}

/// Something that a person should read.
fn warning(message: &str) -> Bytes {
    status(&format!("WARNING: {message}"))
}

/// The state of a layer, and how far it is.
fn layer(status: &str, diff_id: &str, current: i64, total: i64) -> Bytes {
    line(&ProgressLine {
        status,
        progress_detail: ProgressDetail { current, total },
        progress: bar::bar(current, total),
        id: short(diff_id),
    })
}

/// Twelve digits, as people know IDs.
fn short(digest: &str) -> &str {
    let digits = digest.split_once(':').map_or(digest, |(_, digits)| digits);
    digits.get(..12).unwrap_or(digits)
}

/// As Go writes JSON by default, with what HTML takes for markup escaped. Outside of strings JSON has none of these characters.
fn line(value: &impl Serialize) -> Bytes {
    let json = serde_json::to_string(value).unwrap_or_default();
    let mut line = String::with_capacity(json.len() + 2);
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                line.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ => line.push(character),
        }
    }
    line.push_str("\r\n");
    line.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_said_twice() {
        assert_eq!(
            error_line("denied"),
            Bytes::from_static(b"{\"errorDetail\":{\"message\":\"denied\"},\"error\":\"denied\"}\r\n")
        );
    }

    #[test]
    fn markup_is_escaped() {
        assert_eq!(
            warning("a <b> & \"c\"\u{2028}"),
            "{\"status\":\"WARNING: a \\u003cb\\u003e \\u0026 \\\"c\\\"\\u2028\"}\r\n"
        );
    }

    #[test]
    fn a_layer_without_numbers_has_an_empty_detail() {
        assert_eq!(
            layer("Preparing", "sha256:9fd1caa1fb41aa", 0, 0),
            "{\"status\":\"Preparing\",\"progressDetail\":{},\"id\":\"9fd1caa1fb41\"}\r\n"
        );
    }

    #[test]
    fn odd_digests_are_shown_as_they_are() {
        assert_eq!((short("sha256:ab"), short("ab"), short("")), ("ab", "ab", ""));
    }
}
