//! One image as the list shows it.

use std::collections::BTreeMap;

use imageservice_proto::v1::ImageSummary;

use super::{CONTAINER_COUNT, NO_PLACEHOLDERS, NO_VIRTUAL_SIZE};
use crate::{api_version::ApiVersion, dto::image_list::ImageListItem};

/// What Docker writes for a number that it was not asked to find out.
const NOT_COUNTED: i64 = -1;

/// Renders an image. No layer is kept, so none is shared.
pub(crate) fn image_list_item(
    image: &ImageSummary,
    version: ApiVersion,
    shared_size: bool,
) -> ImageListItem<'_> {
    let nameless = image.repo_tags.is_empty() && image.repo_digests.is_empty();
    let names = |names, placeholder| names_of(names, nameless.then_some(placeholder), version);
    ImageListItem {
        containers: if version < CONTAINER_COUNT { NOT_COUNTED } else { 0 },
        created: image.created.as_ref().map_or(0, |created| created.seconds),
        id: &image.id,
        labels: labels(image),
        parent_id: "",
        repo_digests: names(&image.repo_digests, "<none>@<none>"),
        repo_tags: names(&image.repo_tags, "<none>:<none>"),
        shared_size: if shared_size { 0 } else { NOT_COUNTED },
        size: image.size,
        virtual_size: (version < NO_VIRTUAL_SIZE).then_some(image.size),
    }
}

fn names_of<'a>(
    names: &'a [String],
    placeholder: Option<&'a str>,
    version: ApiVersion,
) -> Option<Vec<&'a str>> {
    match placeholder {
        _ if version >= NO_PLACEHOLDERS || !names.is_empty() => {
            Some(names.iter().map(String::as_str).collect())
        }
        Some(placeholder) => Some(vec![placeholder]),
        None => None,
    }
}

fn labels(image: &ImageSummary) -> Option<BTreeMap<&str, &str>> {
    let labels = image.labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    (!image.labels.is_empty()).then(|| labels.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(image: &ImageSummary, version: &str) -> String {
        serde_json::to_string(&image_list_item(image, ApiVersion::parse(version), false)).unwrap()
    }

    fn image() -> ImageSummary {
        ImageSummary {
            id: "sha256:0185".to_owned(),
            created: Some(prost_types::Timestamp { seconds: 1_795_211_651, nanos: 5 }),
            size: 405_270,
            ..ImageSummary::default()
        }
    }

    #[test]
    fn an_image_without_names_has_placeholders_below_1_43() {
        assert_eq!(
            rendered(&image(), "1.41"),
            concat!(
                r#"{"Containers":-1,"Created":1795211651,"Id":"sha256:0185","Labels":null,"ParentId":"","RepoDigests":["<none>@<none>"],"#,
                r#""RepoTags":["<none>:<none>"],"SharedSize":-1,"Size":405270,"VirtualSize":405270}"#
            )
        );
        assert!(rendered(&image(), "1.43").contains(
            r#""RepoDigests":[],"RepoTags":[],"SharedSize":-1,"Size":405270,"VirtualSize":405270"#
        ));
    }

    #[test]
    fn one_empty_list_of_names_is_null_below_1_43() {
        let tagged = ImageSummary { repo_tags: vec!["busy:1".to_owned()], ..image() };
        assert!(rendered(&tagged, "1.42").contains(r#""RepoDigests":null,"RepoTags":["busy:1"]"#));
        assert!(rendered(&tagged, "1.43").contains(r#""RepoDigests":[],"RepoTags":["busy:1"]"#));
        let digested = ImageSummary { repo_digests: vec!["a@sha256:ee".to_owned()], ..image() };
        assert!(rendered(&digested, "1.41").contains(r#""RepoDigests":["a@sha256:ee"],"RepoTags":null"#));
    }

    #[test]
    fn the_newest_version_counts_containers_and_has_no_virtual_size() {
        assert_eq!(
            rendered(
                &ImageSummary {
                    created: None,
                    labels: [("b".into(), "<2>".into()), ("a".into(), "1".into())].into(),
                    ..image()
                },
                "1.51"
            ),
            concat!(
                r#"{"Containers":0,"Created":0,"Id":"sha256:0185","Labels":{"a":"1","b":"<2>"},"ParentId":"","#,
                r#""RepoDigests":[],"RepoTags":[],"SharedSize":-1,"Size":405270}"#
            )
        );
    }
}
