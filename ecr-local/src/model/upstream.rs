//! Registries that images may be fetched from, as CreatePullThroughCacheRule names them.

use super::RegistryId;

/// A kind of registry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum UpstreamKind {
    Ecr,
    EcrPublic,
    Quay,
    Kubernetes,
    DockerHub,
    GitHub,
    Azure,
    GitLab,
    Chainguard,
}

impl UpstreamKind {
    const ALL: [Self; 9] = [
        Self::Ecr,
        Self::EcrPublic,
        Self::Quay,
        Self::Kubernetes,
        Self::DockerHub,
        Self::GitHub,
        Self::Azure,
        Self::GitLab,
        Self::Chainguard,
    ];

    /// The kind that a host is of. Nothing for a host of any other.
    pub(crate) fn of_host(host: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.has_host(host))
    }

    /// Reads what the interface calls it.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What the interface calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ecr => "ecr",
            Self::EcrPublic => "ecr-public",
            Self::Quay => "quay",
            Self::Kubernetes => "k8s",
            Self::DockerHub => "docker-hub",
            Self::GitHub => "github-container-registry",
            Self::Azure => "azure-container-registry",
            Self::GitLab => "gitlab-container-registry",
            Self::Chainguard => "chainguard",
        }
    }

    /// Whether it lets nobody in without a password.
    pub(crate) fn needs_credential(self) -> bool {
        matches!(self, Self::DockerHub | Self::GitHub | Self::Azure | Self::GitLab | Self::Chainguard)
    }

    /// The host that gives out its tokens, if that is another one.
    pub(crate) fn token_host(self) -> Option<&'static str> {
        match self {
            Self::DockerHub => Some("auth.docker.io"),
            Self::GitLab => Some("gitlab.com"),
            _ => None,
        }
    }

    fn has_host(self, host: &str) -> bool {
        match self {
            Self::Ecr => !host.contains(':') && RegistryId::of_host(host).is_some(),
            Self::EcrPublic => host == "public.ecr.aws",
            Self::Quay => host == "quay.io",
            Self::Kubernetes => host == "registry.k8s.io",
            Self::DockerHub => host == "registry-1.docker.io",
            Self::GitHub => host == "ghcr.io",
            Self::Azure => host.strip_suffix(".azurecr.io").is_some_and(is_label),
            Self::GitLab => host == "registry.gitlab.com",
            Self::Chainguard => host == "cgr.dev",
        }
    }
}

fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.len() <= 63 && text.bytes().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_says_what_kind_of_registry_it_is() {
        for (host, name) in [
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", Some("ecr")),
            ("public.ecr.aws", Some("ecr-public")),
            ("registry-1.docker.io", Some("docker-hub")),
            ("my-own.azurecr.io", Some("azure-container-registry")),
            ("cgr.dev", Some("chainguard")),
            ("docker.io", None),
            ("https://quay.io", None),
            ("quay.io/team", None),
            ("quay.io:443", None),
            (".azurecr.io", None),
            ("a.b.azurecr.io", None),
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com:443", None),
            ("", None),
        ] {
            assert_eq!(UpstreamKind::of_host(host).map(UpstreamKind::name), name, "{host}");
        }
    }
}
