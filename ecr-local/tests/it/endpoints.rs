//! Paths and methods.

use crate::stage::Stage;

const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[tokio::test]
async fn a_path_that_is_no_endpoint_is_not_found() {
    let stage = Stage::start().await;
    for path in ["/", "/v1/", "/v2/app", "/v2/app/things/x", "/v2/tags/list", "/V2/"] {
        stage.get(path).await.refused(404, "UNSUPPORTED");
    }
}

#[tokio::test]
async fn a_name_that_breaks_the_grammar_is_invalid() {
    let stage = Stage::start().await;
    for path in ["/v2/App/tags/list", "/v2/a..b/tags/list", "/v2/a%2f%2e%2e/tags/list", "/v2//tags/list"] {
        stage.get(path).await.refused(400, "NAME_INVALID");
    }
}

#[tokio::test]
async fn a_method_that_an_endpoint_lacks_is_refused_with_those_that_it_has() {
    let stage = Stage::start().await;
    for (method, path, allowed) in [
        ("POST", "/v2/".to_owned(), "GET, HEAD"),
        ("DELETE", "/v2/_catalog".to_owned(), "GET, HEAD"),
        ("PUT", "/v2/app/tags/list".to_owned(), "GET, HEAD"),
        ("POST", "/v2/app/manifests/v1".to_owned(), "GET, HEAD, PUT, DELETE"),
        ("PUT", format!("/v2/app/blobs/{DIGEST}"), "GET, HEAD, DELETE"),
        ("GET", "/v2/app/blobs/uploads/".to_owned(), "POST"),
        ("POST", "/v2/app/blobs/uploads/x".to_owned(), "GET, HEAD, PATCH, PUT, DELETE"),
        ("DELETE", format!("/v2/app/referrers/{DIGEST}"), "GET, HEAD"),
    ] {
        let refused = stage.ask(method, &path).await.refused(405, "UNSUPPORTED");
        assert_eq!(refused.header("allow"), allowed, "{method} {path}");
    }
}

#[tokio::test]
async fn the_base_says_which_protocol_is_spoken() {
    let stage = Stage::start().await;
    for path in ["/v2", "/v2/"] {
        let reply = stage.get(path).await.expect(200);
        assert_eq!(
            (reply.header("docker-distribution-api-version"), &reply.body[..]),
            ("registry/2.0", &b"{}"[..])
        );
    }
    assert_eq!(stage.ask("HEAD", "/v2/").await.expect(200).header("content-length"), "2");
}

#[tokio::test]
async fn a_digest_may_come_escaped() {
    let stage = Stage::start().await;
    let digest = stage.push_blob("team/app", "content").await;
    let escaped = digest.replace(':', "%3A");
    assert_eq!(&stage.get(&format!("/v2/team/app/blobs/{escaped}")).await.expect(200).body[..], b"content");
    for broken in
        [format!("{escaped}%"), format!("{escaped}%2"), format!("{escaped}%zz"), format!("{escaped}%26")]
    {
        stage.get(&format!("/v2/team/app/blobs/{broken}")).await.refused(400, "DIGEST_INVALID");
    }
}
