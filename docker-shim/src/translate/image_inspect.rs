//! One image as inspect shows it, from the config's raw bytes.
//!
//! Invariant: a config that cannot be read gives an answer with empty members, not an error.

use imageservice_proto::v1::Image;

use super::{
    NO_CONTAINER, NO_VIRTUAL_SIZE,
    container_config::container_config,
    json::{self, Json},
};
use crate::{
    api_version::ApiVersion,
    dto::image_inspect::{GraphDriver, ImageInspect, Metadata, RootFs},
    engine, timestamp,
};

/// The config of an image, as far as it is JSON.
pub(crate) fn config_of(image: &Image) -> Json<'_> {
    serde_json::from_slice(&image.config).unwrap_or_default()
}

/// Renders an image and its config.
pub(crate) fn image_inspect<'a>(
    image: &'a Image,
    config: &'a Json<'a>,
    version: ApiVersion,
) -> ImageInspect<'a> {
    let with_container = version < NO_CONTAINER;
    let container_config = |key| container_config(json::member(config, key), version);
    ImageInspect {
        id: &image.id,
        repo_tags: &image.repo_tags,
        repo_digests: &image.repo_digests,
        parent: "",
        comment: comment(config),
        created: created(config, version),
        container: with_container.then(|| json::text(config, "container")),
        container_config: with_container.then(|| container_config("container_config")),
        docker_version: json::text(config, "docker_version"),
        author: json::text(config, "author"),
        config: container_config("config"),
        architecture: json::text(config, "architecture"),
        variant: json::text(config, "variant"),
        os: json::text(config, "os"),
        os_version: json::text(config, "os.version"),
        size: image.size,
        virtual_size: (version < NO_VIRTUAL_SIZE).then_some(image.size),
        graph_driver: GraphDriver { data: None, name: engine::STORAGE },
        root_fs: root_fs(json::member(config, "rootfs")),
        metadata: Metadata { last_tag_time: timestamp::format(image.last_tagged.as_ref()) },
    }
}

/// A number for every set of API versions whose answers are alike.
pub(crate) fn format_of(version: ApiVersion) -> u8 {
    let steps = [NO_VIRTUAL_SIZE, NO_CONTAINER, super::LEAN_CONFIG];
    steps.iter().map(|step| u8::from(version >= *step)).sum()
}

/// Builders leave the image's comment empty and comment on the last step.
fn comment<'a>(config: &'a Json<'a>) -> &'a str {
    match json::text(config, "comment") {
        "" => {
            let steps = json::list(config, "history").unwrap_or_default();
            steps.last().map_or("", |step| json::text(step, "comment"))
        }
        comment => comment,
    }
}

fn created(config: &Json<'_>, version: ApiVersion) -> Option<String> {
    let created = timestamp::reformat(json::text(config, "created"));
    if version < NO_VIRTUAL_SIZE { created.or_else(|| Some(timestamp::ZERO.to_owned())) } else { created }
}

fn root_fs<'a>(rootfs: &'a Json<'a>) -> RootFs<'a> {
    let kind = match json::text(rootfs, "type") {
        "" => "layers",
        kind => kind,
    };
    RootFs { kind, layers: json::texts(rootfs, "diff_ids").unwrap_or_default() }
}

#[cfg(test)]
#[path = "image_inspect_tests.rs"]
mod tests;
