//! An element of the answer of `DELETE /images/{name}`.

use serde::Serialize;

#[derive(Serialize)]
pub(crate) enum RemovedImage {
    Untagged(String),
    Deleted(String),
}
