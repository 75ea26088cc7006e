//! Headers and framing, byte for byte as dockerd's.

use crate::{
    canned::image,
    client::{ask, ask_with},
    stage::Stage,
};

fn names(reply: &crate::client::Reply) -> Vec<&str> {
    let mut names: Vec<&str> = reply.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.retain(|name| *name != "Connection");
    names.sort_unstable();
    names
}

#[tokio::test]
async fn ping_answers_with_every_header_that_clients_negotiate_by() {
    let stage = Stage::new();
    for line in ["GET /_ping", "GET /v1.44/_ping"] {
        let reply = ask(&stage.socket(), line).await;
        assert_eq!((reply.status, reply.body().as_str()), (200, "OK"));
        assert_eq!(reply.header("Api-Version"), Some("1.51"));
        assert_eq!(reply.header("Docker-Experimental"), Some("false"));
        assert_eq!(reply.header("Ostype"), Some("linux"));
        assert_eq!(reply.header("Server"), Some("Docker/28.5.2 (linux)"));
        assert_eq!(reply.header("Content-Type"), Some("text/plain; charset=utf-8"));
        assert_eq!(reply.header("Content-Length"), Some("2"));
        assert_eq!(reply.header("Cache-Control"), Some("no-cache, no-store, must-revalidate"));
        assert_eq!(reply.header("Pragma"), Some("no-cache"));
        assert_eq!(reply.header("Swarm"), Some("inactive"));
        assert!(reply.header("Date").is_some());
    }
}

#[tokio::test]
async fn head_of_ping_has_no_body_and_says_so() {
    let stage = Stage::new();
    let reply = ask(&stage.socket(), "HEAD /_ping").await;
    assert_eq!((reply.status, reply.body().as_str()), (200, ""));
    assert_eq!(reply.header("Content-Length"), Some("0"));
    assert_eq!(reply.header("Api-Version"), Some("1.51"));
}

#[tokio::test]
async fn short_json_has_a_length_and_long_json_is_one_chunk() {
    let stage = Stage::new();
    let long = format!(r#"{{"config":{{"Labels":{{"a":"{}"}}}}}}"#, "<>&".repeat(700));
    stage.canned.put("short", "1", image("{}"));
    stage.canned.put("long", "1", image(&long));

    let short = ask(&stage.socket(), "GET /images/short/json").await;
    assert_eq!(short.header("Content-Type"), Some("application/json"));
    assert_eq!(short.header("Content-Length"), Some(short.body().len().to_string().as_str()));
    assert!(short.body().ends_with("}\n") && short.body().len() <= 2048);

    let long = ask(&stage.socket(), "GET /images/long/json").await;
    assert_eq!(long.header("Transfer-Encoding"), Some("chunked"));
    assert_eq!((long.header("Content-Length"), long.chunks.len()), (None, 1));
    assert!(long.body().ends_with("}\n") && long.body().contains("<>&<>&"));
}

#[tokio::test]
async fn an_unknown_path_has_none_of_dockers_headers() {
    let stage = Stage::new();
    for line in ["GET /v1.41/nope", "PUT /v1.41/images/json", "GET /images/json/", "DELETE /images"] {
        let reply = ask(&stage.socket(), line).await;
        assert_eq!(
            (reply.status, reply.body().as_str()),
            (404, "{\"message\":\"page not found\"}\n"),
            "{line}"
        );
        assert_eq!(names(&reply), ["Content-Length", "Content-Type", "Date"]);
    }
    let head = ask(&stage.socket(), "HEAD /v1.41/images/min:1/json").await;
    assert_eq!((head.status, head.header("Content-Length"), head.body().as_str()), (404, Some("29"), ""));
}

#[tokio::test]
async fn a_version_outside_the_range_is_told_what_is_in_it() {
    let stage = Stage::new();
    let new = ask(&stage.socket(), "GET /v1.99/version").await;
    assert_eq!(new.status, 400);
    assert_eq!(new.message(), "client version 1.99 is too new. Maximum supported API version is 1.51");
    assert_eq!(names(&new), ["Api-Version", "Content-Length", "Content-Type", "Date", "Ostype", "Server"]);

    let old = ask(&stage.socket(), "GET /v1.11/version").await;
    assert_eq!((old.status, old.header("Content-Type")), (400, Some("text/plain; charset=utf-8")));
    assert_eq!(
        old.body(),
        "client version 1.11 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version\n"
    );
    assert_eq!(old.header("X-Content-Type-Options"), Some("nosniff"));
}

#[tokio::test]
async fn double_slashes_are_moved_without_a_body() {
    let stage = Stage::new();
    let reply = ask(&stage.socket(), "GET //v1.41/images/json?all=1").await;
    assert_eq!((reply.status, reply.header("Location")), (301, Some("/v1.41/images/json?all=1")));
    assert_eq!((reply.header("Content-Length"), reply.header("Api-Version")), (Some("0"), None));
}

#[tokio::test]
async fn options_are_empty_and_fine() {
    let stage = Stage::new();
    let reply = ask(&stage.socket(), "OPTIONS /v1.41/images/json").await;
    assert_eq!((reply.status, reply.header("Content-Length")), (200, Some("0")));
    assert_eq!((reply.header("Api-Version"), reply.header("Content-Type")), (Some("1.51"), None));
}

#[tokio::test]
async fn a_tag_is_created_without_a_word() {
    let stage = Stage::new();
    let reply = ask_with(&stage.socket(), "POST /v1.44/images/a:1/tag?repo=b&tag=2", &[], b"{}").await;
    assert_eq!((reply.status, reply.body().as_str()), (201, ""));
    assert_eq!((reply.header("Content-Length"), reply.header("Content-Type")), (Some("0"), None));
}

#[tokio::test]
async fn lists_and_removals_keep_their_order() {
    let stage = Stage::new();
    let list = ask(&stage.socket(), "GET /v1.51/images/json").await;
    let item = r#"{"Containers":0,"Created":0,"Id":"sha256:aa","Labels":null,"ParentId":"","RepoDigests":[],"RepoTags":[],"SharedSize":-1,"Size":7}"#;
    assert_eq!(list.body(), format!("[{item},{item}]\n"));
    let removed = ask(&stage.socket(), "DELETE /v1.51/images/a:1?force=1").await;
    assert_eq!(removed.body(), "[{\"Untagged\":\"a:1\"},{\"Deleted\":\"sha256:aa\"}]\n");
    let history = ask(&stage.socket(), "GET /images/a/history").await;
    assert_eq!(history.body(), "[]\n");
}

#[tokio::test]
async fn info_shows_the_platform_of_the_containers() {
    let stage = Stage::new();
    let reply = ask(&stage.socket(), "GET /info").await;
    let info: serde_json::Value = serde_json::from_str(&reply.body()).unwrap();
    assert_eq!((info["OSType"].as_str(), info["Architecture"].as_str()), (Some("linux"), Some("aarch64")));
    assert_eq!((info["ID"].as_str(), info["Images"].as_i64()), (Some("STORE"), Some(3)));
    assert_eq!(info["ServerVersion"], "28.5.2");
    assert_eq!(info["Swarm"]["LocalNodeState"], "inactive");
}

#[tokio::test]
async fn version_says_what_clients_negotiate_by() {
    let stage = Stage::new();
    let reply = ask(&stage.socket(), "GET /version").await;
    let version: serde_json::Value = serde_json::from_str(&reply.body()).unwrap();
    assert_eq!(
        (version["ApiVersion"].as_str(), version["MinAPIVersion"].as_str()),
        (Some("1.51"), Some("1.24"))
    );
    assert_eq!(version["Platform"]["Name"], "image-service");
    assert_eq!(version["Components"][0]["Name"], "Engine");
}
