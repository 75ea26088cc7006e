//! What can be asked of a registry.

use http::{HeaderMap, HeaderValue, Method, header};
use url::Url;

use crate::model::{Descriptor, MediaType, Repository, Target};

pub(super) const MANIFEST_CAP: u64 = 4 * 1024 * 1024;
const TAGS_CAP: u64 = 4 * 1024 * 1024;
const LOGIN_CAP: u64 = 64 * 1024;

/// A question, whichever endpoint answers it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask<'a> {
    pub(super) wanted: Wanted<'a>,
    /// HEAD instead of GET.
    pub(super) head: bool,
}

/// The thing asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted<'a> {
    Manifest { repository: &'a Repository, target: &'a Target },
    Config { repository: &'a Repository, config: &'a Descriptor },
    Tags { repository: &'a Repository, query: &'a str },
    Login,
}

impl<'a> Ask<'a> {
    pub(super) const fn get(wanted: Wanted<'a>) -> Self {
        Self { wanted, head: false }
    }

    pub(super) const fn head(wanted: Wanted<'a>) -> Self {
        Self { wanted, head: true }
    }

    pub(super) const fn method(&self) -> Method {
        if self.head { Method::HEAD } else { Method::GET }
    }

    /// Everything in the path was parsed by a grammar that leaves nothing to escape.
    pub(super) fn url(&self, base: &Url) -> Url {
        let mut url = base.clone();
        match self.wanted {
            Wanted::Manifest { repository, target } => {
                url.set_path(&format!("/v2/{}/manifests/{target}", repository.path()));
            }
            Wanted::Config { repository, config } => {
                url.set_path(&format!("/v2/{}/blobs/{}", repository.path(), config.digest));
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
        if let Wanted::Manifest { .. } = self.wanted {
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
        headers
    }

    /// The token scope that it needs, as far as one can know without a challenge.
    pub(super) fn scope(&self) -> String {
        match self.wanted.repository() {
            Some(repository) => format!("repository:{}:pull", repository.path()),
            None => String::new(),
        }
    }
}

impl<'a> Wanted<'a> {
    pub(super) const fn repository(&self) -> Option<&'a Repository> {
        match *self {
            Self::Manifest { repository, .. }
            | Self::Config { repository, .. }
            | Self::Tags { repository, .. } => Some(repository),
            Self::Login => None,
        }
    }

    /// How many bytes an answer may have.
    pub(super) const fn cap(&self) -> u64 {
        match self {
            Self::Manifest { .. } => MANIFEST_CAP,
            Self::Config { config, .. } => config.size,
            Self::Tags { .. } => TAGS_CAP,
            Self::Login => LOGIN_CAP,
        }
    }

    /// As users know it: `nginx:1.25`, `team/app@sha256:…`, `nginx`.
    pub(super) fn reference(&self) -> String {
        match self {
            Self::Manifest { repository, target } => reference(repository, target),
            Self::Config { repository, config } => format!("{}@{}", repository.familiar(), config.digest),
            Self::Tags { repository, .. } => repository.familiar(),
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
