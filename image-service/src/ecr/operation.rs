//! Every operation of AWS that this service calls, and what there is to know before calling it, in one table.
//!
//! Rates: the published quotas of ECR, ECR Public and ECS; where none is published, a number that AWS bears without throttling.

/// Which service has an operation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Service {
    /// ECR.
    Ecr,
    /// ECR Public.
    Public,
    /// ECS.
    Ecs,
}

/// Operations that fail together: they share a circuit breaker.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OperationClass {
    /// Tokens.
    Token,
    /// Reads of what is in a registry.
    Read,
    /// Scans and their findings.
    Scan,
    /// Changes.
    Write,
    /// Tasks.
    Task,
}

/// Whether a call may be made again when nobody knows what became of the first: a timeout, a broken connection, a fault of the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repeat {
    /// It does no more when it is done twice.
    Harmless,
    /// It may have been done: only a clear refusal is followed by another attempt.
    OnlyIfRefused,
}

/// What `LimitExceededException` means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// A quota, which waiting for seconds does not change.
    Quota,
    /// Load, which passes.
    Load,
}

macro_rules! operations {
    ($($(#[$doc:meta])* $operation:ident $name:literal $service:ident $class:ident $repeat:ident $limit:ident $rate:literal;)*) => {
        /// An operation of AWS.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Operation { $($(#[$doc])* $operation,)* }

        impl Operation {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$operation,)*];

            /// AWS's name for it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$operation => $name,)* }
            }

            /// Whose it is.
            #[must_use]
            pub const fn service(self) -> Service {
                match self { $(Self::$operation => Service::$service,)* }
            }

            /// What it fails together with.
            #[must_use]
            pub const fn class(self) -> OperationClass {
                match self { $(Self::$operation => OperationClass::$class,)* }
            }

            /// Whether it may be made again when nobody knows what became of it.
            #[must_use]
            pub const fn repeat(self) -> Repeat {
                match self { $(Self::$operation => Repeat::$repeat,)* }
            }

            /// What `LimitExceededException` means.
            #[must_use]
            pub const fn limit(self) -> Limit {
                match self { $(Self::$operation => Limit::$limit,)* }
            }

            /// Calls per second in one Region of one account, unless the configuration says otherwise.
            #[must_use]
            pub const fn default_rate(self) -> u32 {
                match self { $(Self::$operation => $rate,)* }
            }
        }
    };
}

operations! {
    /// Deletes images and tags. A second time it might delete what was pushed in between, and would report what it did not delete.
    BatchDeleteImage "BatchDeleteImage" Ecr Write OnlyIfRefused Quota 100;
    /// Manifests.
    BatchGetImage "BatchGetImage" Ecr Read Harmless Load 2000;
    /// How repositories are scanned.
    BatchGetRepositoryScanningConfiguration "BatchGetRepositoryScanningConfiguration" Ecr Scan Harmless Quota 100;
    /// A second time it says that the repository exists.
    CreateRepository "CreateRepository" Ecr Write Harmless Quota 10;
    /// How far an image's replication is.
    DescribeImageReplicationStatus "DescribeImageReplicationStatus" Ecr Read Harmless Quota 100;
    /// What a scan found.
    DescribeImageScanFindings "DescribeImageScanFindings" Ecr Scan Harmless Quota 100;
    /// Images.
    DescribeImages "DescribeImages" Ecr Read Harmless Quota 1000;
    /// Replication rules.
    DescribeRegistry "DescribeRegistry" Ecr Read Harmless Quota 100;
    /// Repositories.
    DescribeRepositories "DescribeRepositories" Ecr Read Harmless Quota 1000;
    /// A password for the registry.
    GetAuthorizationToken "GetAuthorizationToken" Ecr Token Harmless Quota 500;
    /// Where a layer or a config can be had.
    GetDownloadUrlForLayer "GetDownloadUrlForLayer" Ecr Read Harmless Load 3000;
    /// A repository's lifecycle policy.
    GetLifecyclePolicy "GetLifecyclePolicy" Ecr Read Harmless Quota 100;
    /// Which scanning the registry has.
    GetRegistryScanningConfiguration "GetRegistryScanningConfiguration" Ecr Scan Harmless Quota 100;
    /// A repository's policy.
    GetRepositoryPolicy "GetRepositoryPolicy" Ecr Read Harmless Quota 100;
    /// What refers to an image.
    ListImageReferrers "ListImageReferrers" Ecr Read Harmless Quota 100;
    /// Digests and tags.
    ListImages "ListImages" Ecr Read Harmless Quota 100;
    /// A repository's resource tags.
    ListTagsForResource "ListTagsForResource" Ecr Read Harmless Quota 100;
    /// A second time it says that image and tag exist.
    PutImage "PutImage" Ecr Write Harmless Load 10;
    /// Once in 24 hours for each image.
    StartImageScan "StartImageScan" Ecr Scan OnlyIfRefused Quota 1;

    /// Public images.
    PublicDescribeImages "DescribeImages" Public Read Harmless Quota 100;
    /// Public repositories.
    PublicDescribeRepositories "DescribeRepositories" Public Read Harmless Quota 100;
    /// A password for the public registry's token endpoint.
    PublicGetAuthorizationToken "GetAuthorizationToken" Public Token Harmless Quota 200;

    /// A task definition.
    DescribeTaskDefinition "DescribeTaskDefinition" Ecs Task Harmless Quota 20;
}

impl Operation {
    /// Whether it changes anything at AWS. Read-only configurations refuse it then.
    #[must_use]
    pub const fn writes(self) -> bool {
        matches!(self.class(), OperationClass::Write) || matches!(self, Self::StartImageScan)
    }

    /// As the configuration names it: AWS's name, with `Public` before it for ECR Public.
    #[must_use]
    pub fn key(self) -> String {
        match self.service() {
            Service::Public => format!("Public{}", self.name()),
            Service::Ecr | Service::Ecs => self.name().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Operation;

    #[test]
    fn the_configuration_can_name_every_operation() {
        let keys: HashSet<_> = Operation::ALL.iter().map(|operation| operation.key()).collect();
        assert_eq!(keys.len(), Operation::ALL.len());
    }

    #[test]
    fn what_changes_something_is_known_to_write() {
        let writing: Vec<_> = Operation::ALL
            .iter()
            .filter(|operation| operation.writes())
            .map(|operation| operation.name())
            .collect();
        assert_eq!(writing, ["BatchDeleteImage", "CreateRepository", "PutImage", "StartImageScan"]);
    }
}
