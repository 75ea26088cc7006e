//! The one place where a domain error becomes a gRPC status: code, text, and google.rpc details.

mod code;
mod details;
mod ecr;
mod metadata;
mod reason;

use std::error::Error as _;

use tonic::{Code, Status};
use tonic_types::StatusExt;

use self::{
    code::code,
    details::details,
    metadata::metadata,
    reason::{domain, reason},
};
use crate::error::Error;

/// A text in a status is cut off here.
const MOST_TEXT: usize = 1024;

/// Turns the error of an operation into its status, and logs it once.
pub(super) fn failed(operation: &'static str) -> impl Fn(Error) -> Status {
    move |error| {
        let error = error.root();
        log(operation, error);
        let mut details = details(error);
        details.set_error_info(reason(error), domain(error), metadata(operation, error));
        Status::with_error_details(code(error), shown(error), details)
    }
}

/// As text for a status. A status travels in HTTP/2 headers: one that is longer than a client takes ends the whole connection, and with it the
/// calls of others. What callers and registries wrote can be of any length.
fn shown(text: impl ToString) -> String {
    let mut text = text.to_string();
    if text.len() > MOST_TEXT {
        text.truncate(text.floor_char_boundary(MOST_TEXT));
        text.push('…');
    }
    text
}

fn log(operation: &str, error: &Error) {
    let reason = reason(error);
    let mut causes = String::new();
    let mut source = error.source();
    while let Some(cause) = source {
        causes = format!("{causes}: {cause}");
        source = cause.source();
    }
    match code(error) {
        Code::Internal | Code::Unavailable | Code::DataLoss | Code::Unknown => {
            tracing::error!(operation, reason, "{operation} failed: {error}{causes}");
        }
        _ => tracing::info!(operation, reason, "{operation} refused: {error}{causes}"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_status_says_the_reason_the_operation_and_the_object() {
        let status = failed("Inspect")(Error::ImageNotFound { name: "nginx:latest".into() });
        assert_eq!((status.code(), status.message()), (Code::NotFound, "No such image: nginx:latest"));
        let info = status.get_details_error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("IMAGE_NOT_FOUND", "imageservice.v1"));
        assert_eq!(info.metadata["operation"], "Inspect");
        assert_eq!(info.metadata["name"], "nginx:latest");
    }

    #[test]
    fn a_throttle_says_when_to_come_back() {
        let status = failed("Pull")(Error::RateLimited {
            registry: "docker.io".into(),
            detail: "slow down".into(),
            retry_after: Some(Duration::from_secs(7)),
        });
        let retry = status.get_details_retry_info().unwrap();
        assert_eq!(retry.retry_delay, Some(Duration::from_secs(7)));
    }

    #[test]
    fn a_fault_of_the_service_shows_nothing_of_its_cause() {
        let status = failed("List")(Error::internal("disk path /secret"));
        assert_eq!((status.code(), status.message()), (Code::Internal, "internal error"));
    }

    #[test]
    fn a_status_fits_into_headers_whatever_a_caller_wrote() {
        let name = "ä".repeat(100_000);
        let status = failed("Inspect")(Error::ImageNotFound { name });
        assert!(status.message().len() < 2 * MOST_TEXT && status.details().len() < 4 * MOST_TEXT);
        assert!(status.message().ends_with('…'));
    }

    #[test]
    fn who_shares_a_failure_sees_the_failure() {
        let shared = Error::Shared(std::sync::Arc::new(Error::ReservedName("scratch".into())));
        let status = failed("Pull")(shared);
        assert_eq!(status.get_details_error_info().unwrap().reason, "NAME_RESERVED");
    }
}
