//! The operations, by name.

mod account_settings;
mod authorization;
mod backfills;
mod batch_delete;
mod batch_get;
mod exclusions;
mod image_id;
mod images;
mod layers;
mod lifecycle;
mod policies;
mod public;
mod pull_through;
mod put_image;
mod referrers;
mod replication;
mod repositories;
mod scanning;
mod scans;
mod settings;
mod signing;
mod storage_class;
mod tags;
mod templates;
mod uploads;

pub(crate) use public::ecr_public;

use serde_json::Value;

use super::{
    call::{Call, input},
    errors::Error,
};

/// Calls an operation of ECR with an input that was checked.
pub(crate) async fn ecr(call: &Call<'_>, operation: &str, value: Value) -> Result<Value, Error> {
    match operation {
        "BatchCheckLayerAvailability" => layers::check(call, input(value)?).await,
        "BatchDeleteImage" => batch_delete::run(call, input(value)?).await,
        "BatchGetImage" => batch_get::run(call, input(value)?).await,
        "BatchGetRepositoryScanningConfiguration" => scanning::batch_get(call, input(value)?).await,
        "CompleteLayerUpload" => uploads::complete(call, input(value)?).await,
        "CreatePullThroughCacheRule" => pull_through::create(call, input(value)?).await,
        "CreateRepository" => repositories::create(call, input(value)?).await,
        "CreateRepositoryCreationTemplate" => templates::create(call, input(value)?).await,
        "DeleteLifecyclePolicy" => lifecycle::delete(call, input(value)?).await,
        "DeletePullThroughCacheRule" => pull_through::delete(call, input(value)?).await,
        "DeleteRegistryPolicy" => settings::delete_policy(call).await,
        "DeleteRepository" => repositories::delete(call, input(value)?).await,
        "DeleteRepositoryCreationTemplate" => templates::delete(call, input(value)?).await,
        "DeleteRepositoryPolicy" => policies::delete(call, input(value)?).await,
        "DescribeImageReplicationStatus" => replication::status(call, input(value)?).await,
        "DeleteSigningConfiguration" => signing::delete(call).await,
        "DeregisterPullTimeUpdateExclusion" => exclusions::deregister(call, input(value)?).await,
        "DescribeImageScanFindings" => scans::describe(call, input(value)?).await,
        "DescribeImageSigningStatus" => signing::status(call, input(value)?).await,
        "DescribeImages" => images::describe(call, input(value)?).await,
        "DescribePullThroughCacheRules" => pull_through::describe(call, input(value)?).await,
        "DescribeRegistry" => replication::describe_registry(call).await,
        "DescribeReplicationBackfillResults" => backfills::results(call, input(value)?).await,
        "DescribeRepositories" => repositories::describe(call, input(value)?).await,
        "DescribeRepositoryCreationTemplates" => templates::describe(call, input(value)?).await,
        "GetAccountSetting" => account_settings::get(call, input(value)?).await,
        "GetAuthorizationToken" => authorization::token(call, &input(value)?),
        "GetDownloadUrlForLayer" => layers::download_url(call, input(value)?).await,
        "GetLifecyclePolicy" => lifecycle::get(call, input(value)?).await,
        "GetLifecyclePolicyPreview" => lifecycle::preview(call, input(value)?).await,
        "GetRegistryPolicy" => settings::get_policy(call).await,
        "GetRegistryScanningConfiguration" => scanning::get(call).await,
        "GetRepositoryPolicy" => policies::get(call, input(value)?).await,
        "GetSigningConfiguration" => signing::get(call).await,
        "InitiateLayerUpload" => uploads::initiate(call, input(value)?).await,
        "ListImageReferrers" => referrers::list(call, input(value)?).await,
        "ListImages" => images::list(call, input(value)?).await,
        "ListReplicationBackfills" => backfills::list(call, input(value)?).await,
        "ListPullTimeUpdateExclusions" => exclusions::list(call, input(value)?).await,
        "ListTagsForResource" => tags::list(call, input(value)?).await,
        "PutAccountSetting" => account_settings::put(call, input(value)?).await,
        "PutImage" => put_image::run(call, input(value)?).await,
        "PutImageScanningConfiguration" => repositories::set_scanning(call, input(value)?).await,
        "PutImageTagMutability" => repositories::set_mutability(call, input(value)?).await,
        "PutLifecyclePolicy" => lifecycle::put(call, input(value)?).await,
        "PutRegistryPolicy" => settings::put_policy(call, input(value)?).await,
        "PutReplicationConfiguration" => replication::put(call, input(value)?).await,
        "PutRegistryScanningConfiguration" => scanning::put(call, input(value)?).await,
        "PutSigningConfiguration" => signing::put(call, input(value)?).await,
        "RegisterPullTimeUpdateExclusion" => exclusions::register(call, input(value)?).await,
        "SetRepositoryPolicy" => policies::set(call, input(value)?).await,
        "StartImageScan" => scans::start(call, input(value)?).await,
        "StartLifecyclePolicyPreview" => lifecycle::start_preview(call, input(value)?).await,
        "StartReplicationBackfill" => backfills::start(call, input(value)?).await,
        "StopReplicationBackfill" => backfills::stop(call, input(value)?).await,
        "TagResource" => tags::tag(call, input(value)?).await,
        "UntagResource" => tags::untag(call, input(value)?).await,
        "UpdatePullThroughCacheRule" => pull_through::update(call, input(value)?).await,
        "UpdateRepositoryCreationTemplate" => templates::update(call, input(value)?).await,
        "UpdateImageStorageClass" => storage_class::update(call, input(value)?).await,
        "UploadLayerPart" => uploads::part(call, input(value)?).await,
        "ValidatePullThroughCacheRule" => pull_through::validate(call, input(value)?).await,
        other => Err(Error::Unsupported(other.to_owned())),
    }
}
