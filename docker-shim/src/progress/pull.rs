//! Events of a pull as progress lines.

use bytes::Bytes;
use imageservice_proto::v1::{PullEvent, pull_event::Event};

use super::{line, status, warning};
use crate::dto::progress::StatusLine;

/// None for an event that is newer than this shim.
pub(crate) fn line_of(event: PullEvent) -> Option<Bytes> {
    let text = match event.event? {
        Event::Started(started) => {
            let status = format!("Pulling from {}", started.repository);
            return Some(line(&StatusLine { status: &status, id: Some(&started.id) }));
        }
        Event::Completed(completed) => format!("Digest: {}", completed.digest),
        Event::Warning(event) => return Some(warning(&event.message)),
        Event::Finished(finished) if finished.newer => {
            format!("Status: Downloaded newer image for {}", finished.reference)
        }
        Event::Finished(finished) => format!("Status: Image is up to date for {}", finished.reference),
    };
    Some(status(&text))
}

#[cfg(test)]
mod tests {
    use imageservice_proto::v1::{PullCompleted, PullFinished, PullStarted};

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
    fn an_unknown_event_is_skipped() {
        assert_eq!(line_of(PullEvent { event: None }), None);
    }
}
