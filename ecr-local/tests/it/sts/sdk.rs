//! The SDK for Python, which finds and uses credentials in its own ways.

use fixtures::tool::{Tool, pinned};
use serde_json::json;

use super::{
    stage::{OWN, closed},
    web_identity::Issuer,
};
use crate::stage::Stage;

const ROLE: &str = "arn:aws:iam::222222222222:role/ci/builder";

fn python(stage: &Stage) -> Tool {
    let endpoint = format!("http://{}", stage.host());
    let code = include_str!("roles.py");
    let python = Tool::new(pinned("python/bin/python")).args(["-c", code, &endpoint, ROLE, "222222222222"]);
    let python = python.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_DEFAULT_REGION", "us-east-1");
    python.env("AWS_ENDPOINT_URL_STS", &endpoint)
}

#[tokio::test(flavor = "multi_thread")]
async fn boto3_assumes_a_role_and_calls_every_service_with_it() {
    let stage = Stage::with(|builder| closed(builder).trust(ROLE, "111111111111")).await;
    let run = python(&stage).env("AWS_ACCESS_KEY_ID", OWN.id).env("AWS_SECRET_ACCESS_KEY", OWN.secret);
    let said = run.run().await.ok();
    assert_eq!(said.trim(), "done as arn:aws:sts::222222222222:assumed-role/builder/sdk");
}

#[tokio::test(flavor = "multi_thread")]
async fn boto3_gets_credentials_for_a_web_identity() {
    let issuer = Issuer::fresh();
    let stage = Stage::with(|builder| issuer.settings(ROLE)(builder)).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), issuer.token(&super::web_identity::claims())).unwrap();
    let run = python(&stage).env("AWS_ROLE_ARN", ROLE).env("AWS_ROLE_SESSION_NAME", "job-1");
    let said = run.env("AWS_WEB_IDENTITY_TOKEN_FILE", file.path().display().to_string()).run().await.ok();
    assert_eq!(said.trim(), "done as arn:aws:sts::222222222222:assumed-role/builder/job-1");
    let unknown = json!({"iss": "https://example.org", "sub": "x", "aud": "y", "exp": 4_000_000_000_u64});
    std::fs::write(file.path(), issuer.token(&unknown)).unwrap();
    let run = python(&stage).env("AWS_ROLE_ARN", ROLE);
    let said =
        run.env("AWS_WEB_IDENTITY_TOKEN_FILE", file.path().display().to_string()).run().await.refused();
    assert!(said.contains("InvalidIdentityToken"), "{said}");
}
