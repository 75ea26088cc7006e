//! Images: put, listed, described, whichever plane they came by.

use std::time::Duration;

use ecr_local::Clock;
use fixtures::images::{Content, DOCKER_MANIFEST, Image, OCI_INDEX, OCI_MANIFEST, sha256};
use serde_json::{Value, json};

use crate::stage::Stage;

fn put(manifest: &Content, tag: &str) -> Value {
    let text = String::from_utf8(manifest.bytes.to_vec()).unwrap();
    json!({"repositoryName": "app", "imageManifest": text, "imageTag": tag})
}

fn index(children: &[&Image]) -> Content {
    let entries: Vec<_> = children.iter().map(|child| child.manifest.entry("linux/amd64")).collect();
    Content::json(OCI_INDEX, &json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}))
}

#[tokio::test]
async fn an_image_put_by_a_call_is_pulled_over_the_data_plane() {
    let stage = Stage::start().await;
    let image = Image::oci("one");
    stage.done("CreateRepository", json!({"repositoryName": "app"})).await;
    let missing = stage.fails("PutImage", put(&image.manifest, "v1"), "LayersNotFoundException").await;
    assert!(missing.starts_with("Layers with digests '[sha256:"), "{missing}");
    for part in image.layers.iter().chain([&image.config]) {
        stage.push_blob("app", part.bytes.clone()).await;
    }
    let mut wrong = put(&image.manifest, "v1");
    wrong["imageDigest"] = sha256(b"x").into();
    stage.fails("PutImage", wrong, "ImageDigestDoesNotMatchException").await;
    let answer = stage.done("PutImage", put(&image.manifest, "v1")).await;
    assert_eq!(answer["image"]["imageId"], json!({"imageDigest": image.manifest.digest(), "imageTag": "v1"}));
    assert_eq!(answer["image"]["imageManifestMediaType"], OCI_MANIFEST);
    assert_eq!(stage.get("/v2/app/manifests/v1").await.expect(200).body, image.manifest.bytes);
    let known = stage.fails("PutImage", put(&image.manifest, "v1"), "ImageAlreadyExistsException").await;
    let digest = image.manifest.digest();
    assert_eq!(
        known,
        format!(
            "Image with digest '{digest}' and tag 'v1' already exists in the repository with name 'app' in the registry with id '000000000000'"
        )
    );
    stage.done("PutImage", put(&image.manifest, "v2")).await;
    for (manifest, tag) in [("no manifest", "v3"), ("{}", "v3"), ("{}", "no+tag")] {
        let put = put(&Content::of("", manifest), tag);
        stage.fails("PutImage", put, "InvalidParameterException").await;
    }
    let parent = index(&[&Image::oci("two")]);
    stage.fails("PutImage", put(&parent, "v3"), "ReferencedImagesNotFoundException").await;
}

#[tokio::test]
async fn an_image_pushed_over_the_data_plane_is_described() {
    let clock = Clock::default();
    let stage = Stage::with(|builder| builder.clock(clock.clone())).await;
    let (image, bare) = (Image::oci("one"), Image::docker("two"));
    let digest = stage.push("app", "v1", &image).await;
    clock.advance(Duration::from_secs(60));
    stage.push("app", &bare.manifest.digest(), &bare).await;
    stage.push("app", "latest", &image).await;
    clock.advance(Duration::from_secs(60));
    let parent = index(&[&image, &bare]);
    stage.put_manifest("app", "all", &parent).await.expect(201);
    let details = stage.done("DescribeImages", json!({"repositoryName": "app"})).await;
    let details = details["imageDetails"].as_array().unwrap();
    let size = |image: &Image| {
        image.layers.iter().chain([&image.config]).map(|part| part.bytes.len()).sum::<usize>()
    };
    assert_eq!(details[0]["imageDigest"], digest.as_str());
    assert_eq!(details[0]["imageTags"], json!(["latest", "v1"]));
    assert_eq!(details[0]["imageSizeInBytes"], size(&image));
    assert_eq!(details[0]["imageManifestMediaType"], OCI_MANIFEST);
    assert_eq!(details[0]["artifactMediaType"], "application/vnd.oci.image.config.v1+json");
    assert_eq!((details[1].get("imageTags"), details[0].get("lastRecordedPullTime")), (None, None));
    let pushed = |detail: &Value| detail["imagePushedAt"].as_i64().unwrap();
    assert!((60..65).contains(&(pushed(&details[1]) - pushed(&details[0]))), "{details:?}");
    assert_eq!(details[2]["imageSizeInBytes"], size(&image).max(size(&bare)));
    stage.get("/v2/app/manifests/v1").await.expect(200);
    let pulled = json!({"repositoryName": "app", "imageIds": [{"imageTag": "v1"}]});
    let pulled = stage.done("DescribeImages", pulled).await;
    assert!(pulled["imageDetails"][0]["lastRecordedPullTime"].as_i64().unwrap() > pushed(&details[0]));
}

#[tokio::test]
async fn one_unknown_image_refuses_the_description_of_all() {
    let stage = Stage::start().await;
    stage.push("app", "v1", &Image::oci("one")).await;
    let ask = |ids: Value| json!({"repositoryName": "app", "imageIds": ids});
    let message = stage
        .fails(
            "DescribeImages",
            ask(json!([{"imageTag": "v1"}, {"imageTag": "no"}])),
            "ImageNotFoundException",
        )
        .await;
    assert_eq!(
        message,
        "The image with imageId {imageDigest:'null', imageTag:'no'} does not exist within the repository with name 'app' in the registry with id '000000000000'"
    );
    stage.fails("DescribeImages", ask(json!([{}])), "InvalidParameterException").await;
    let mut paged = ask(json!([{"imageTag": "v1"}]));
    paged["maxResults"] = 5.into();
    stage.fails("DescribeImages", paged, "InvalidParameterException").await;
}

#[tokio::test]
async fn images_are_listed_by_tag_in_pages_of_any_size() {
    let stage = Stage::start().await;
    for (name, tags) in [("one", vec!["a", "b", "c"]), ("two", vec![]), ("three", vec!["d"])] {
        let image = Image::oci(name);
        stage.push("app", &image.manifest.digest(), &image).await;
        for tag in tags {
            stage.push("app", tag, &image).await;
        }
    }
    let all = async |operation: &str, member: &str, size: u32, filter: &str| {
        let (mut found, mut token) = (Vec::new(), Value::Null);
        loop {
            let input = json!({"repositoryName": "app", "maxResults": size, "nextToken": token, "filter": {"tagStatus": filter}});
            let page = stage.done(operation, input).await;
            assert!(page[member].as_array().unwrap().len() <= size as usize);
            found.extend(page[member].as_array().unwrap().clone());
            token = page["nextToken"].clone();
            if token.is_null() {
                return found;
            }
        }
    };
    let listed = all("ListImages", "imageIds", 1000, "ANY").await;
    let mut tags: Vec<_> = listed.iter().filter_map(|id| id["imageTag"].as_str()).collect();
    tags.sort_unstable();
    assert_eq!((tags, listed.len()), (vec!["a", "b", "c", "d"], 5));
    for size in 1..=5 {
        assert_eq!(all("ListImages", "imageIds", size, "ANY").await, listed, "{size}");
        assert_eq!(all("DescribeImages", "imageDetails", size, "ANY").await.len(), 3, "{size}");
        assert_eq!(all("ListImages", "imageIds", size, "TAGGED").await.len(), 4, "{size}");
        assert_eq!(all("DescribeImages", "imageDetails", size, "UNTAGGED").await.len(), 1, "{size}");
    }
    let archived = json!({"repositoryName": "app", "filter": {"imageStatus": "ARCHIVED"}});
    assert_eq!(stage.done("ListImages", archived).await, json!({"imageIds": []}));
    stage.fails("ListImages", json!({"repositoryName": "no"}), "RepositoryNotFoundException").await;
}

#[tokio::test]
async fn a_type_that_is_not_accepted_is_converted_by_tag_and_not_by_digest() {
    let stage = Stage::start().await;
    let image = Image::docker("one");
    let digest = stage.push("app", "v1", &image).await;
    let get = |id: Value, accepted: &str| json!({"repositoryName": "app", "imageIds": [id], "acceptedMediaTypes": [accepted]});
    let answer = stage.done("BatchGetImage", get(json!({"imageTag": "v1"}), OCI_MANIFEST)).await;
    let converted = &answer["images"][0];
    assert_eq!(converted["imageManifestMediaType"], OCI_MANIFEST);
    let text = converted["imageManifest"].as_str().unwrap();
    assert_eq!(converted["imageId"], json!({"imageDigest": sha256(text.as_bytes()), "imageTag": "v1"}));
    assert!(!text.contains("docker"), "{text}");
    for (id, accepted) in
        [(json!({"imageDigest": digest}), OCI_MANIFEST), (json!({"imageTag": "v1"}), DOCKER_MANIFEST)]
    {
        let answer = stage.done("BatchGetImage", get(id, accepted)).await;
        assert_eq!(
            answer["images"][0]["imageManifest"],
            String::from_utf8_lossy(&image.manifest.bytes).as_ref()
        );
    }
}
