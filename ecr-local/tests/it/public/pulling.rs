//! The data plane, where everyone may pull and owners may push.

use std::time::Duration;

use ecr_local::{Challenge, Clock};
use fixtures::images::{Image, sha256};
use serde_json::json;
use time::OffsetDateTime;

use super::stage::{HOST, OTHER, OWNER, closed};
use crate::stage::{Stage, read};

/// A closed stage with the repository `app` of the owner.
async fn with_app(clock: &Clock) -> Stage {
    let stage = Stage::with(|builder| closed(builder).clock(clock.clone())).await;
    stage.public_signed(OWNER, "CreateRepository", json!({"repositoryName": "app"})).await.expect(200);
    stage
}

/// Pushes an image as the owner. Its digest.
async fn push(stage: &Stage, image: &Image) -> String {
    let token = stage.public_token(Some(&stage.public_password(OWNER).await)).await;
    for part in image.layers.iter().chain([&image.config]) {
        let path = format!("/v2/owner/app/blobs/uploads/?digest={}", part.digest());
        let pushed = stage.at_public_host("POST", &path).bearer_auth(&token).body(part.bytes.clone());
        let pushed = read(pushed).await.expect(201);
        assert_eq!(pushed.header("location"), format!("/v2/owner/app/blobs/{}", part.digest()));
    }
    let put = stage.at_public_host("PUT", "/v2/owner/app/manifests/v1").bearer_auth(&token);
    let put = put.header("content-type", &image.manifest.media_type).body(image.manifest.bytes.clone());
    read(put).await.expect(201);
    image.manifest.digest()
}

#[tokio::test]
async fn the_host_asks_for_a_token_and_says_where_anyone_gets_one() {
    let stage = with_app(&Clock::default()).await;
    for (method, path) in
        [("GET", "/v2/"), ("GET", "/v2/owner/app/manifests/v1"), ("POST", "/v2/owner/app/blobs/uploads/")]
    {
        let refused = read(stage.at_public_host(method, path)).await.refused(401, "UNAUTHORIZED");
        let challenge =
            format!("Bearer realm=\"http://{HOST}/token/\",service=\"public.ecr.aws\",scope=\"aws\"");
        assert_eq!(refused.header("www-authenticate"), challenge, "{method} {path}");
    }
    let anyone = stage.public_token(None).await;
    let get = |path: &str| read(stage.at_public_host("GET", path).bearer_auth(&anyone));
    get("/v2/").await.expect(200);
    get("/v2/owner/app/manifests/v1").await.refused(404, "MANIFEST_UNKNOWN");
    get("/v2/owner/none/manifests/v1").await.refused(404, "NAME_UNKNOWN");
    get("/v2/nobody/app/manifests/v1").await.refused(404, "NAME_UNKNOWN");
    get("/v2/app/manifests/v1").await.refused(404, "NAME_UNKNOWN");
    get("/v2/_catalog").await.refused(401, "UNAUTHORIZED");
    for (user, password) in [("AWS", "wrong"), ("alice", "s3cret")] {
        let request = stage.at_public_host("GET", "/token/?service=public.ecr.aws&scope=aws");
        read(request.basic_auth(user, Some(password))).await.refused(401, "UNAUTHORIZED");
    }
}

#[tokio::test]
async fn nobody_but_the_owner_changes_anything() {
    let stage = with_app(&Clock::default()).await;
    let digest = push(&stage, &Image::oci("one")).await;
    let (anyone, other) =
        (stage.public_token(None).await, stage.public_token(Some(&stage.public_password(OTHER).await)).await);
    for (method, path) in [
        ("POST", "/v2/owner/app/blobs/uploads/".to_owned()),
        ("PUT", "/v2/owner/app/manifests/v2".to_owned()),
        ("DELETE", format!("/v2/owner/app/manifests/{digest}")),
    ] {
        read(stage.at_public_host(method, &path).bearer_auth(&anyone)).await.refused(401, "UNAUTHORIZED");
        read(stage.at_public_host(method, &path).bearer_auth(&other)).await.refused(403, "DENIED");
        let by_path = path.replace("/v2/", "/v2/public.ecr.aws/");
        stage.ask(method, &by_path).await.refused(401, "UNAUTHORIZED");
    }
    let unknown = stage.at_public_host("POST", "/v2/nobody/app/blobs/uploads/").bearer_auth(&other);
    read(unknown).await.refused(404, "NAME_UNKNOWN");
    let odd = stage.at_public_host("POST", "/v2/other/a__b/blobs/uploads/").bearer_auth(&other);
    read(odd).await.refused(400, "NAME_INVALID");
}

#[tokio::test]
async fn a_token_for_public_registries_opens_no_private_one() {
    let stage = with_app(&Clock::default()).await;
    let password = stage.public_password(OWNER).await;
    let (anyone, owner) = (stage.public_token(None).await, stage.public_token(Some(&password)).await);
    read(stage.request("GET", "/v2/app/tags/list").bearer_auth(&anyone)).await.refused(401, "UNAUTHORIZED");
    read(stage.request("GET", "/v2/app/tags/list").bearer_auth(&owner)).await.refused(403, "DENIED");
    read(stage.request("GET", "/v2/_catalog").basic_auth("AWS", Some(&password)))
        .await
        .refused(403, "DENIED");
    read(stage.request("GET", "/v2/").basic_auth("AWS", Some(&password))).await.expect(200);
    let host = "111111111111.dkr.ecr.us-east-1.amazonaws.com";
    let private = stage.request("GET", "/v2/app/tags/list").header("host", host);
    read(private.basic_auth("AWS", Some(&password))).await.refused(403, "DENIED");
    let issued =
        stage.signed(OWNER, OffsetDateTime::now_utc(), "GetAuthorizationToken", json!({})).await.json();
    let private = format!("Basic {}", issued["authorizationData"][0]["authorizationToken"].as_str().unwrap());
    let upload = stage
        .request("POST", "/v2/public.ecr.aws/owner/app/blobs/uploads/")
        .header("authorization", &private);
    read(upload).await.refused(403, "DENIED");
    let token =
        stage.at_public_host("GET", "/token/?service=public.ecr.aws").header("authorization", &private);
    read(token).await.refused(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn what_the_owner_pushed_everyone_pulls_by_host_and_by_path() {
    let stage = with_app(&Clock::default()).await;
    let image = Image::oci("one");
    let digest = push(&stage, &image).await;
    let anyone = stage.public_token(None).await;
    let layer = image.layers[0].digest();
    for (path, content) in [
        ("/v2/owner/app/manifests/v1".to_owned(), &image.manifest.bytes),
        (format!("/v2/owner/app/manifests/{digest}"), &image.manifest.bytes),
        (format!("/v2/owner/app/blobs/{layer}"), &image.layers[0].bytes),
    ] {
        let got = read(stage.at_public_host("GET", &path).bearer_auth(&anyone)).await.expect(200);
        assert_eq!(got.body, content, "{path}");
        let by_path = path.replace("/v2/", "/v2/public.ecr.aws/");
        assert_eq!(stage.get(&by_path).await.expect(200).body, content, "{path}");
        let nobody = read(stage.request("GET", &by_path).basic_auth("", Some(""))).await.expect(200);
        assert_eq!(nobody.body, content, "{path}");
        read(stage.request("GET", &by_path).basic_auth("AWS", Some("old")))
            .await
            .refused(401, "UNAUTHORIZED");
    }
    let tags = read(stage.at_public_host("GET", "/v2/owner/app/tags/list").bearer_auth(&anyone)).await;
    assert_eq!(tags.expect(200).json(), json!({"name": "owner/app", "tags": ["v1"]}));
    let described =
        stage.public_signed(OWNER, "DescribeImages", json!({"repositoryName": "app"})).await.json();
    assert_eq!(described["imageDetails"][0]["imageDigest"], digest.as_str());
    let bearer = stage.request("GET", "/v2/owner/app/manifests/v1").header("host", "ecr-public.aws.com:80");
    read(bearer.bearer_auth(&anyone)).await.expect(200);
}

#[tokio::test]
async fn an_upload_stays_where_its_client_began_it() {
    let stage = with_app(&Clock::default()).await;
    let password = stage.public_password(OWNER).await;
    let name = "public.ecr.aws/owner/team/other";
    let begin =
        stage.request("POST", &format!("/v2/{name}/blobs/uploads/")).basic_auth("AWS", Some(&password));
    let location = read(begin).await.expect(202).header("location").to_owned();
    assert!(location.starts_with(&format!("/v2/{name}/blobs/uploads/")), "{location}");
    let put = stage.request("PUT", &format!("{location}?digest={}", sha256(b"layer"))).body("layer");
    read(put.basic_auth("AWS", Some(&password))).await.expect(201);
    let mount = |from: &str| {
        let path =
            format!("/v2/public.ecr.aws/owner/app/blobs/uploads/?mount={}&from={from}", sha256(b"layer"));
        read(stage.request("POST", &path).basic_auth("AWS", Some(&password)))
    };
    for elsewhere in ["team/other", "owner/team/other", "public.ecr.aws/other/team/other"] {
        mount(elsewhere).await.expect(202);
    }
    let mounted = mount(name).await.expect(201);
    assert_eq!(
        mounted.header("location"),
        format!("/v2/public.ecr.aws/owner/app/blobs/{}", sha256(b"layer"))
    );
}

#[tokio::test]
async fn passwords_and_tokens_end() {
    let clock = Clock::default();
    let stage = with_app(&clock).await;
    let password = stage.public_password(OWNER).await;
    let (anyone, owner) = (stage.public_token(None).await, stage.public_token(Some(&password)).await);
    clock.advance(Duration::from_secs(5 * 60));
    for token in [&anyone, &owner] {
        read(stage.at_public_host("GET", "/v2/").bearer_auth(token)).await.refused(401, "UNAUTHORIZED");
    }
    stage.public_token(Some(&password)).await;
    clock.advance(Duration::from_secs(12 * 60 * 60));
    let request = stage.at_public_host("GET", "/token/?service=public.ecr.aws");
    read(request.basic_auth("AWS", Some(&password))).await.refused(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn a_token_for_a_public_path_alone_needs_no_password() {
    let stage = Stage::with(|builder| closed(builder).challenge(Challenge::Bearer)).await;
    let ask = async |scopes: &str| stage.get(&format!("/token?service=ecr-local&{scopes}")).await;
    ask("scope=repository:public.ecr.aws/owner/app:pull").await.expect(200);
    for scopes in [
        "scope=repository:public.ecr.aws/owner/app:pull,push",
        "scope=repository:app:pull",
        "scope=repository:public.ecr.aws/owner/app:pull&scope=repository:app:pull",
        "",
    ] {
        ask(scopes).await.refused(401, "UNAUTHORIZED");
    }
    let form = format!("grant_type=password&username=AWS&password={}", stage.public_password(OWNER).await);
    let issued = read(stage.request("POST", "/token").body(form)).await.expect(200).json();
    let begin = stage.at_public_host("POST", "/v2/owner/app/blobs/uploads/");
    read(begin.bearer_auth(issued["token"].as_str().unwrap())).await.expect(202);
}
