//! Referrers, as both planes list them.

use fixtures::images::{Image, sha256};
use serde_json::{Value, json};

use crate::stage::Stage;

async fn attach(stage: &Stage, name: &str, subject: &Image, artifact_type: &str) -> String {
    let descriptor = subject.manifest.descriptor();
    let referrer = Image::oci(name).with_manifest(|manifest| {
        manifest["subject"] = descriptor;
        manifest["artifactType"] = artifact_type.into();
        manifest["annotations"] = json!({"name": name});
    });
    stage.push("app", &referrer.manifest.digest(), &referrer).await
}

#[tokio::test]
async fn referrers_come_by_type_and_in_pages() {
    let stage = Stage::start().await;
    let subject = Image::oci("subject");
    stage.push("app", "v1", &subject).await;
    let signature = attach(&stage, "one", &subject, "test/signature").await;
    let mut all = [signature.clone(), attach(&stage, "two", &subject, "test/sbom").await];
    all.sort_unstable();
    let ask = |more: Value| {
        let mut input =
            json!({"repositoryName": "app", "subjectId": {"imageDigest": subject.manifest.digest()}});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let listed = stage.done("ListImageReferrers", ask(json!({"maxResults": 2}))).await;
    let digests: Vec<_> =
        listed["referrers"].as_array().unwrap().iter().map(|one| one["digest"].as_str().unwrap()).collect();
    assert_eq!((digests, listed.get("nextToken")), (all.iter().map(String::as_str).collect(), None));
    let first = stage.done("ListImageReferrers", ask(json!({"maxResults": 1}))).await;
    let second = stage.done("ListImageReferrers", ask(json!({"nextToken": first["nextToken"]}))).await;
    assert_eq!(
        (&first["referrers"][0]["digest"], &second["referrers"][0]["digest"]),
        (&json!(all[0]), &json!(all[1]))
    );
    let by_type =
        stage.done("ListImageReferrers", ask(json!({"filter": {"artifactTypes": ["test/signature"]}}))).await;
    let one = &by_type["referrers"][0];
    assert_eq!((&one["digest"], &one["artifactType"]), (&json!(signature), &json!("test/signature")));
    assert_eq!((&one["annotations"], &one["artifactStatus"]), (&json!({"name": "one"}), &json!("ACTIVE")));
    let described = json!({"repositoryName": "app", "imageIds": [{"imageDigest": signature}]});
    let described = stage.done("DescribeImages", described).await;
    assert_eq!(described["imageDetails"][0]["subjectManifestDigest"], subject.manifest.digest());
    let none = json!({"repositoryName": "app", "subjectId": {"imageDigest": sha256(b"none")}});
    assert_eq!(stage.done("ListImageReferrers", none).await, json!({"referrers": []}));
    let archived = ask(json!({"filter": {"artifactStatus": "ARCHIVED"}}));
    assert_eq!(stage.done("ListImageReferrers", archived).await, json!({"referrers": []}));
    stage.fails("ListImageReferrers", ask(json!({"maxResults": 51})), "InvalidParameterException").await;
    stage
        .fails(
            "ListImageReferrers",
            json!({"repositoryName": "app", "subjectId": {"imageDigest": "x"}}),
            "InvalidParameterException",
        )
        .await;
}
