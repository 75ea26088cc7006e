//! Where a repository is, as the host and the path of a reference to it say.

use super::{PUBLIC_HOST, RegistryId, is_public_host};

/// A repository in some registry. Parts are borrowed from the path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Address<'p> {
    /// In a registry of an account. Nothing if the host names none.
    Private(Option<RegistryId>, &'p str),
    /// In the public registry with this alias.
    Public { alias: &'p str, name: &'p str },
}

impl<'p> Address<'p> {
    /// Reads a `Host` header and the path of a repository. Public registries have a host for themselves; at a host that names no registry
    /// a path may begin with that host, for clients that cannot be made to call a server by another name (`127.0.0.1:5000/public.ecr.aws/…`).
    pub(crate) fn of(host: &str, path: &'p str) -> Self {
        let named = RegistryId::of_host(host);
        let prefixed = || path.strip_prefix(PUBLIC_HOST).and_then(|rest| rest.strip_prefix('/'));
        let public = if is_public_host(host) { Some(path) } else { prefixed().filter(|_| named.is_none()) };
        match public {
            Some(path) => {
                let (alias, name) = path.split_once('/').unwrap_or((path, ""));
                Self::Public { alias, name }
            }
            None => Self::Private(named, path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_repositories_are_found_by_host_and_by_path() {
        for (host, path) in [
            ("public.ecr.aws", "r0/team/app"),
            ("PUBLIC.ecr.aws:443", "r0/team/app"),
            ("ecr-public.aws.com", "r0/team/app"),
            ("127.0.0.1:5000", "public.ecr.aws/r0/team/app"),
        ] {
            assert_eq!(Address::of(host, path), Address::Public { alias: "r0", name: "team/app" }, "{host}");
        }
        assert_eq!(Address::of("public.ecr.aws", "app"), Address::Public { alias: "app", name: "" });
    }

    #[test]
    fn all_others_are_private() {
        let host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
        let path = "public.ecr.aws/r0/app";
        assert_eq!(Address::of(host, path), Address::Private(RegistryId::of_host(host), path));
        for path in ["app", "public.ecr.aws", "public.ecr.awsome/app"] {
            assert_eq!(Address::of("127.0.0.1:5000", path), Address::Private(None, path));
        }
    }
}
