//! What requests have in common, read and checked before AWS is asked.

use imageservice_proto::ecr::v1;

use super::place::Place;
use crate::error::{EcrError, EcrReason, Error, Result};

/// The largest page that AWS gives.
pub(super) const LARGEST_PAGE: i32 = 1000;
/// How many images a request may name.
const MOST_IMAGES: usize = 1000;
/// How many images one call of AWS may name.
pub(super) const BATCH: usize = 100;

/// A refusal of this service's own.
pub(super) fn refused(reason: EcrReason, operation: &'static str, message: impl Into<String>) -> Error {
    Box::new(EcrError::refused(reason, operation, message)).into()
}

fn invalid(operation: &'static str, message: String) -> Error {
    refused(EcrReason::InvalidParameter, operation, message)
}

/// Which registry is meant.
pub(super) fn place(registry: Option<v1::Registry>) -> Result<Place> {
    let v1::Registry { registry_id, region } = registry.unwrap_or_default();
    Place::parse(&registry_id, &region)
}

/// A text that must be there.
pub(super) fn required(operation: &'static str, field: &str, text: String) -> Result<String> {
    match text.is_empty() {
        true => Err(invalid(operation, format!("{field} is missing"))),
        false => Ok(text),
    }
}

/// How many elements a page shall have; nothing leaves it to AWS.
pub(super) fn page_size(operation: &'static str, size: i32) -> Result<Option<i32>> {
    page_size_to(LARGEST_PAGE, operation, size)
}

/// The same where AWS gives other pages.
pub(super) fn page_size_to(largest: i32, operation: &'static str, size: i32) -> Result<Option<i32>> {
    match size {
        0 => Ok(None),
        1.. => Ok(Some(size.min(largest))),
        _ => Err(invalid(operation, format!("page_size is {size}"))),
    }
}

/// Where a listing goes on; nothing means at its beginning.
pub(super) fn page_token(token: String) -> Option<String> {
    Some(token).filter(|token| !token.is_empty())
}

/// An image, named by a digest, a tag or both.
pub(super) fn image_id(
    operation: &'static str,
    id: Option<v1::ImageIdentifier>,
) -> Result<v1::ImageIdentifier> {
    let id = id.unwrap_or_default();
    match id.image_digest.is_empty() && id.image_tag.is_empty() {
        true => Err(invalid(operation, "image_id names neither a digest nor a tag".into())),
        false => Ok(id),
    }
}

/// Several images, at least one.
pub(super) fn image_ids(
    operation: &'static str,
    ids: Vec<v1::ImageIdentifier>,
) -> Result<Vec<v1::ImageIdentifier>> {
    if ids.is_empty() || ids.len() > MOST_IMAGES {
        let message = format!("image_ids names {} images; 1 to {MOST_IMAGES} are possible", ids.len());
        return Err(invalid(operation, message));
    }
    ids.into_iter().map(|id| image_id(operation, Some(id))).collect()
}

/// Named images are not listed by pages.
pub(super) fn no_pages(operation: &'static str, size: i32, token: &str, filtered: bool) -> Result<()> {
    match size == 0 && token.is_empty() && !filtered {
        true => Ok(()),
        false => Err(invalid(operation, "image_ids goes with neither pages nor a filter".into())),
    }
}
