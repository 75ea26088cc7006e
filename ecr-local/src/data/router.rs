//! From a path to the endpoint that is meant (distribution-spec, "Endpoints").
//!
//! Invariant: a pure function; every input has an answer. Names of repositories hold slashes, so paths are read from their end.

use crate::model::RepositoryName;

/// What a path stands for. Parts are borrowed from the decoded path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Endpoint<'p> {
    /// `/v2/`
    Base,
    /// `/token`
    Token,
    /// `/v2/_catalog`
    Catalog,
    /// Something in a repository.
    In(RepositoryName, Within<'p>),
}

/// What lies in a repository.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Within<'p> {
    /// `tags/list`
    Tags,
    /// `manifests/<reference>`
    Manifest(&'p str),
    /// `blobs/<digest>`
    Blob(&'p str),
    /// `blobs/uploads/`
    Uploads,
    /// `blobs/uploads/<id>`
    Upload(&'p str),
    /// `referrers/<digest>`
    Referrers(&'p str),
}

/// Why there is no endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Miss {
    Path,
    /// The path is right, and the repository's name is none.
    Name,
}

impl Endpoint<'_> {
    /// The repository that it lies in.
    pub(crate) fn repository(&self) -> Option<&str> {
        match self {
            Self::In(name, _) => Some(name.as_str()),
            Self::Base | Self::Token | Self::Catalog => None,
        }
    }
}

/// Finds the endpoint of a percent-decoded path.
pub(crate) fn route(path: &str) -> Result<Endpoint<'_>, Miss> {
    match path {
        "/v2" | "/v2/" => return Ok(Endpoint::Base),
        "/v2/_catalog" => return Ok(Endpoint::Catalog),
        "/token" | "/token/" => return Ok(Endpoint::Token),
        _ => {}
    }
    let path = path.strip_prefix("/v2/").ok_or(Miss::Path)?;
    let (name, within) = within(path).ok_or(Miss::Path)?;
    Ok(Endpoint::In(name.parse().map_err(|_| Miss::Name)?, within))
}

fn within(path: &str) -> Option<(&str, Within<'_>)> {
    if let Some(name) = path.strip_suffix("/tags/list") {
        return Some((name, Within::Tags));
    }
    if let Some(name) = path.strip_suffix("/blobs/uploads/").or_else(|| path.strip_suffix("/blobs/uploads")) {
        return Some((name, Within::Uploads));
    }
    let (head, last) = path.rsplit_once('/')?;
    if let Some(name) = head.strip_suffix("/blobs/uploads") {
        return Some((name, Within::Upload(last)));
    }
    let (name, kind) = head.rsplit_once('/')?;
    match kind {
        "manifests" => Some((name, Within::Manifest(last))),
        "blobs" => Some((name, Within::Blob(last))),
        "referrers" => Some((name, Within::Referrers(last))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_endpoint_of_the_specification_is_found() {
        let within = |within| Ok(Endpoint::In("team/app".parse().unwrap(), within));
        for (path, endpoint) in [
            ("/v2/", Ok(Endpoint::Base)),
            ("/v2/_catalog", Ok(Endpoint::Catalog)),
            ("/v2/team/app/tags/list", within(Within::Tags)),
            ("/v2/team/app/manifests/v1", within(Within::Manifest("v1"))),
            ("/v2/team/app/blobs/sha256:ab", within(Within::Blob("sha256:ab"))),
            ("/v2/team/app/blobs/uploads/", within(Within::Uploads)),
            ("/v2/team/app/blobs/uploads/4d5e", within(Within::Upload("4d5e"))),
            ("/v2/team/app/referrers/sha256:ab", within(Within::Referrers("sha256:ab"))),
            ("/v2/Team/tags/list", Err(Miss::Name)),
            ("/v2/team/app", Err(Miss::Path)),
            ("/v1/team/app/tags/list", Err(Miss::Path)),
            ("/v2/tags/list", Err(Miss::Path)),
        ] {
            assert_eq!(route(path), endpoint, "{path}");
        }
    }

    #[test]
    fn words_of_the_specification_may_be_parts_of_names() {
        let name = "blobs/uploads/manifests".parse().unwrap();
        assert_eq!(
            route("/v2/blobs/uploads/manifests/blobs/sha256:ab"),
            Ok(Endpoint::In(name, Within::Blob("sha256:ab")))
        );
    }

    proptest! {
        #[test]
        fn no_path_is_too_odd(path in "(/v2)?/\\PC*") {
            let _ = route(&path);
        }
    }
}
