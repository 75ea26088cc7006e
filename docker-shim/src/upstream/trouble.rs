//! Tells answers of the image service from trouble on the way to it.

use std::{error::Error, io};

use tonic::Status;

use super::address::ServiceAddress;

/// Why a call has no result.
#[derive(Debug)]
pub(crate) enum CallError {
    /// No connection, or no answer in time.
    Unreachable(String),
    /// The connection ended before the answer came; the service may have done what it was asked for.
    Lost(String),
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
pub(super) fn timed_out(address: &ServiceAddress) -> CallError {
    CallError::Unreachable(sentence("i/o timeout", address))
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
