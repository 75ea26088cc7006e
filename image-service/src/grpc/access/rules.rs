//! Which role each RPC needs: the one table of it. An RPC that is not in it cannot be called.

use std::{collections::HashMap, sync::LazyLock};

use crate::model::Role;

/// Who may call an RPC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// Whoever reaches the service.
    Open,
    /// Who has at least this role.
    AtLeast(Role),
}

const READER: Rule = Rule::AtLeast(Role::Reader);
const PULLER: Rule = Rule::AtLeast(Role::Puller);
const LOADER: Rule = Rule::AtLeast(Role::Loader);
const ADMIN: Rule = Rule::AtLeast(Role::Admin);
const OPERATOR: Rule = Rule::AtLeast(Role::Operator);

/// Whose credentials stay with the service once `Credentials.Check` has tried them: for all of their namespace, which is more than to use them.
pub(super) const LEAVES_CREDENTIALS: Role = Role::Admin;

/// The RPCs of each service, with their rules.
pub const RULES: &[(&str, &[(&str, Rule)])] = &[
    ("grpc.health.v1.Health", &[("Check", Rule::Open), ("Watch", Rule::Open)]),
    ("grpc.reflection.v1.ServerReflection", &[("ServerReflectionInfo", READER)]),
    ("grpc.reflection.v1alpha.ServerReflection", &[("ServerReflectionInfo", READER)]),
    ("imageservice.v1.Credentials", &[("Check", PULLER), ("Forget", ADMIN), ("List", ADMIN)]),
    ("imageservice.v1.Events", &[("List", READER), ("Watch", READER)]),
    (
        "imageservice.v1.Images",
        &[
            ("DistributionInspect", PULLER),
            ("History", READER),
            ("Import", LOADER),
            ("Inspect", READER),
            ("List", READER),
            ("Load", LOADER),
            ("Pull", PULLER),
            ("Push", LOADER),
            ("Remove", LOADER),
            ("Resolve", READER),
            ("Save", PULLER),
            ("Tag", LOADER),
        ],
    ),
    ("imageservice.v1.Keys", &[("List", OPERATOR), ("Rotate", OPERATOR)]),
    ("imageservice.v1.Similarity", &[("Index", LOADER), ("Search", READER)]),
    (
        "imageservice.v1.System",
        &[("Drain", OPERATOR), ("Info", READER), ("RateLimits", READER), ("Resume", OPERATOR)],
    ),
    (
        "ecr.v1.AuthService",
        &[("GetAuthorizationToken", OPERATOR), ("GetLoginCommand", OPERATOR), ("RefreshToken", OPERATOR)],
    ),
    (
        "ecr.v1.ImageService",
        &[
            ("BatchDeleteImage", OPERATOR),
            ("BatchGetImages", OPERATOR),
            ("DescribeImages", OPERATOR),
            ("GetImage", OPERATOR),
            ("ListImages", OPERATOR),
            ("PutImageTag", OPERATOR),
            ("StreamImageDetails", OPERATOR),
            ("StreamImages", OPERATOR),
        ],
    ),
    (
        "ecr.v1.ManifestService",
        &[
            ("GetImageConfig", OPERATOR),
            ("GetLayers", OPERATOR),
            ("GetManifest", OPERATOR),
            ("GetManifestList", OPERATOR),
            ("ListImageReferrers", OPERATOR),
            ("StreamImageReferrers", OPERATOR),
        ],
    ),
    (
        "ecr.v1.PublicRegistryService",
        &[
            ("GetPublicAuthToken", OPERATOR),
            ("GetPublicRepository", OPERATOR),
            ("ListPublicImages", OPERATOR),
            ("ListPublicRepositories", OPERATOR),
            ("StreamPublicImages", OPERATOR),
            ("StreamPublicRepositories", OPERATOR),
        ],
    ),
    (
        "ecr.v1.ReplicationService",
        &[
            ("CheckConsistency", OPERATOR),
            ("GetReplicationStatus", OPERATOR),
            ("ListReplicationDestinations", OPERATOR),
        ],
    ),
    (
        "ecr.v1.RepositoryService",
        &[
            ("GetLifecyclePolicy", OPERATOR),
            ("GetRepository", OPERATOR),
            ("GetRepositoryPolicy", OPERATOR),
            ("ListRepositories", OPERATOR),
            ("ListTagsForResource", OPERATOR),
            ("StreamRepositories", OPERATOR),
        ],
    ),
    (
        "ecr.v1.ScanService",
        &[
            ("GetScanFindings", OPERATOR),
            ("GetScanStatus", OPERATOR),
            ("StartScan", OPERATOR),
            ("StreamScanFindings", OPERATOR),
            ("WaitForScan", OPERATOR),
        ],
    ),
];

static BY_PATH: LazyLock<HashMap<String, (&str, Rule)>> = LazyLock::new(|| {
    let of_service = |(service, methods): &(&'static str, &'static [(&'static str, Rule)])| {
        let service = *service;
        methods.iter().map(move |(method, rule)| (format!("/{service}/{method}"), (*method, *rule)))
    };
    RULES.iter().flat_map(of_service).collect()
});

/// Method and rule of the RPC with this HTTP/2 path; nothing if it has none.
pub(super) fn rule_of(path: &str) -> Option<(&'static str, Rule)> {
    BY_PATH.get(path).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_the_rule_of_its_rpc_and_others_have_none() {
        assert_eq!(rule_of("/imageservice.v1.Images/Pull"), Some(("Pull", PULLER)));
        assert_eq!(rule_of("/grpc.health.v1.Health/Check"), Some(("Check", Rule::Open)));
        for path in ["", "/", "/imageservice.v1.Images", "/imageservice.v1.Images/pull", "/x/Pull", "//"] {
            assert_eq!(rule_of(path), None, "{path}");
        }
    }
}
