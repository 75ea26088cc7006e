//! The closed list of what can be wrong with a call of ECR, ECR Public or ECS: AWS's own codes, those of its front door, and this service's.
//! One table holds each reason's name, its code at AWS and its kind.

/// What kind of trouble a reason is. The gRPC code follows from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EcrTrouble {
    /// What was named is not there.
    NotFound,
    /// What was to be made is there.
    AlreadyExists,
    /// The request can never work.
    Invalid,
    /// The request may work after something else was done.
    Precondition,
    /// A quota or a rate.
    Exhausted,
    /// The caller is known and may not.
    Denied,
    /// The caller is not known to AWS.
    Unauthenticated,
    /// It may work later.
    Unavailable,
    /// Time ran out.
    TimedOut,
    /// There is no such thing here.
    Unsupported,
    /// Content is not what its digest says.
    Corrupt,
    /// Nobody knows.
    Unknown,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $reason:ident $name:literal $trouble:ident [$($code:literal)*];)*) => {
        /// Why a call of ECR, ECR Public or ECS failed.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum EcrReason { $($(#[$doc])* $reason,)* }

        impl EcrReason {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$reason,)*];

            /// As `ecr.v1.ErrorReason` has it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$reason => $name,)* }
            }

            /// What kind of trouble it is.
            #[must_use]
            pub const fn trouble(self) -> EcrTrouble {
                match self { $(Self::$reason => EcrTrouble::$trouble,)* }
            }

            /// The reason behind an AWS error code, without a namespace; `Other` if the code is not known here.
            #[must_use]
            pub fn of_code(code: &str) -> Self {
                match code {
                    $($($code => Self::$reason,)*)*
                    _ => Self::Other,
                }
            }
        }
    };
}

reasons! {
    /// The repository does not exist.
    RepositoryNotFound "REPOSITORY_NOT_FOUND" NotFound ["RepositoryNotFoundException"];
    /// The image does not exist.
    ImageNotFound "IMAGE_NOT_FOUND" NotFound ["ImageNotFoundException"];
    /// Layers do not exist, or an image to be put refers to layers that do not.
    LayersNotFound "LAYERS_NOT_FOUND" Precondition ["LayersNotFoundException"];
    /// The repository has no lifecycle policy.
    LifecyclePolicyNotFound "LIFECYCLE_POLICY_NOT_FOUND" NotFound ["LifecyclePolicyNotFoundException"];
    /// The repository has no policy.
    RepositoryPolicyNotFound "REPOSITORY_POLICY_NOT_FOUND" NotFound ["RepositoryPolicyNotFoundException"];
    /// The image was never scanned.
    ScanNotFound "SCAN_NOT_FOUND" NotFound ["ScanNotFoundException"];
    /// A parameter that ECR does not take; this service's own refusals of parameters, too.
    InvalidParameter "INVALID_PARAMETER" Invalid
        ["InvalidParameterException" "ClientException" "InvalidParameterValue" "MissingParameter" "SerializationException"];
    /// A part of a layer that does not follow the one before it.
    InvalidLayerPart "INVALID_LAYER_PART" Invalid ["InvalidLayerPartException"];
    /// A quota.
    LimitExceeded "LIMIT_EXCEEDED" Exhausted ["LimitExceededException"];
    /// More tags than a resource may have.
    TooManyTags "TOO_MANY_TAGS" Exhausted ["TooManyTagsException"];
    /// The tag is immutable and taken.
    ImageTagAlreadyExists "IMAGE_TAG_ALREADY_EXISTS" AlreadyExists ["ImageTagAlreadyExistsException"];
    /// The manifest has another digest than was said.
    ImageDigestMismatch "IMAGE_DIGEST_MISMATCH" Invalid ["ImageDigestDoesNotMatchException"];
    /// The identity may not do this.
    AccessDenied "ACCESS_DENIED" Denied
        ["AccessDeniedException" "AccessDenied" "UnauthorizedException" "OptInRequired" "BlockedByOrganizationPolicyException" "BlockedException"];
    /// KMS refused or failed; `kmsError` among the members says how.
    KmsError "KMS_ERROR" Unavailable ["KmsException"];
    /// A fault of AWS.
    ServiceUnavailable "SERVICE_UNAVAILABLE" Unavailable
        ["ServerException" "ServiceUnavailable" "ServiceUnavailableException" "InternalFailure" "InternalServerError" "InternalError" "InternalServerException"];
    /// Too many calls.
    Throttling "THROTTLING" Exhausted
        ["ThrottlingException" "Throttling" "ThrottledException" "RequestThrottledException" "RequestThrottled" "TooManyRequestsException"
         "RequestLimitExceeded" "BandwidthLimitExceeded" "SlowDown" "PriorRequestNotComplete" "ProvisionedThroughputExceededException"
         "TransactionInProgressException" "EC2ThrottledException"];

    /// The very image and tag are there.
    ImageAlreadyExists "IMAGE_ALREADY_EXISTS" AlreadyExists ["ImageAlreadyExistsException"];
    /// The layer has none of the digests that were said.
    InvalidLayer "INVALID_LAYER" Invalid ["InvalidLayerException"];
    /// No such upload.
    UploadNotFound "UPLOAD_NOT_FOUND" NotFound ["UploadNotFoundException"];
    /// A part but the last below the least size.
    LayerPartTooSmall "LAYER_PART_TOO_SMALL" Invalid ["LayerPartTooSmallException"];
    /// The repository has the layer.
    LayerAlreadyExists "LAYER_ALREADY_EXISTS" AlreadyExists ["LayerAlreadyExistsException"];
    /// An upload without a part.
    EmptyUpload "EMPTY_UPLOAD" Invalid ["EmptyUploadException"];
    /// The layer is there and no image refers to it.
    LayerInaccessible "LAYER_INACCESSIBLE" Precondition ["LayerInaccessibleException"];
    /// An index refers to manifests that are not there.
    ReferencedImagesNotFound "REFERENCED_IMAGES_NOT_FOUND" Precondition ["ReferencedImagesNotFoundException"];
    /// A request that ECR does not take in this state.
    Validation "VALIDATION" Invalid ["ValidationException" "ValidationError"];
    /// This kind of image is not scanned.
    UnsupportedImageType "UNSUPPORTED_IMAGE_TYPE" Precondition ["UnsupportedImageTypeException"];
    /// The image is archived.
    ImageArchived "IMAGE_ARCHIVED" Precondition ["ImageArchivedException"];
    /// The upstream of a pull-through rule did not give the image.
    UnableToGetUpstreamImage "UNABLE_TO_GET_UPSTREAM_IMAGE" Unavailable ["UnableToGetUpstreamImageException"];
    /// The upstream of a pull-through rule did not give the layer.
    UnableToGetUpstreamLayer "UNABLE_TO_GET_UPSTREAM_LAYER" Unavailable ["UnableToGetUpstreamLayerException"];
    /// The upstream of a pull-through rule did not list referrers.
    UnableToListUpstreamImageReferrers "UNABLE_TO_LIST_UPSTREAM_IMAGE_REFERRERS" Unavailable
        ["UnableToListUpstreamImageReferrersException"];
    /// The registry has no policy.
    RegistryPolicyNotFound "REGISTRY_POLICY_NOT_FOUND" NotFound ["RegistryPolicyNotFoundException"];
    /// The registry does not exist.
    RegistryNotFound "REGISTRY_NOT_FOUND" NotFound ["RegistryNotFoundException"];
    /// The public repository has no catalog data.
    RepositoryCatalogDataNotFound "REPOSITORY_CATALOG_DATA_NOT_FOUND" NotFound ["RepositoryCatalogDataNotFoundException"];
    /// Not in this Region.
    UnsupportedCommand "UNSUPPORTED_COMMAND" Unsupported ["UnsupportedCommandException" "UnsupportedFeatureException"];
    /// A repository of this name exists.
    RepositoryAlreadyExists "REPOSITORY_ALREADY_EXISTS" AlreadyExists ["RepositoryAlreadyExistsException"];
    /// The repository has images.
    RepositoryNotEmpty "REPOSITORY_NOT_EMPTY" Precondition ["RepositoryNotEmptyException"];
    /// A resource tag that cannot be.
    InvalidTagParameter "INVALID_TAG_PARAMETER" Invalid ["InvalidTagParameterException"];
    /// The ECS cluster does not exist.
    ClusterNotFound "CLUSTER_NOT_FOUND" NotFound ["ClusterNotFoundException"];
    /// The ECS service does not exist.
    ServiceNotFound "SERVICE_NOT_FOUND" NotFound ["ServiceNotFoundException"];

    /// The access key is not known, or no longer.
    UnrecognizedClient "UNRECOGNIZED_CLIENT" Unauthenticated ["UnrecognizedClientException" "InvalidClientTokenId"];
    /// The signature does not fit the secret key.
    InvalidSignature "INVALID_SIGNATURE" Unauthenticated
        ["InvalidSignatureException" "SignatureDoesNotMatch" "IncompleteSignatureException" "IncompleteSignature"];
    /// The session is over, or this machine's clock is wrong.
    ExpiredToken "EXPIRED_TOKEN" Unauthenticated
        ["ExpiredTokenException" "ExpiredToken" "RequestExpired" "RequestTimeTooSkewed" "InvalidToken"];
    /// Nothing was signed.
    MissingAuthenticationToken "MISSING_AUTHENTICATION_TOKEN" Unauthenticated
        ["MissingAuthenticationTokenException" "MissingAuthenticationToken"];
    /// The endpoint does not have the operation.
    UnknownOperation "UNKNOWN_OPERATION" Unsupported ["UnknownOperationException" "UnsupportedOperationException" "InvalidAction" "NotImplemented"];

    /// No credentials of AWS could be found or had.
    CredentialsUnavailable "CREDENTIALS_UNAVAILABLE" Unauthenticated [];
    /// Neither the request nor the configuration names a Region.
    RegionMissing "REGION_MISSING" Precondition [];
    /// No connection, or one that broke.
    Unreachable "UNREACHABLE" Unavailable [];
    /// No answer in time.
    TimedOut "TIMED_OUT" TimedOut ["RequestTimeout" "RequestTimeoutException"];
    /// Too many failures lately: not asked.
    CircuitOpen "CIRCUIT_OPEN" Unavailable [];
    /// The configuration is read-only, and this would write.
    ReadOnly "READ_ONLY" Precondition [];
    /// An answer that cannot be understood.
    AnswerInvalid "ANSWER_INVALID" Unknown [];
    /// Removing the last tag would delete the image.
    LastTag "LAST_TAG" Precondition [];
    /// The manifest is not a list.
    NotAManifestList "NOT_A_MANIFEST_LIST" Precondition [];
    /// The manifest is a list, and one image was meant.
    IsAManifestList "IS_A_MANIFEST_LIST" Precondition [];
    /// A manifest that cannot be read, or can be read in two ways.
    ManifestInvalid "MANIFEST_INVALID" Precondition [];
    /// The registry scans by itself, not on demand.
    ManualScanDisabled "MANUAL_SCAN_DISABLED" Precondition [];
    /// Content that is not what its digest says.
    ContentMismatch "CONTENT_MISMATCH" Corrupt [];
    /// More bytes than this service reads.
    ContentTooLarge "CONTENT_TOO_LARGE" Exhausted [];
    /// A code that is not known here; it is among the members as `code`.
    Other "OTHER" Unknown [];
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::EcrReason;

    #[test]
    fn every_reason_has_a_name_of_its_own() {
        let names: HashSet<_> = EcrReason::ALL.iter().map(|reason| reason.name()).collect();
        assert_eq!(names.len(), EcrReason::ALL.len());
    }

    #[test]
    fn a_code_that_is_not_known_is_said_to_be_so() {
        assert_eq!(EcrReason::of_code("ScanNotFoundException"), EcrReason::ScanNotFound);
        assert_eq!(EcrReason::of_code("BrandNewException"), EcrReason::Other);
    }
}
