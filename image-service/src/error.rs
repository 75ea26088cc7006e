//! The one error of the domain: typed data, the text that users know, and no status codes.
//!
//! The text names the user's object and, where there is one, the remedy. What caused it goes into the source chain and from there to the log.

mod ecr;
mod ecr_reason;
mod stranger;

use std::{sync::Arc, time::Duration};

pub use ecr::EcrError;
pub use ecr_reason::{EcrReason, EcrTrouble};
pub use stranger::Stranger;

use crate::model::{Caller, ChangeError, PlatformError, ReferenceError, RegistryHostError, Role};

/// What lies behind an error; for the log only.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller is nobody who is known here.
    #[error("unauthorized: {0}")]
    Stranger(Stranger),
    /// The caller is known, and may not do this.
    #[error("permission denied: {} has the role {}, and {call} needs the role {needed}", caller.name, caller.role)]
    RoleInsufficient {
        /// Who asked.
        caller: Arc<Caller>,
        /// `Images.Pull`
        call: String,
        /// The least.
        needed: Role,
    },
    /// No rule says who may make the call.
    #[error("there is no call {call}")]
    NoSuchCall {
        /// As the caller wrote it.
        call: String,
    },

    /// A name that cannot be read.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// A platform that cannot be read.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// A registry host that cannot be read.
    #[error(transparent)]
    RegistryHost(#[from] RegistryHostError),
    /// Changes of an import that cannot be made.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// Anything else that is wrong with the request.
    #[error("{0}")]
    Argument(String),
    /// A name that Docker keeps for itself.
    #[error("'{0}' is a reserved name")]
    ReservedName(String),

    /// Not in the store.
    #[error("No such image: {name}")]
    ImageNotFound {
        /// As Docker shows it.
        name: String,
    },
    /// The beginning of several IDs.
    #[error("No such image: {name}: the ID prefix is ambiguous, write more digits")]
    AmbiguousId {
        /// As the user wrote it.
        name: String,
    },
    /// An image with several names is not removed by its ID without force.
    #[error(
        "conflict: unable to delete {short_id} (must be forced) - image is referenced in multiple repositories"
    )]
    Referenced {
        /// 12 digits.
        short_id: String,
    },

    /// A repository of which other tags are here, asked for by `save`.
    #[error("reference does not exist")]
    NoSuchReference,
    /// A repository of which no tag is here.
    #[error("An image does not exist locally with the tag: {repository}")]
    NoTagsHere {
        /// Familiar.
        repository: String,
    },
    /// A repository of which other tags are here.
    #[error("tag does not exist: {reference}")]
    NoSuchTagHere {
        /// Familiar.
        reference: String,
    },
    /// No registry holds its layers.
    #[error("the layers of {name} are in no registry: configure a staging registry and load the image again")]
    LayersUnavailable {
        /// As the user wrote it.
        name: String,
    },

    /// The repository has no such tag or digest.
    #[error("manifest for {reference} not found: manifest unknown: {detail}")]
    ManifestUnknown {
        /// Familiar.
        reference: String,
        /// The registry's own words.
        detail: String,
    },
    /// The registry has no such repository.
    #[error("repository {repository} not found: name unknown: {detail}")]
    RepositoryUnknown {
        /// Familiar.
        repository: String,
        /// The registry's own words.
        detail: String,
    },
    /// Missing, or not to be seen: registries do not say which.
    #[error(
        "pull access denied for {repository}, repository does not exist or may require 'docker login': denied: {detail}"
    )]
    DeniedOrNotFound {
        /// Familiar.
        repository: String,
        /// The registry's own words.
        detail: String,
    },
    /// Known credentials that may not do this.
    #[error("denied: {detail}")]
    Denied {
        /// The registry.
        registry: String,
        /// The registry's own words, or this service's if its configuration does not let it ask.
        detail: String,
    },
    /// A Basic challenge and nothing to answer it with.
    #[error("{operation}: no basic auth credentials")]
    CredentialsRequired {
        /// The registry.
        registry: String,
        /// `Head "https://host/v2/…"`, as in `RegistryUnavailable`.
        operation: String,
    },
    /// The registry or its token endpoint refused the credentials.
    #[error("unauthorized: {detail}")]
    CredentialsRejected {
        /// The registry.
        registry: String,
        /// The registry's own words.
        detail: String,
    },
    /// Too many requests; soon it works again.
    #[error("toomanyrequests: {detail}")]
    RateLimited {
        /// The registry.
        registry: String,
        /// The registry's own words.
        detail: String,
        /// When to come back, if the registry said so.
        retry_after: Option<Duration>,
    },
    /// A pull budget is used up.
    #[error("toomanyrequests: {detail}")]
    QuotaExhausted {
        /// The registry.
        registry: String,
        /// The registry's own words.
        detail: String,
        /// Pulls in a window.
        limit: Option<u64>,
        /// Pulls left.
        remaining: Option<u64>,
        /// The window, after which it works again.
        retry_after: Option<Duration>,
        /// What the budget is counted for.
        counted_for: Option<String>,
    },
    /// No answer: name, connection, TLS, time.
    #[error("{operation}: {phase}")]
    RegistryUnavailable {
        /// The registry.
        registry: String,
        /// `Get "https://host/v2/…"`, without a query.
        operation: String,
        /// In Docker's words: `dial tcp 127.0.0.1:5999: connect: connection refused`.
        phase: String,
        /// The chain below.
        #[source]
        cause: Option<Cause>,
    },
    /// An answer that the protocol does not have.
    #[error("{detail}")]
    RegistryProtocol {
        /// The registry.
        registry: String,
        /// In Docker's words: `received unexpected HTTP status: 503 Service Unavailable`.
        detail: String,
        /// 5xx and the like.
        retryable: bool,
    },

    /// The index has nothing for the platform.
    #[error("no matching manifest for {wanted} in the manifest list entries")]
    PlatformUnavailable {
        /// Familiar.
        reference: String,
        /// What was asked for.
        wanted: String,
        /// What there is.
        available: Vec<String>,
    },
    /// Docker schema 1.
    #[error(
        "{reference} is a Docker image manifest version 2, schema 1, which is no longer supported: push it again with a current client"
    )]
    Schema1 {
        /// Familiar.
        reference: String,
    },
    /// A chart, a signature, a model.
    #[error("{reference} is not an image: its media type is {media_type}")]
    NotAnImage {
        /// Familiar.
        reference: String,
        /// Of the config or of the artifact.
        media_type: String,
    },
    /// A manifest or a config that cannot be read, or can be read in two ways.
    #[error("invalid manifest for {reference}: {why}")]
    ManifestInvalid {
        /// Familiar.
        reference: String,
        /// One clause.
        why: String,
    },
    /// Content that is not what its descriptor says.
    #[error("{what} verification failed for digest {expected}: {found}")]
    ContentMismatch {
        /// `manifest`, `image config`.
        what: &'static str,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// More bytes than a cap allows.
    #[error("{what} is larger than the limit of {limit} bytes")]
    TooLarge {
        /// `manifest for nginx:latest`.
        what: String,
        /// The cap.
        limit: u64,
    },

    /// The registry does not let a tag be moved.
    #[error("tag invalid: the tag of {reference} is immutable and points at {existing}: push to another tag")]
    TagImmutable {
        /// Familiar.
        reference: String,
        /// A digest, or `another image`.
        existing: String,
    },

    /// An archive that cannot be used.
    #[error("{0}")]
    Archive(String),

    /// An address that this service does not connect to.
    #[error("refusing to connect to {target} ({why}); an operator can allow it for registry {registry}")]
    TargetRefused {
        /// The registry that named it.
        registry: String,
        /// Host and port.
        target: String,
        /// One clause.
        why: String,
    },

    /// Nothing to forget.
    #[error("no credentials are stored for {registry}")]
    CredentialsNotFound {
        /// The registry.
        registry: String,
    },

    /// They were sealed under another key, or altered.
    #[error(
        "the stored credentials for {registry} cannot be opened: restore the key, log in to {registry} again, or have them forgotten"
    )]
    CredentialsUnreadable {
        /// The registry.
        registry: String,
    },

    /// A key that credentials are sealed under, or are to be sealed under.
    #[error("the key for stored credentials cannot be used: {detail}")]
    SealingKey {
        /// One clause, with the remedy.
        detail: String,
        /// Soon it may work again.
        retryable: bool,
        /// The chain below.
        #[source]
        cause: Option<Cause>,
    },

    /// No new work is let in.
    #[error("the image service is being drained and takes no new work: try again later")]
    Draining,
    /// Events that somebody wants to go on from are swept, or were never there.
    #[error("events cannot be read on after {after}: those from {oldest} to {newest} are kept")]
    EventsExpired {
        /// The number to go on from.
        after: u64,
        /// The oldest event.
        oldest: u64,
        /// The newest event.
        newest: u64,
    },
    /// Others have all of what the operation needs, and kept it for too long.
    #[error("the image service is busy: waited {waited:?} for {what}: try again later")]
    Busy {
        /// `room in the spool`.
        what: &'static str,
        /// How long.
        waited: Duration,
    },
    /// The service's own identity got no password for a registry of its cloud.
    #[error("cannot get credentials for {registry} from AWS: {detail}")]
    CloudCredentials {
        /// The registry.
        registry: String,
        /// The cloud's own words.
        detail: String,
        /// It may work later.
        retryable: bool,
        /// The chain below.
        #[source]
        cause: Cause,
    },

    /// A call of ECR, ECR Public or ECS.
    #[error(transparent)]
    Ecr(#[from] Box<EcrError>),

    /// Nothing to compare it by.
    #[error("{name} is not indexed: call Similarity.Index for it")]
    NotIndexed {
        /// As the user wrote it.
        name: String,
    },
    /// No vector can be had of the embedder.
    #[error("the embedder is unavailable: {detail}")]
    EmbedderUnavailable {
        /// One clause, without anything that the embedder wrote.
        detail: String,
        /// Soon it may work again; otherwise its configuration is wrong.
        retryable: bool,
        /// The chain below.
        #[source]
        cause: Option<Cause>,
    },

    /// The caller has left before all was said.
    #[error("the request broke off before its end")]
    Cancelled(#[source] Cause),
    /// The database does not answer.
    #[error("the image store is temporarily unavailable")]
    StoreUnavailable(#[source] Cause),
    /// A fault of this service.
    #[error("internal error")]
    Internal(#[source] Cause),
    /// One upstream sequence served several callers; this is its failure.
    #[error(transparent)]
    Shared(std::sync::Arc<Error>),
}

/// What every operation answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A fault of this service.
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::Internal(cause.into())
    }

    /// A key is needed that is not at hand. `source` is where it should be.
    pub fn sealing_key_missing(keys: &str, source: &str) -> Self {
        let detail = format!(
            "credentials are sealed under {keys}, which is not in {source}: put it there again, \
             or have what is sealed under it forgotten (image-service keys forget-lost)"
        );
        Self::SealingKey { detail, retryable: false, cause: None }
    }

    /// The error itself, however many callers share it.
    #[must_use]
    pub fn root(&self) -> &Self {
        match self {
            Self::Shared(error) => error.root(),
            error => error,
        }
    }
}
