//! What can be asked of a registry.

use http::{HeaderMap, HeaderValue, Method, header};
use url::Url;

use super::transport::Payload;
use crate::model::{Descriptor, Digest, Manifest, MediaType, Repository, Target};

pub(super) const MANIFEST_CAP: u64 = 4 * 1024 * 1024;
const TAGS_CAP: u64 = 4 * 1024 * 1024;
const LOGIN_CAP: u64 = 64 * 1024;
/// Of what a registry says to a write; all that counts is in its headers.
const RECEIPT_CAP: u64 = 64 * 1024;

/// A question, whichever endpoint answers it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask<'a> {
    pub(super) wanted: Wanted<'a>,
    pub(super) verb: Verb,
    /// Part of a push: needs leave to write, and is refused in the words of a push.
    pub(super) push: bool,
}

/// What is to be done with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verb {
    Get,
    Head,
    Post,
    Patch,
    Put,
    Delete,
}

/// The thing asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted<'a> {
    Manifest {
        repository: &'a Repository,
        target: &'a Target,
    },
    Config {
        repository: &'a Repository,
        config: &'a Descriptor,
    },
    /// Read while it comes, from one of its bytes on.
    Blob {
        repository: &'a Repository,
        digest: &'a Digest,
        from: u64,
    },
    /// A session for an upload; none is needed if the registry can mount the blob from another repository.
    Upload {
        repository: &'a Repository,
        mount: Option<(&'a Digest, &'a Repository)>,
    },
    /// A manifest that is to be there.
    NewManifest {
        repository: &'a Repository,
        target: &'a Target,
        manifest: &'a Manifest,
    },
    Tags {
        repository: &'a Repository,
        query: &'a str,
    },
    Login,
}

impl<'a> Ask<'a> {
    pub(super) const fn get(wanted: Wanted<'a>) -> Self {
        Self { wanted, verb: Verb::Get, push: false }
    }

    pub(super) const fn head(wanted: Wanted<'a>) -> Self {
        Self { wanted, verb: Verb::Head, push: false }
    }

    /// A step of a push.
    pub(super) const fn push(verb: Verb, wanted: Wanted<'a>) -> Self {
        Self { wanted, verb, push: true }
    }

    pub(super) const fn method(&self) -> Method {
        match self.verb {
            Verb::Get => Method::GET,
            Verb::Head => Method::HEAD,
            Verb::Post => Method::POST,
            Verb::Patch => Method::PATCH,
            Verb::Put => Method::PUT,
            Verb::Delete => Method::DELETE,
        }
    }

    /// Whether the answer's body is left to whoever asked.
    pub(super) const fn is_streamed(&self) -> bool {
        matches!((self.verb, self.wanted), (Verb::Get, Wanted::Blob { .. }))
    }

    /// Everything in the path was parsed by a grammar that leaves nothing to escape.
    pub(super) fn url(&self, base: &Url) -> Url {
        let mut url = base.clone();
        match self.wanted {
            Wanted::Manifest { repository, target } | Wanted::NewManifest { repository, target, .. } => {
                url.set_path(&format!("/v2/{}/manifests/{target}", repository.path()));
            }
            Wanted::Config { repository, config } => {
                url.set_path(&format!("/v2/{}/blobs/{}", repository.path(), config.digest));
            }
            Wanted::Blob { repository, digest, .. } => {
                url.set_path(&format!("/v2/{}/blobs/{digest}", repository.path()));
            }
            Wanted::Upload { repository, mount } => {
                url.set_path(&format!("/v2/{}/blobs/uploads/", repository.path()));
                if let Some((digest, from)) = mount {
                    let mut query = url.query_pairs_mut();
                    query.append_pair("mount", &digest.to_string()).append_pair("from", from.path());
                }
            }
            Wanted::Tags { repository, query } => {
                url.set_path(&format!("/v2/{}/tags/list", repository.path()));
                url.set_query(Some(query));
            }
            Wanted::Login => url.set_path("/v2/"),
        }
        url
    }

    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        match self.wanted {
            Wanted::Manifest { .. } => {
                let types = [
                    MediaType::OciIndex,
                    MediaType::DockerList,
                    MediaType::OciManifest,
                    MediaType::DockerManifest,
                ];
                for media_type in types {
                    headers.append(header::ACCEPT, HeaderValue::from_static(media_type.as_str()));
                }
            }
            Wanted::NewManifest { manifest, .. } => {
                let media_type = HeaderValue::from_str(&manifest.media_type);
                headers.extend(media_type.ok().map(|media_type| (header::CONTENT_TYPE, media_type)));
            }
            Wanted::Blob { from, .. } if from > 0 => {
                let range = HeaderValue::from_str(&format!("bytes={from}-"));
                headers.extend(range.ok().map(|range| (header::RANGE, range)));
            }
            _ => {}
        }
        headers
    }

    /// What is sent along.
    pub(super) fn payload(&self) -> Payload {
        match self.wanted {
            Wanted::NewManifest { manifest, .. } => Payload::Bytes(manifest.bytes.clone()),
            _ => Payload::Nothing,
        }
    }

    /// The token scopes that it needs, as far as one can know without a challenge; what counts most stands first.
    pub(super) fn scope(&self) -> String {
        let Some(repository) = self.wanted.repository() else { return String::new() };
        let actions = match (self.push, self.verb) {
            (true, Verb::Delete) => "delete",
            (true, _) => "pull,push",
            (false, _) => "pull",
        };
        let scope = format!("repository:{}:{actions}", repository.path());
        match self.wanted {
            Wanted::Upload { mount: Some((_, from)), .. } => {
                format!("{scope} repository:{}:pull", from.path())
            }
            _ => scope,
        }
    }
}

impl<'a> Wanted<'a> {
    pub(super) const fn repository(&self) -> Option<&'a Repository> {
        match *self {
            Self::Manifest { repository, .. }
            | Self::NewManifest { repository, .. }
            | Self::Config { repository, .. }
            | Self::Blob { repository, .. }
            | Self::Upload { repository, .. }
            | Self::Tags { repository, .. } => Some(repository),
            Self::Login => None,
        }
    }

    /// How many bytes an answer may have.
    pub(super) const fn cap(&self) -> u64 {
        match self {
            Self::Manifest { .. } => MANIFEST_CAP,
            Self::Config { config, .. } => config.size,
            Self::Blob { .. } | Self::Upload { .. } | Self::NewManifest { .. } => RECEIPT_CAP,
            Self::Tags { .. } => TAGS_CAP,
            Self::Login => LOGIN_CAP,
        }
    }

    /// As users know it: `nginx:1.25`, `team/app@sha256:…`, `nginx`.
    pub(super) fn reference(&self) -> String {
        match self {
            Self::Manifest { repository, target } | Self::NewManifest { repository, target, .. } => {
                reference(repository, target)
            }
            Self::Blob { repository, digest, .. } => format!("{}@{digest}", repository.familiar()),
            Self::Config { repository, config } => format!("{}@{}", repository.familiar(), config.digest),
            Self::Tags { repository, .. } | Self::Upload { repository, .. } => repository.familiar(),
            Self::Login => String::new(),
        }
    }
}

/// `nginx:1.25` or `nginx@sha256:…`
pub(super) fn reference(repository: &Repository, target: &Target) -> String {
    let joint = match target {
        Target::Tag(_) => ':',
        Target::Digest(_) => '@',
    };
    format!("{}{joint}{target}", repository.familiar())
}
