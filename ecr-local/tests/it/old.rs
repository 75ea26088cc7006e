//! Data folders of older versions, kept as the statements that make their databases: they open with all that they hold.

use std::path::Path;

use ecr_local::EcrLocal;
use fixtures::images::sha256;
use serde_json::{Value, json};
use sqlx::Connection;

use crate::stage::{Stage, blob_file, read};

const UPLOAD: &str = "0f0e0d0c-0b0a-4908-8706-050403020100";
const CONFIG: &str = include_str!("old/config.json");
const LAYER: &str = include_str!("old/layer.txt");
const VERSIONS: [(u32, &str); 2] = [(1, include_str!("old/0001.sql")), (3, include_str!("old/0003.sql"))];

/// A data folder as that version left it.
async fn make(folder: &Path, database: &'static str) {
    std::fs::create_dir_all(folder.join("uploads")).unwrap();
    for content in [CONFIG, LAYER] {
        let file = blob_file(folder, &sha256(content.as_bytes()));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
    }
    std::fs::write(folder.join("uploads").join(format!("1_{UPLOAD}")), "half").unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.join("state.sqlite").display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(database).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn opened(version: u32) -> Stage {
    let (_, database) = VERSIONS.into_iter().find(|(number, _)| *number == version).unwrap();
    let mut stage = Stage::start().await;
    stage.replace_folder(async |folder| make(folder, database).await).await;
    stage
}

#[tokio::test]
async fn a_folder_of_a_newer_version_is_refused_and_nothing_in_it_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path(), VERSIONS[1].1).await;
    let url = format!("sqlite://{}", dir.path().join("state.sqlite").display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let newer =
        "INSERT INTO _sqlx_migrations VALUES (9999, 'of tomorrow', '2030-01-01 00:00:00', 1, x'00', 1)";
    sqlx::query(newer).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let error = EcrLocal::builder(dir.path()).start().await.unwrap_err();
    assert!(error.to_string().contains("9999"), "{error}");
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let tags: i64 = sqlx::query_scalar("SELECT count(*) FROM tags").fetch_one(&mut connection).await.unwrap();
    assert_eq!(tags, 2);
}

#[tokio::test]
async fn images_are_pulled_and_uploads_go_on() {
    for (version, _) in VERSIONS {
        let stage = opened(version).await;
        let index = stage.get("/v2/team/app/manifests/latest").await.expect(200);
        let child = index.json()["manifests"][0]["digest"].as_str().unwrap().to_owned();
        let by_tag = stage.get("/v2/team/app/manifests/v1").await.expect(200);
        assert_eq!(by_tag.header("docker-content-digest"), child);
        assert_eq!(sha256(&by_tag.body), child);
        for (part, content) in [(&by_tag.json()["config"], CONFIG), (&by_tag.json()["layers"][0], LAYER)] {
            let blob = format!("/v2/team/app/blobs/{}", part["digest"].as_str().unwrap());
            assert_eq!(stage.get(&blob).await.expect(200).body, content.as_bytes());
        }
        let upload = format!("/v2/team/app/blobs/uploads/{UPLOAD}");
        assert_eq!(stage.get(&upload).await.expect(204).header("range"), "0-3");
        let put = stage.request("PUT", &format!("{upload}?digest={}", sha256(b"half and half")));
        read(put.body(" and half")).await.expect(201);
    }
}

#[tokio::test]
async fn settings_are_kept_and_those_that_did_not_exist_are_the_usual_ones() {
    for (version, mutability, scan, size) in [(1, "MUTABLE", false, 105), (3, "IMMUTABLE", true, 105)] {
        let stage = opened(version).await;
        let described = stage.done("DescribeRepositories", json!({})).await["repositories"][0].clone();
        assert_eq!(
            (&described["createdAt"], &described["imageTagMutability"]),
            (&json!(1_700_000_000), &json!(mutability))
        );
        assert_eq!(described["imageScanningConfiguration"]["scanOnPush"], scan);
        let name = json!({ "repositoryName": "team/app" });
        let images = stage.done("DescribeImages", name.clone()).await["imageDetails"].clone();
        let of = |tag: &str| {
            images.as_array().unwrap().iter().find(|image| image["imageTags"] == json!([tag])).cloned()
        };
        let image = of("v1").unwrap();
        assert_eq!(
            (&image["imageSizeInBytes"], &image["imagePushedAt"]),
            (&json!(size), &json!(1_700_000_000))
        );
        assert_eq!(of("latest").unwrap()["imageSizeInBytes"], size);
        let asked = [
            ("GetRepositoryPolicy", name.clone()),
            ("GetLifecyclePolicy", name.clone()),
            ("GetRegistryPolicy", json!({})),
        ];
        for (operation, input) in asked {
            let status = if version == 1 { 400 } else { 200 };
            stage.call(operation, input).await.expect(status);
        }
        let tags =
            stage.done("ListTagsForResource", json!({ "resourceArn": described["repositoryArn"] })).await;
        let expected: Value = if version == 1 { json!([]) } else { json!([{ "Key": "team", "Value": "a" }]) };
        assert_eq!(tags["tags"], expected);
    }
}
