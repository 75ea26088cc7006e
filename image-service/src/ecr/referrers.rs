//! What refers to images: OCI 1.1's `subject`.

use aws_sdk_ecr::types::{ListImageReferrersFilter, SubjectIdentifier};
use imageservice_proto::ecr::v1;

use super::{
    calls::Calls,
    convert::referrers,
    operation::Operation,
    request::{page_size_to, page_token, place, refused, required},
};
use crate::error::{EcrReason, Result};

const OPERATION: &str = "ListImageReferrers";
/// The largest page that AWS gives of them.
pub(super) const LARGEST_PAGE: i32 = 50;
/// How many artifact types a filter may name.
const MOST_TYPES: usize = 5;

/// A page of them.
pub(super) async fn page(
    calls: &Calls,
    request: v1::ListImageReferrersRequest,
) -> Result<v1::ListImageReferrersResponse> {
    let place = place(request.registry)?;
    let name = required(OPERATION, "repository_name", request.repository_name)?;
    let subject = required(OPERATION, "subject_digest", request.subject_digest)?;
    let size = page_size_to(LARGEST_PAGE, OPERATION, request.page_size)?;
    let token = page_token(request.page_token);
    let filter = request.filter.map(filter).transpose()?;
    let unreadable = |error| refused(EcrReason::InvalidParameter, OPERATION, format!("{error}"));
    let subject = SubjectIdentifier::builder().image_digest(subject).build().map_err(unreadable)?;
    let id = calls.registry_id(&place).map(|id| id.to_string());
    let page = calls.ecr(Operation::ListImageReferrers, &place, |ecr| {
        let call = ecr.list_image_referrers().set_registry_id(id.clone()).repository_name(&name);
        let call = call.subject_id(subject.clone()).set_filter(filter.clone());
        call.set_max_results(size).set_next_token(token.clone()).send()
    });
    let page = page.await?;
    let found = page.referrers.unwrap_or_default();
    calls.count_images(Operation::ListImageReferrers, found.len());
    Ok(v1::ListImageReferrersResponse {
        referrers: found.into_iter().map(referrers::referrer).collect(),
        next_page_token: page.next_token.unwrap_or_default(),
    })
}

fn filter(wanted: v1::ReferrerFilter) -> Result<ListImageReferrersFilter> {
    if wanted.artifact_types.len() > MOST_TYPES {
        let message =
            format!("filter names {} artifact types; {MOST_TYPES} are possible", wanted.artifact_types.len());
        return Err(refused(EcrReason::InvalidParameter, OPERATION, message));
    }
    Ok(referrers::filter(wanted))
}
