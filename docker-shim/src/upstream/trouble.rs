//! Tells answers of the image service from trouble on the way to it.

use std::{error::Error, io, time::Duration};

use tonic::Status;

use super::address::ServiceAddress;

/// Why a call has no result.
#[derive(Debug)]
pub(crate) enum CallError {
    /// No connection.
    Unreachable(String),
    /// The connection ended before the answer came; the service may have done what it was asked for.
    Lost(String),
    /// There is a connection, and no answer in time.
    TimedOut(String),
    /// The service answered with an error.
    Refused(Status),
}

/// Only trouble that tonic itself met has a source; a status that came over the wire has none.
pub(super) fn explain(status: Status, address: &ServiceAddress) -> CallError {
    let Some(source) = status.source() else { return CallError::Refused(status) };
    match words(source) {
        Words::Unreachable(words) => CallError::Unreachable(sentence(&words, address)),
        Words::Lost(words) => CallError::Lost(sentence(&words, address)),
    }
}

enum Words {
    Unreachable(String),
    Lost(String),
}

/// The service took the call and did not finish it.
pub(super) fn timed_out(address: &ServiceAddress, deadline: Duration) -> CallError {
    let seconds = deadline.as_secs();
    CallError::TimedOut(format!(
        "the image service at {address} did not answer within {seconds} s: i/o timeout"
    ))
}

/// What the service waits for in a check is the registry. The words are Go's.
pub(super) fn registry_timed_out(registry: &str) -> CallError {
    let bare = registry.split_once("://").map_or(registry, |(_, rest)| rest);
    let host = match bare.split('/').next().unwrap_or_default() {
        "" | "docker.io" | "index.docker.io" => "registry-1.docker.io",
        host => host,
    };
    CallError::TimedOut(format!(
        "Get \"https://{host}/v2/\": net/http: request canceled (Client.Timeout exceeded while awaiting headers)"
    ))
}

/// CI runners retry errors with words such as `connection refused`, `connection reset` and `i/o timeout` in them.
fn sentence(words: &str, address: &ServiceAddress) -> String {
    format!("Cannot reach the image service at {address}: dial {}: {words}", address.dialled())
}

fn words(source: &(dyn Error + 'static)) -> Words {
    let mut chain = Some(source);
    let mut last = source.to_string();
    while let Some(error) = chain {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return words_of_io(error);
        }
        last = error.to_string();
        chain = error.source();
    }
    Words::Lost(format!("connection reset: {last}"))
}

fn words_of_io(error: &io::Error) -> Words {
    Words::Unreachable(match error.kind() {
        io::ErrorKind::ConnectionRefused => "connect: connection refused".to_owned(),
        io::ErrorKind::NotFound => "connect: connection refused (no such file)".to_owned(),
        io::ErrorKind::TimedOut => "i/o timeout".to_owned(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => {
            return Words::Lost("connection reset by peer".to_owned());
        }
        _ => format!("connect: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_the_service_is_passed_on() {
        let error = explain(Status::unavailable("the store is busy"), &ServiceAddress::Unix("/x".into()));
        assert!(matches!(error, CallError::Refused(_)));
    }

    #[test]
    fn a_deadline_that_passes_is_not_a_service_that_is_away() {
        let words = |error| match error {
            CallError::TimedOut(text) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            words(timed_out(&ServiceAddress::Unix("/x".into()), Duration::from_secs(30))),
            "the image service at unix:///x did not answer within 30 s: i/o timeout"
        );
        for (registry, host) in [
            ("", "registry-1.docker.io"),
            ("https://index.docker.io/v1/", "registry-1.docker.io"),
            ("127.0.0.1:5001", "127.0.0.1:5001"),
            ("https://ghcr.io/", "ghcr.io"),
        ] {
            let expected = format!(
                "Get \"https://{host}/v2/\": net/http: request canceled (Client.Timeout exceeded while awaiting headers)"
            );
            assert_eq!(words(registry_timed_out(registry)), expected);
        }
    }

    #[test]
    fn trouble_on_the_way_names_the_place() {
        let status = Status::from_error(Box::new(io::Error::from(io::ErrorKind::NotFound)));
        let CallError::Unreachable(text) = explain(status, &ServiceAddress::Unix("/x".into())) else {
            panic!()
        };
        assert_eq!(
            text,
            "Cannot reach the image service at unix:///x: dial unix /x: connect: connection refused (no such file)"
        );
    }
}
