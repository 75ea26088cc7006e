use std::time::Duration;

use imageservice_proto::ecr::v1::{ERROR_DOMAIN, ErrorReason};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::super::failed;
use crate::error::{EcrError, EcrReason, Error};

fn status(reason: EcrReason, change: impl FnOnce(&mut EcrError)) -> Status {
    let mut error = EcrError::refused(reason, "PutImage", "AWS's own words");
    change(&mut error);
    failed("PutTag")(Error::from(Box::new(error)))
}

#[test]
fn the_protocol_has_every_reason_and_no_other() {
    for reason in EcrReason::ALL {
        assert!(ErrorReason::from_str_name(reason.name()).is_some(), "{reason:?}");
    }
    let in_protocol = (1..1000).filter(|number| ErrorReason::try_from(*number).is_ok()).count();
    assert_eq!(in_protocol, EcrReason::ALL.len());
}

#[test]
fn a_status_says_what_aws_said_and_where() {
    let status = status(EcrReason::InvalidLayerPart, |error| {
        error.request_id = Some("7f3c".into());
        error.region = Some("eu-central-1".into());
        error.members.insert("lastValidByteReceived".into(), "41".into());
        error.members.insert("operation".into(), "forged".into());
    });
    assert_eq!((status.code(), status.message()), (Code::InvalidArgument, "PutImage: AWS's own words"));
    let info = status.get_details_error_info().unwrap();
    assert_eq!((info.reason.as_str(), info.domain.as_str()), ("INVALID_LAYER_PART", ERROR_DOMAIN));
    let expected = [
        ("operation", "PutImage"),
        ("aws_request_id", "7f3c"),
        ("region", "eu-central-1"),
        ("lastValidByteReceived", "41"),
    ];
    for (key, value) in expected {
        assert_eq!(info.metadata[key], value, "{key}");
    }
}

#[test]
fn only_what_may_succeed_later_says_when_to_come_back() {
    let throttled = status(EcrReason::Throttling, |error| {
        error.retryable = true;
        error.retry_after = Some(Duration::from_secs(7));
    });
    assert_eq!(throttled.code(), Code::ResourceExhausted);
    assert_eq!(throttled.get_details_retry_info().unwrap().retry_delay, Some(Duration::from_secs(7)));
    assert!(status(EcrReason::LimitExceeded, |_| {}).get_details_retry_info().is_none());
}

#[test]
fn a_key_that_is_gone_is_not_a_fault_that_passes() {
    assert_eq!(status(EcrReason::KmsError, |_| {}).code(), Code::FailedPrecondition);
    assert_eq!(status(EcrReason::KmsError, |error| error.retryable = true).code(), Code::Unavailable);
}
