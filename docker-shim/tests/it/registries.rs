//! What a registry says of a name, without a pull.

use crate::{
    canned::DIGEST,
    client::{ask, ask_with},
    stage::Stage,
};

#[tokio::test]
async fn what_a_registry_refuses_keeps_its_status() {
    let stage = Stage::new();
    for (reason, status) in [
        ("REFERENCE_INVALID", 400),
        ("CREDENTIALS_REJECTED", 401),
        ("DENIED", 403),
        ("MANIFEST_UNKNOWN", 404),
        ("DENIED_OR_NOT_FOUND", 404),
        ("RATE_LIMITED", 429),
        ("QUOTA_EXHAUSTED", 429),
        ("CREDENTIALS_REQUIRED", 500),
        ("REGISTRY_UNAVAILABLE", 500),
    ] {
        let reply = ask(&stage.socket(), &format!("GET /distribution/fail/{reason}/json")).await;
        assert_eq!((reply.status, reply.message()), (status, format!("text of {reason}")));
    }
}

#[tokio::test]
async fn platforms_are_listed_if_the_manifest_tells_them() {
    let stage = Stage::new();
    let oci = ask(&stage.socket(), "GET /v1.41/distribution/oci/json").await;
    assert_eq!(
        oci.body(),
        format!(
            "{{\"Descriptor\":{{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"{DIGEST}\",\"size\":526}},\"Platforms\":null}}\n"
        )
    );
    let index = ask(&stage.socket(), "GET /v1.41/distribution/index/json").await;
    assert_eq!((index.status, index.header("Content-Type")), (200, Some("application/json")));
    assert_eq!(
        index.body(),
        format!(
            "{{\"Descriptor\":{{\"mediaType\":\"application/vnd.docker.distribution.manifest.list.v2+json\",\"digest\":\"{DIGEST}\",\"size\":526}},\"Platforms\":[{{\"architecture\":\"amd64\",\"os\":\"linux\"}},{{\"architecture\":\"arm64\",\"os\":\"linux\",\"variant\":\"v8\"}}]}}\n"
        )
    );
}

#[tokio::test]
async fn the_name_and_the_credential_reach_the_service() {
    let stage = Stage::new();
    let auth = "X-Registry-Auth: eyJ1c2VybmFtZSI6ImFsaWNlIiwicGFzc3dvcmQiOiJzM2NyZXQifQ==";
    ask_with(&stage.socket(), "GET /distribution/127.0.0.1:5001%2Fpriv%2Fapp:v1/json", &[auth], b"").await;
    let looked_up = stage.canned.looked_up.lock().unwrap().pop().unwrap();
    assert_eq!(looked_up.reference, "127.0.0.1:5001/priv/app:v1");
    assert_eq!(looked_up.auth.unwrap().username, "alice");
}
