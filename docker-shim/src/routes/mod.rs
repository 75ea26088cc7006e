//! One endpoint per file: parameters, one call of the image service, one answer.

pub(crate) mod absent;
pub(crate) mod auth;
pub(crate) mod container_create;
pub(crate) mod distribution;
pub(crate) mod events;
pub(crate) mod image_create;
pub(crate) mod image_history;
pub(crate) mod image_import;
pub(crate) mod image_inspect;
pub(crate) mod image_list;
pub(crate) mod image_load;
pub(crate) mod image_push;
pub(crate) mod image_remove;
pub(crate) mod image_save;
pub(crate) mod image_tag;
pub(crate) mod info;
pub(crate) mod ping;
pub(crate) mod version;

use http::request::Parts;

use crate::{api_version::ApiVersion, error::Failure, query::Query, request_body::RequestBody};

/// A request whose call is known.
pub(crate) struct Asked<'r> {
    pub(crate) head: &'r Parts,
    pub(crate) body: &'r mut RequestBody,
    pub(crate) version: ApiVersion,
}

impl Asked<'_> {
    pub(crate) fn query(&self) -> Result<Query<'_>, Failure> {
        Query::parse(self.head.uri.query())
    }
}
