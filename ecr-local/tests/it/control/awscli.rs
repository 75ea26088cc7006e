//! AWS's command-line tool, as people and scripts use it.

use ecr_local::{Builder, Clock};
use fixtures::{
    images::Image,
    tool::{Ran, Tool, pinned},
};
use serde_json::Value;

use super::scans::SCAN;
use crate::stage::{Stage, read};

/// Somewhere nobody has business without the key of `aws`.
fn closed(builder: Builder) -> Builder {
    builder.access_key("AKID", "s3cret".into(), "123456789012")
}

async fn aws(stage: &Stage, secret: &str, arguments: &[&str]) -> Ran {
    let endpoint = format!("http://{}", stage.host());
    let python = Tool::new(pinned("python/bin/python")).args(["-m", "awscli", "--endpoint-url", &endpoint]);
    let python = python.args(arguments).env("AWS_ACCESS_KEY_ID", "AKID").env("AWS_SECRET_ACCESS_KEY", secret);
    let python = python.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    python.env("AWS_DEFAULT_REGION", "us-east-1").env("AWS_EC2_METADATA_DISABLED", "true").run().await
}

/// What a command of `aws ecr` prints.
async fn ecr(stage: &Stage, arguments: &[&str]) -> Value {
    let told = aws(stage, "s3cret", &[&["ecr"], arguments].concat()).await.ok();
    serde_json::from_str(&told).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_with_another_secret_is_told_so() {
    let stage = Stage::with(closed).await;
    let refused = aws(&stage, "wr0ng", &["ecr", "describe-repositories"]).await;
    assert_ne!(refused.status, Some(0));
    assert!(refused.stderr.contains("(InvalidSignatureException)"), "{}", refused.stderr);
    assert!(refused.stdout.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_passwords_it_prints_open_both_registries() {
    let stage = Stage::with(closed).await;
    for service in ["ecr", "ecr-public"] {
        let password = aws(&stage, "s3cret", &[service, "get-login-password"]).await.ok();
        let (request, closed) = match service {
            "ecr" => (stage.request("GET", "/v2/"), stage.request("GET", "/v2/")),
            _ => {
                let token = || stage.request("GET", "/token/?service=public.ecr.aws&scope=aws");
                (token().header("host", "public.ecr.aws"), token().header("host", "public.ecr.aws"))
            }
        };
        read(request.basic_auth("AWS", Some(password.trim()))).await.expect(200);
        read(closed.basic_auth("AWS", Some("wr0ng"))).await.expect(401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn repositories_and_images_are_made_listed_by_pages_scanned_and_deleted() {
    let clock = Clock::default();
    let stage = Stage::with(|builder| builder.clock(clock.clone()).scan_time(SCAN)).await;
    for name in ["team/app", "team/other", "third"] {
        let made = ecr(&stage, &["create-repository", "--repository-name", name]).await;
        assert_eq!(made["repository"]["repositoryName"], name);
    }
    let pages = ecr(&stage, &["describe-repositories", "--page-size", "1"]).await;
    assert_eq!(pages["repositories"].as_array().unwrap().len(), 3, "it reads all pages");
    let first = ecr(&stage, &["describe-repositories", "--max-items", "2"]).await;
    let next = first["NextToken"].as_str().unwrap();
    let rest = ecr(&stage, &["describe-repositories", "--starting-token", next]).await;
    assert_eq!(rest["repositories"][0]["repositoryName"], "third");

    let image = Image::oci("one");
    stage.push("team/app", "v1", &image).await;
    let repository = ["--repository-name", "team/app"];
    let manifest = String::from_utf8(image.manifest.bytes.to_vec()).unwrap();
    let put =
        [&["put-image"], &repository[..], &["--image-tag", "v2", "--image-manifest", &manifest]].concat();
    assert_eq!(ecr(&stage, &put).await["image"]["imageId"]["imageDigest"], image.manifest.digest());
    let described = ecr(&stage, &[&["describe-images"], &repository[..]].concat()).await;
    assert_eq!(described["imageDetails"][0]["imageTags"], serde_json::json!(["v1", "v2"]));

    let v1 = [&repository[..], &["--image-id", "imageTag=v1"]].concat();
    ecr(&stage, &[&["start-image-scan"], &v1[..]].concat()).await;
    clock.advance(SCAN);
    let wait = [&["ecr", "wait", "image-scan-complete"], &v1[..]].concat();
    aws(&stage, "s3cret", &wait).await.ok();

    let going = [&["batch-delete-image"], &repository[..], &["--image-ids", "imageTag=v2"]].concat();
    assert_eq!(ecr(&stage, &going).await["imageIds"][0]["imageTag"], "v2");
    let gone = [&["ecr", "describe-images"], &repository[..], &["--image-ids", "imageTag=v2"]].concat();
    let gone = aws(&stage, "s3cret", &gone).await;
    assert!(gone.stderr.contains("(ImageNotFoundException)"), "{}", gone.stderr);
}
