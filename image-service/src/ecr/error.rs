//! What the SDK reports, as one kind of failure: the reason, whether the call may be made again, and what AWS said besides.

use std::{collections::BTreeMap, error::Error as StdError, io, time::Duration};

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::{
    client::{orchestrator::HttpResponse, result::SdkError},
    http::Headers,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use http_body_util::LengthLimitError;

use super::operation::{Limit, Operation};
use crate::error::{EcrError, EcrReason};

/// A text of AWS's is cut off here.
const MOST_TEXT: usize = 2048;
/// Members that are kept, and bytes of each.
const MOST_MEMBERS: usize = 16;
const MOST_MEMBER: usize = 256;
/// AWS tells longer waits to no one.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// A failed attempt.
#[derive(Debug)]
pub(super) struct Failure {
    /// For whoever called.
    pub(super) error: Box<EcrError>,
    /// What became of the call at AWS.
    pub(super) effect: Effect,
}

/// What is known of a failed call's effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Effect {
    /// AWS said no, or was never reached.
    None,
    /// It may have been done.
    Unknown,
}

/// Reads what the SDK reports of one attempt.
pub(super) fn read<E>(operation: Operation, error: SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    if find::<LengthLimitError>(&error).is_some() {
        let failed = local(
            operation,
            EcrReason::ContentTooLarge,
            "the answer is longer than this service reads",
            false,
        );
        return Failure { error: Box::new(failed), effect: Effect::Unknown };
    }
    match error {
        // The SDK reports what it cannot parse as an error of the service, and yet AWS has said yes.
        SdkError::ServiceError(answer) if answer.raw().status().is_success() => {
            unreadable(operation, answer.raw())
        }
        SdkError::ServiceError(answer) => refusal(operation, answer.err(), answer.raw()),
        SdkError::ResponseError(answer) => unreadable(operation, answer.raw()),
        SdkError::TimeoutError(_) => out_of_time(operation),
        unsent => unanswered(operation, unsent),
    }
}

/// An answer that broke off, or that makes no sense.
fn unreadable(operation: Operation, answer: &HttpResponse) -> Failure {
    let status = answer.status().as_u16();
    // A body that has come in full is there to be read.
    let failed = match answer.body().bytes() {
        None => local(operation, EcrReason::Unreachable, "the answer broke off", true),
        Some(_) => {
            let message = format!("an answer of {status} that cannot be read");
            local(operation, EcrReason::AnswerInvalid, message, status >= 500)
        }
    };
    let request_id = told(answer).request_id;
    Failure { error: Box::new(EcrError { request_id, ..failed }), effect: Effect::Unknown }
}

/// Nobody waited for the answer any longer.
pub(super) fn out_of_time(operation: Operation) -> Failure {
    let failed = local(operation, EcrReason::TimedOut, "no answer in time", true);
    Failure { error: Box::new(failed), effect: Effect::Unknown }
}

/// AWS answered with an error.
fn refusal(operation: Operation, error: &impl ProvideErrorMetadata, answer: &HttpResponse) -> Failure {
    let status = answer.status().as_u16();
    let code = error.code().unwrap_or_default();
    let members = members(answer, code);
    let reason = match EcrReason::of_code(code) {
        EcrReason::Other if status >= 500 => EcrReason::ServiceUnavailable,
        EcrReason::Other if status == 429 => EcrReason::Throttling,
        EcrReason::Other if code.is_empty() => EcrReason::AnswerInvalid,
        reason => reason,
    };
    let text = error.message().filter(|text| !text.is_empty());
    let told = told(answer);
    let failed = EcrError {
        reason,
        operation: operation.name(),
        message: cut(text.map_or_else(|| format!("{status} {code}"), str::to_owned), MOST_TEXT),
        retryable: retryable(operation, reason, &members),
        retry_after: told.retry_after,
        request_id: told.request_id,
        region: None,
        registry: None,
        members,
        cause: None,
    };
    let effect = if status >= 500 { Effect::Unknown } else { Effect::None };
    Failure { error: Box::new(failed), effect }
}

/// Nothing was sent, or nobody answered.
fn unanswered<E: StdError + Send + Sync + 'static>(
    operation: Operation,
    error: SdkError<E, HttpResponse>,
) -> Failure {
    let timed_out = matches!(&error, SdkError::DispatchFailure(why) if why.is_timeout());
    // A connection that closes before the answer is no I/O error to the SDK; it says of what kind it is, though.
    let broken = matches!(&error, SdkError::DispatchFailure(why) if why.is_io() || why.as_other().is_some());
    let (reason, message, retryable) = match () {
        () if find::<CredentialsError>(&error).is_some() => (
            EcrReason::CredentialsUnavailable,
            "no credentials of AWS: see ecr.auth, and the log for what was tried",
            false,
        ),
        () if timed_out => (EcrReason::TimedOut, "no connection or no answer in time", true),
        () if broken => (EcrReason::Unreachable, "no connection, or one that broke", true),
        () => (EcrReason::Unreachable, "the request could not be sent", false),
    };
    let no_connection =
        find::<io::Error>(&error).is_some_and(|why| why.kind() == io::ErrorKind::ConnectionRefused);
    let never_sent = no_connection
        || reason == EcrReason::CredentialsUnavailable
        || matches!(error, SdkError::ConstructionFailure(_));
    let failed = local(operation, reason, message, retryable);
    let effect = if never_sent { Effect::None } else { Effect::Unknown };
    Failure { error: Box::new(EcrError { cause: Some(error.into()), ..failed }), effect }
}

fn local(operation: Operation, reason: EcrReason, message: impl Into<String>, retryable: bool) -> EcrError {
    EcrError { retryable, ..EcrError::refused(reason, operation.name(), message) }
}

/// Whether the same call may succeed later.
fn retryable(operation: Operation, reason: EcrReason, members: &BTreeMap<String, String>) -> bool {
    match reason {
        EcrReason::Throttling
        | EcrReason::ServiceUnavailable
        | EcrReason::TimedOut
        | EcrReason::UnableToGetUpstreamImage
        | EcrReason::UnableToGetUpstreamLayer
        | EcrReason::UnableToListUpstreamImageReferrers => true,
        EcrReason::LimitExceeded => operation.limit() == Limit::Load,
        EcrReason::KmsError => members.get("kmsError").is_some_and(|error| passes(error)),
        _ => false,
    }
}

/// Which errors of KMS go away by themselves (its API reference, "Common Errors"); the others need a person.
fn passes(kms_error: &str) -> bool {
    ["Throttl", "Internal", "DependencyTimeout", "Unavailable", "LimitExceeded"]
        .iter()
        .any(|transient| kms_error.contains(transient))
}

struct Told {
    request_id: Option<String>,
    retry_after: Option<Duration>,
}

/// What headers tell. `x-amz-retry-after` counts milliseconds, `retry-after` seconds.
fn told(answer: &HttpResponse) -> Told {
    let headers: &Headers = answer.headers();
    let number = |name| headers.get(name).and_then(|text| text.trim().parse::<u64>().ok());
    let wait = number("x-amz-retry-after")
        .map(Duration::from_millis)
        .or_else(|| number("retry-after").map(Duration::from_secs));
    let request_id = headers.get("x-amzn-requestid").or_else(|| headers.get("x-amz-request-id"));
    Told {
        request_id: request_id.map(|id| cut(id.to_owned(), MOST_MEMBER)),
        retry_after: wait.map(|wait| wait.min(LONGEST_WAIT)),
    }
}

/// What the error has besides its code and its text: all of it is at the top level of the answer.
fn members(answer: &HttpResponse, code: &str) -> BTreeMap<String, String> {
    let parsed =
        answer.body().bytes().and_then(|bytes| serde_json::from_slice::<serde_json::Value>(bytes).ok());
    let mut members = BTreeMap::new();
    if EcrReason::of_code(code) == EcrReason::Other && !code.is_empty() {
        members.insert("code".to_owned(), cut(code.to_owned(), MOST_MEMBER));
    }
    let Some(serde_json::Value::Object(object)) = parsed else { return members };
    for (name, value) in object.into_iter().take(MOST_MEMBERS) {
        let text = match value {
            serde_json::Value::String(text) => text,
            serde_json::Value::Number(number) => number.to_string(),
            serde_json::Value::Bool(flag) => flag.to_string(),
            _ => continue,
        };
        if !matches!(name.as_str(), "__type" | "code" | "message" | "Message") {
            members.insert(cut(name, MOST_MEMBER), cut(text, MOST_MEMBER));
        }
    }
    members
}

fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
    }
    text
}

/// The first of a kind in the chain of causes.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
