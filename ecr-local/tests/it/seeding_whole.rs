//! A whole state as a document: nothing of it is lost on the way.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ecr_local::AdminAccess;
use fixtures::images::{Image, OCI_INDEX, index, sha256};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

use crate::stage::{Stage, read};

/// What no client of a test could have made happen by now.
const PAST: &str = include_str!("seeding_whole.sql");

/// A registry that has something of everything.
async fn full() -> Stage {
    let stage = empty().await;
    let image = Image::oci("one");
    stage.push("app", "v1", &image).await;
    let all = index(OCI_INDEX, &[image.manifest.entry("linux/amd64")]);
    stage.put_manifest("app", "all", &all).await.expect(201);
    let arn = "arn:aws:ecr:us-east-1:000000000000:repository/app";
    stage.done("TagResource", json!({"resourceArn": arn, "tags": [{"Key": "team", "Value": "a"}]})).await;
    stage.done("PutRegistryPolicy", json!({"policyText": r#"{"Statement":[]}"#})).await;
    let begun = stage.done("InitiateLayerUpload", json!({"repositoryName": "app"})).await;
    let part = json!({
        "repositoryName": "app", "uploadId": begun["uploadId"], "partFirstByte": 0, "partLastByte": 3,
        "layerPartBlob": BASE64_STANDARD.encode("half"),
    });
    stage.done("UploadLayerPart", part).await;
    let public = json!({"repositoryName": "open"}).to_string();
    stage.send_call("SpencerFrontendService.CreateRepository", &public).await.expect(200);
    stage.meddle(PAST).await;
    stage
}

async fn empty() -> Stage {
    Stage::with(|builder| builder.admin(Some(AdminAccess::Local))).await
}

/// All rows of all tables.
async fn rows(stage: &Stage) -> BTreeMap<String, Vec<String>> {
    let url = format!("sqlite://{}", stage.data_dir().join("state.sqlite").display());
    let mut database = SqliteConnection::connect(&url).await.unwrap();
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' \
         AND name <> '_sqlx_migrations'";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut database).await.unwrap();
    let mut all = BTreeMap::new();
    for table in tables {
        let columns = "SELECT name FROM pragma_table_info($1)";
        let columns: Vec<String> =
            sqlx::query_scalar(columns).bind(&table).fetch_all(&mut database).await.unwrap();
        let shown: Vec<_> = columns.iter().map(|name| format!("'{name} ' || quote({name})")).collect();
        let select = format!("SELECT {} AS shown FROM {table} ORDER BY shown", shown.join(" || ' ' || "));
        all.insert(table, sqlx::query_scalar(AssertSqlSafe(select)).fetch_all(&mut database).await.unwrap());
    }
    all
}

async fn told(stage: &Stage) -> Value {
    stage.get("/_ecr-local/state").await.expect(200).json()
}

async fn import(stage: &Stage, state: &Value) {
    read(stage.request("POST", "/_ecr-local/state").body(state.to_string())).await.expect(204);
}

#[tokio::test]
async fn every_row_of_every_table_comes_to_be_in_another_registry() {
    let (one, two) = (full().await, empty().await);
    let here = rows(&one).await;
    let without: Vec<_> = here.iter().filter(|(_, rows)| rows.is_empty()).map(|(table, _)| table).collect();
    assert!(without.is_empty(), "this test has nothing in {without:?}");
    let state = told(&one).await;
    for _ in ["once", "again"] {
        import(&two, &state).await;
        let there = rows(&two).await;
        for (table, rows) in &here {
            assert_eq!(&there[table], rows, "{table}");
        }
        assert_eq!(told(&two).await, state);
    }
    let app = state["repositories"].as_array().unwrap().iter().find(|one| one["name"] == "app").unwrap();
    let id = &app["uploads"][0]["id"];
    let complete = json!({"repositoryName": "app", "uploadId": id, "layerDigests": [sha256(b"half")]});
    two.done("CompleteLayerUpload", complete).await;
}

#[tokio::test]
async fn rows_that_could_not_be_are_refused_with_their_place() {
    let stage = empty().await;
    let scan = json!({"manifest": sha256(b"none"), "kind": "BASIC", "started": 1, "ends": 2});
    let alias = |account: &str| json!({"alias": "a", "account": account, "is_default": 0});
    for (is_of_registry, rows, why) in [
        (true, json!({"manifests": []}), "manifests: no rows of this name"),
        (true, json!({"scans": []}), "scans: no rows of this name"),
        (true, json!({"tasks": [7]}), "tasks 1: row: it is no object"),
        (
            true,
            json!({"public_aliases": [alias("000000000000"), alias("1")]}),
            "public_aliases 2: row: account is",
        ),
        (
            true,
            json!({"public_aliases": [{"alias": "a", "account": "000000000000"}]}),
            "is_default is missing",
        ),
        (true, json!({"public_aliases": [{"colour": "red"}]}), "there is no colour"),
        (false, json!({"scans": [scan]}), "a: scans 1: row: it refers to what is not there"),
        (
            false,
            json!({"upstream_tags": [{"tag": "v1", "asked": "now"}]}),
            "asked is missing, or cannot be so",
        ),
        (false, json!({"scans": [{"manifest": "sha256:x"}]}), "manifest is missing, or cannot be so"),
    ] {
        let state = match is_of_registry {
            true => json!({"version": 1, "rows": rows}),
            false => json!({"version": 1, "repositories": [{"name": "a", "rows": rows}]}),
        };
        let reply =
            read(stage.request("POST", "/_ecr-local/state").body(state.to_string())).await.expect(400);
        let error = reply.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(why), "{error}");
    }
}

#[tokio::test]
async fn a_document_sets_nothing_off() {
    let (one, two) = (empty().await, empty().await);
    let settings = json!({"repositoryName": "app", "imageScanningConfiguration": {"scanOnPush": true}});
    one.done("CreateRepository", settings).await;
    one.push("app", "v1", &Image::oci("one")).await;
    let rule = json!({"rules": [{"destinations": [{"region": "eu-west-1", "registryId": "000000000000"}]}]});
    one.done("PutReplicationConfiguration", json!({"replicationConfiguration": rule})).await;
    let mut state = told(&one).await;
    state["repositories"][0]["rows"] = json!({});
    import(&two, &state).await;
    let image = json!({"repositoryName": "app", "imageId": {"imageTag": "v1"}});
    two.fails("DescribeImageScanFindings", image.clone(), "ScanNotFoundException").await;
    assert_eq!(two.done("DescribeImageReplicationStatus", image).await["replicationStatuses"], json!([]));
}
