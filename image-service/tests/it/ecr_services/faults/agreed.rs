//! What was agreed that a caller is told of each kind of trouble.

use std::time::Duration;

use ecr_local::{Effect, Failure};
use image_service::ecr::Operation;
use tonic::Code;

/// A fault, and what comes of it.
pub(super) struct Fault {
    pub(super) name: String,
    pub(super) effect: Effect,
    pub(super) told: Told,
    /// Whether AWS did what it was asked.
    pub(super) done: bool,
}

/// What the caller is told, and whether AWS is asked again first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Told {
    pub(super) reason: &'static str,
    pub(super) code: Code,
    pub(super) again: Again,
}

/// When the same call is made again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Again {
    Never,
    /// AWS has said no for now, so that nothing was done.
    Always,
    /// Nobody knows whether it was done.
    IfHarmless,
}

/// What can happen at every operation.
pub(super) fn anywhere() -> Vec<Fault> {
    let error = |code: &str| Effect::Error(Failure::new(code));
    let lost = told("UNREACHABLE", Code::Unavailable, Again::IfHarmless);
    [
        (
            "throttled",
            error("ThrottlingException"),
            exception(Operation::ALL[0], "ThrottlingException"),
            false,
        ),
        (
            "unavailable",
            error("ServiceUnavailable"),
            told("SERVICE_UNAVAILABLE", Code::Unavailable, Again::IfHarmless),
            false,
        ),
        ("reset", Effect::Reset, lost, false),
        ("torn", Effect::Torn(1), lost, true),
        ("garbled", Effect::Garbled, told("ANSWER_INVALID", Code::Unknown, Again::Never), true),
        (
            "denied",
            error("AccessDeniedException"),
            told("ACCESS_DENIED", Code::PermissionDenied, Again::Never),
            false,
        ),
        (
            "expired",
            error("ExpiredTokenException"),
            told("EXPIRED_TOKEN", Code::Unauthenticated, Again::Never),
            false,
        ),
    ]
    .map(|(name, effect, told, done)| Fault { name: name.to_owned(), effect, told, done })
    .into()
}

/// No answer as long as anybody waits.
pub(super) fn no_answer() -> Fault {
    let told = told("TIMED_OUT", Code::DeadlineExceeded, Again::IfHarmless);
    let effect = Effect::Latency(Duration::from_secs(60 * 60));
    Fault { name: "no answer".to_owned(), effect, told, done: false }
}

/// An exception of an operation's model.
pub(super) fn modelled(operation: Operation, exception_name: &str) -> Fault {
    Fault {
        name: exception_name.to_owned(),
        effect: Effect::Error(Failure::new(exception_name)),
        told: exception(operation, exception_name),
        done: false,
    }
}

fn exception(operation: Operation, name: &str) -> Told {
    use Again::{Always, IfHarmless, Never};
    use Code::{
        AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, ResourceExhausted, Unavailable,
        Unimplemented,
    };
    // Load passes; a quota does not.
    let limit = match operation {
        Operation::BatchGetImage | Operation::PutImage => Always,
        _ => Never,
    };
    let (reason, code, again) = match name {
        "ImageAlreadyExistsException" => ("IMAGE_ALREADY_EXISTS", AlreadyExists, Never),
        "ImageArchivedException" => ("IMAGE_ARCHIVED", FailedPrecondition, Never),
        "ImageDigestDoesNotMatchException" => ("IMAGE_DIGEST_MISMATCH", InvalidArgument, Never),
        "ImageNotFoundException" => ("IMAGE_NOT_FOUND", NotFound, Never),
        "ImageTagAlreadyExistsException" => ("IMAGE_TAG_ALREADY_EXISTS", AlreadyExists, Never),
        "InvalidParameterException" => ("INVALID_PARAMETER", InvalidArgument, Never),
        "KmsException" => ("KMS_ERROR", FailedPrecondition, Never),
        "LayerInaccessibleException" => ("LAYER_INACCESSIBLE", FailedPrecondition, Never),
        "LayersNotFoundException" => ("LAYERS_NOT_FOUND", FailedPrecondition, Never),
        "LifecyclePolicyNotFoundException" => ("LIFECYCLE_POLICY_NOT_FOUND", NotFound, Never),
        "LimitExceededException" => ("LIMIT_EXCEEDED", ResourceExhausted, limit),
        "ReferencedImagesNotFoundException" => ("REFERENCED_IMAGES_NOT_FOUND", FailedPrecondition, Never),
        "RepositoryNotFoundException" => ("REPOSITORY_NOT_FOUND", NotFound, Never),
        "RepositoryPolicyNotFoundException" => ("REPOSITORY_POLICY_NOT_FOUND", NotFound, Never),
        "ScanNotFoundException" => ("SCAN_NOT_FOUND", NotFound, Never),
        "ServerException" => ("SERVICE_UNAVAILABLE", Unavailable, IfHarmless),
        "ThrottlingException" => ("THROTTLING", ResourceExhausted, Always),
        "UnableToGetUpstreamImageException" => ("UNABLE_TO_GET_UPSTREAM_IMAGE", Unavailable, Always),
        "UnableToListUpstreamImageReferrersException" => {
            ("UNABLE_TO_LIST_UPSTREAM_IMAGE_REFERRERS", Unavailable, Always)
        }
        "UnableToGetUpstreamLayerException" => ("UNABLE_TO_GET_UPSTREAM_LAYER", Unavailable, Always),
        "UnsupportedCommandException" => ("UNSUPPORTED_COMMAND", Unimplemented, Never),
        "UnsupportedImageTypeException" => ("UNSUPPORTED_IMAGE_TYPE", FailedPrecondition, Never),
        "ValidationException" => ("VALIDATION", InvalidArgument, Never),
        new => panic!("what {new} of {} means was not agreed yet", operation.name()),
    };
    told(reason, code, again)
}

fn told(reason: &'static str, code: Code, again: Again) -> Told {
    Told { reason, code, again }
}

impl Told {
    /// How often AWS is asked if one retry is allowed.
    pub(super) fn attempts(self, operation: Operation) -> u64 {
        let harmful = matches!(operation, Operation::BatchDeleteImage | Operation::StartImageScan);
        match self.again {
            Again::Never => 1,
            Again::IfHarmless if harmful => 1,
            Again::Always | Again::IfHarmless => 2,
        }
    }
}
