//! Manifests that name another one as their subject.

use fixtures::images::{Content, Image, OCI_INDEX, OCI_MANIFEST, sha256};
use serde_json::{Value, json};

use crate::stage::{Reply, Stage};

const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// Pushes an artifact without an artifact type of its own if `kind` is empty.
async fn attach(stage: &Stage, subject: &Content, kind: &str, note: &str) -> (Reply, Content) {
    stage.push_blob("app", "{}").await;
    let config = json!({ "mediaType": EMPTY, "digest": sha256(b"{}"), "size": 2 });
    let mut manifest = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [],
        "subject": subject.descriptor(), "annotations": { "note": note },
    });
    if !kind.is_empty() {
        manifest["artifactType"] = kind.into();
    }
    let manifest = Content::json(OCI_MANIFEST, &manifest);
    (stage.put_manifest("app", &manifest.digest(), &manifest).await.expect(201), manifest)
}

async fn list(stage: &Stage, subject: &Content, query: &str) -> Reply {
    stage.get(&format!("/v2/app/referrers/{}{query}", subject.digest())).await.expect(200)
}

#[tokio::test]
async fn a_subject_that_is_none_is_refused_and_one_that_is_unknown_has_no_referrers() {
    let stage = Stage::start().await;
    stage.get("/v2/app/referrers/v1").await.refused(400, "DIGEST_INVALID");
    let digest = sha256(b"nowhere");
    let empty = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [] });
    assert_eq!(stage.get(&format!("/v2/none/referrers/{digest}")).await.expect(200).json(), empty);
    stage.push_blob("app", "x").await;
    let reply = stage.get(&format!("/v2/app/referrers/{digest}")).await.expect(200);
    assert_eq!((reply.header("content-type"), reply.json()), (OCI_INDEX, empty));
}

#[tokio::test]
async fn referrers_are_listed_with_type_and_annotations_even_before_their_subject_is_there() {
    let stage = Stage::start().await;
    let subject = Image::oci("subject").manifest;
    let (reply, manifest) = attach(&stage, &subject, "application/x.sbom", "one").await;
    assert_eq!(reply.header("oci-subject"), subject.digest());
    let mut descriptor = manifest.descriptor();
    descriptor["artifactType"] = "application/x.sbom".into();
    descriptor["annotations"] = json!({ "note": "one" });
    assert_eq!(list(&stage, &subject, "").await.json()["manifests"], json!([descriptor]));
}

#[tokio::test]
async fn the_config_s_type_stands_in_for_a_missing_artifact_type() {
    let stage = Stage::start().await;
    let subject = Image::oci("subject").manifest;
    attach(&stage, &subject, "", "one").await;
    assert_eq!(list(&stage, &subject, "").await.json()["manifests"][0]["artifactType"], EMPTY);
}

#[tokio::test]
async fn referrers_are_filtered_by_type_and_the_answer_says_so() {
    let stage = Stage::start().await;
    let subject = Image::oci("subject").manifest;
    for (kind, note) in
        [("application/x.sbom", "1"), ("application/x.sbom", "2"), ("application/x.sig+json", "3")]
    {
        attach(&stage, &subject, kind, note).await;
    }
    assert_eq!(list(&stage, &subject, "").await.header("oci-filters-applied"), "");
    for (query, count) in [("x.sbom", 2), ("x.sig%2Bjson", 1), ("x.none", 0)] {
        let reply = list(&stage, &subject, &format!("?artifactType=application%2F{query}")).await;
        assert_eq!(reply.header("oci-filters-applied"), "artifactType");
        assert_eq!(reply.json()["manifests"].as_array().unwrap().len(), count, "{query}");
    }
}

#[tokio::test]
async fn a_referrer_that_was_deleted_is_not_listed() {
    let stage = Stage::start().await;
    let subject = Image::oci("subject").manifest;
    let (_, manifest) = attach(&stage, &subject, "application/x.sbom", "one").await;
    stage.ask("DELETE", &format!("/v2/app/manifests/{}", manifest.digest())).await.expect(202);
    assert_eq!(list(&stage, &subject, "").await.json()["manifests"], json!([]));
}

/// Clients read four mebibytes at least, and need not read more.
#[tokio::test]
async fn a_list_that_grows_large_comes_in_pages() {
    let stage = Stage::start().await;
    let subject = Image::oci("subject").manifest;
    let long = "x".repeat(400 * 1024);
    let mut attached = Vec::new();
    for number in 0..5 {
        let (_, manifest) = attach(&stage, &subject, "application/x.sbom", &format!("{number}{long}")).await;
        attached.push(Value::from(manifest.digest()));
    }
    let mut next = format!("/v2/app/referrers/{}?artifactType=application%2Fx.sbom", subject.digest());
    let (mut listed, mut pages) = (Vec::new(), 0);
    while !next.is_empty() {
        let reply = stage.get(&next).await.expect(200);
        assert!(reply.body.len() < 4 * 1024 * 1024 && reply.header("oci-filters-applied") == "artifactType");
        listed.extend(
            reply.json()["manifests"].as_array().unwrap().iter().map(|entry| entry["digest"].clone()),
        );
        let link =
            reply.header("link").strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\""));
        next = link.unwrap_or_default().to_owned();
        pages += 1;
    }
    listed.sort_by_key(Value::to_string);
    attached.sort_by_key(Value::to_string);
    assert!(listed == attached && pages > 1, "{pages}");
}
