//! The operations of ECR Public, by name. Most are those of ECR: a public registry is a registry.

mod authorization;
mod catalog;
mod image_tags;
mod registries;

pub(super) use catalog::CatalogInput;

use serde_json::Value;

use super::{batch_delete, images, layers, policies, put_image, repositories, tags, uploads};
use crate::control::{
    call::{Call, input},
    errors::Error,
};

/// Calls an operation with an input that was checked.
pub(crate) async fn ecr_public(call: &Call<'_>, operation: &str, value: Value) -> Result<Value, Error> {
    match operation {
        "BatchCheckLayerAvailability" => layers::check(call, input(value)?).await,
        "BatchDeleteImage" => batch_delete::run(call, input(value)?).await.map_err(in_no_registry),
        "CompleteLayerUpload" => uploads::complete(call, input(value)?).await,
        "CreateRepository" => repositories::create(call, input(value)?).await,
        "DeleteRepository" => repositories::delete(call, input(value)?).await,
        "DeleteRepositoryPolicy" => policies::delete(call, input(value)?).await,
        "DescribeImageTags" => image_tags::describe(call, input(value)?).await,
        "DescribeImages" => images::describe(call, input(value)?).await,
        "DescribeRegistries" => registries::describe(call, &input(value)?).await,
        "DescribeRepositories" => repositories::describe(call, input(value)?).await,
        "GetAuthorizationToken" => authorization::token(call),
        "GetRegistryCatalogData" => registries::catalog(call).await,
        "GetRepositoryCatalogData" => catalog::get(call, input(value)?).await,
        "GetRepositoryPolicy" => policies::get(call, input(value)?).await,
        "InitiateLayerUpload" => uploads::initiate(call, input(value)?).await,
        "ListTagsForResource" => tags::list(call, input(value)?).await,
        "PutImage" => put_image::run(call, input(value)?).await,
        "PutRegistryCatalogData" => registries::set_catalog(call, input(value)?).await,
        "PutRepositoryCatalogData" => catalog::set(call, input(value)?).await,
        "SetRepositoryPolicy" => policies::set(call, input(value)?).await,
        "TagResource" => tags::tag(call, input(value)?).await,
        "UntagResource" => tags::untag(call, input(value)?).await,
        "UploadLayerPart" => uploads::part(call, input(value)?).await,
        _ => Err(Error::UnknownOperation),
    }
}

/// Unlike the others that know aliases, BatchDeleteImage has no error for one that nobody has.
fn in_no_registry(error: Error) -> Error {
    match error {
        Error::RegistryNotFound(place) => Error::RepositoryNotFound(place),
        error => error,
    }
}
