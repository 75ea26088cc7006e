//! Pull events as Docker's progress lines: one JSON object, CRLF, and a chunk of its own.
//!
//! Invariant: nothing is written before the first event, so that an error up to there is an HTTP error and not a line.

use std::io;

use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use imageservice_proto::v1::{PullEvent, pull_event::Event};
use serde::Serialize;

use crate::{
    dto::progress::{ErrorDetail, ErrorLine, StatusLine},
    upstream::{CallError, Events},
};

/// The lines of a pull, once its first event is at hand. What `describe` makes of a later error becomes the last line.
pub(crate) async fn begin<D>(
    mut events: Events<PullEvent>,
    describe: D,
) -> Result<BoxStream<'static, io::Result<Bytes>>, CallError>
where
    D: FnOnce(CallError) -> String + Send + 'static,
{
    let first = events.next().await?.and_then(line_of);
    let rest = stream::unfold(Some((events, describe)), |state| async {
        let (mut events, describe) = state?;
        Some(match events.next().await {
            Ok(Some(event)) => (line_of(event), Some((events, describe))),
            Ok(None) => (None, None),
            Err(error) => (Some(error_line(&describe(error))), None),
        })
    });
    Ok(stream::iter(first).chain(rest.filter_map(std::future::ready)).map(Ok).boxed())
}

fn line_of(event: PullEvent) -> Option<Bytes> {
    let status = match event.event? {
        Event::Started(started) => {
            let status = format!("Pulling from {}", started.repository);
            return Some(line(&StatusLine { status: &status, id: Some(&started.id) }));
        }
        Event::Completed(completed) => format!("Digest: {}", completed.digest),
        Event::Warning(warning) => format!("WARNING: {}", warning.message),
        Event::Finished(finished) if finished.newer => {
            format!("Status: Downloaded newer image for {}", finished.reference)
        }
        Event::Finished(finished) => format!("Status: Image is up to date for {}", finished.reference),
    };
    Some(line(&StatusLine { status: &status, id: None }))
}

fn error_line(message: &str) -> Bytes {
    line(&ErrorLine { error_detail: ErrorDetail { message }, error: message })
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
    use imageservice_proto::v1::{PullCompleted, PullFinished, PullStarted, PullWarning};

    use super::*;

    fn text_of(event: Event) -> String {
        String::from_utf8(line_of(PullEvent { event: Some(event) }).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn events_become_dockers_lines() {
        let started = PullStarted { repository: "library/nginx".to_owned(), id: "1.25".to_owned() };
        assert_eq!(
            text_of(Event::Started(started)),
            "{\"status\":\"Pulling from library/nginx\",\"id\":\"1.25\"}\r\n"
        );
        let completed = PullCompleted { digest: "sha256:ab".to_owned(), ..PullCompleted::default() };
        assert_eq!(text_of(Event::Completed(completed)), "{\"status\":\"Digest: sha256:ab\"}\r\n");
        for (newer, line) in [
            (true, "{\"status\":\"Status: Downloaded newer image for nginx:1.25\"}\r\n"),
            (false, "{\"status\":\"Status: Image is up to date for nginx:1.25\"}\r\n"),
        ] {
            let finished = PullFinished { reference: "nginx:1.25".to_owned(), newer };
            assert_eq!(text_of(Event::Finished(finished)), line);
        }
    }

    #[test]
    fn markup_is_escaped_in_streams() {
        let warning = PullWarning { message: "a <b> & \"c\"\u{2028}".to_owned() };
        assert_eq!(
            text_of(Event::Warning(warning)),
            "{\"status\":\"WARNING: a \\u003cb\\u003e \\u0026 \\\"c\\\"\\u2028\"}\r\n"
        );
    }

    #[test]
    fn an_error_is_said_twice() {
        assert_eq!(
            error_line("denied"),
            Bytes::from_static(b"{\"errorDetail\":{\"message\":\"denied\"},\"error\":\"denied\"}\r\n")
        );
    }

    #[test]
    fn an_unknown_event_is_skipped() {
        assert_eq!(line_of(PullEvent { event: None }), None);
    }
}
