//! What comes to be in a cassette, and what never does.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ecr_local::cassette::{self, CassetteError, Mode, Serving};
use fixtures::{
    images::{Image, sha256},
    registry::{Reply as Scripted, ScriptedRegistry},
};
use reqwest::Method;
use serde_json::json;

use super::{LOCAL, Studio, call, to};
use crate::stage::{Stage, read};

#[tokio::test]
async fn what_is_no_server_and_what_is_no_cassette_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let tape = dir.path().join("tape");
    for upstream in
        ["", "127.0.0.1:5000", "ftp://x/", "http://x/path", "http://user:s3cret@x/", "http://x/?q"]
    {
        let error = cassette::record(upstream, &tape, LOCAL).await.unwrap_err();
        assert!(matches!(error, CassetteError::Upstream(_)), "{error}");
    }
    for (text, why) in [
        ("", "line 1: this is no cassette"),
        (r#"{"cassette":"vhs","version":1,"upstream":""}"#, "vhs 1 is not known"),
        (r#"{"cassette":"ecr-local","version":9,"upstream":""}"#, "ecr-local 9 is not known"),
        ("{\"cassette\":\"ecr-local\",\"version\":1,\"upstream\":\"\"}\n{}", "line 2: missing field"),
    ] {
        std::fs::write(&tape, text).unwrap();
        let error = cassette::replay(&tape, Mode::Strict, LOCAL).await.unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
    let error = cassette::record("http://127.0.0.1:9", &tape, LOCAL).await.unwrap_err();
    assert!(error.to_string().contains("File exists"), "{error}");
    assert!(cassette::replay(&dir.path().join("none"), Mode::Match, LOCAL).await.is_err());
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_not_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let closed = {
        let listener = std::net::TcpListener::bind(LOCAL).unwrap();
        listener.local_addr().unwrap()
    };
    let tape = dir.path().join("tape");
    let recorder = cassette::record(&format!("http://{closed}"), &tape, LOCAL).await.unwrap();
    let reply = read(to(&recorder, "GET", "/v2/")).await.expect(502);
    assert!(String::from_utf8_lossy(&reply.body).contains("does not answer"));
    read(to(&recorder, "GET", "/_through/1")).await.expect(502);
    assert_eq!(std::fs::read_to_string(&tape).unwrap().lines().count(), 1);
}

#[tokio::test]
async fn no_credential_of_any_kind_is_in_a_cassette() {
    let studio = Studio::start(|builder| {
        builder
            .user("alice", "p4ssw0rd".into())
            .access_key("AKID", "k3y".into(), "111111111111")
            .verify_signatures(false)
    })
    .await;
    let reply = call(&studio.recorder, "GetAuthorizationToken", json!({})).await.expect(200);
    let token = reply.json()["authorizationData"][0]["authorizationToken"].as_str().unwrap().to_owned();
    let password = String::from_utf8(BASE64_STANDARD.decode(&token).unwrap()).unwrap();
    let password = password.split_once(':').unwrap().1.to_owned();
    read(studio.request("GET", "/v2/").basic_auth("AWS", Some(&password)).header("cookie", "c00kie"))
        .await
        .expect(200);
    let bearer = read(
        studio.request("GET", "/token?service=x&password=inqu3ry").basic_auth("alice", Some("p4ssw0rd")),
    );
    let bearer = bearer.await.expect(200).json()["token"].as_str().unwrap().to_owned();
    let form = "grant_type=password&username=alice&password=p4ssw0rd";
    let post = studio.request("POST", "/token").header("content-type", "application/x-www-form-urlencoded");
    read(post.body(form)).await.expect(200);
    read(studio.request("GET", "/v2/").bearer_auth(&bearer).header("x-amz-security-token", "s3ssion"))
        .await
        .expect(200);
    let authorized = read(studio.request("GET", "/v2/").basic_auth("alice", Some("wr0ng"))).await.expect(401);
    assert!(authorized.header("www-authenticate").starts_with("Basic "));
    let written = studio.written();
    for secret in
        [&token, &password, &bearer, "p4ssw0rd", "wr0ng", "inqu3ry", "s3ssion", "c00kie", "k3y", "cDRzc3"]
    {
        assert!(!written.contains(secret), "{secret} in {written}");
    }
    let replay = studio.replay(Mode::Match).await;
    let served = call(&replay, "GetAuthorizationToken", json!({})).await.expect(200).json();
    let served = served["authorizationData"][0]["authorizationToken"].as_str().unwrap().to_owned();
    assert_eq!(BASE64_STANDARD.decode(served).unwrap(), b"AWS:redacted");
}

#[tokio::test]
async fn what_was_a_secret_once_is_one_wherever_it_stands() {
    const TOKEN: &str = "t0ken/of+\"mine\"";
    let (upstream, dir) = (ScriptedRegistry::start().await, tempfile::tempdir().unwrap());
    let told = json!({ "note": format!("use {TOKEN}"), "url": "http://x/?q=t0ken%2Fof%2B%22mine%22&n=1" });
    upstream.always(Method::GET, "/v2/early", Scripted::json(200, &told));
    upstream.always(Method::GET, "/v2/late", Scripted::json(200, &told));
    upstream.always(Method::GET, "/v2/other", Scripted::json(200, &json!({ "token": TOKEN })));
    let tape = dir.path().join("tape");
    let recorder = cassette::record(&upstream.url("/"), &tape, LOCAL).await.unwrap();
    let session = async |server: &Serving| {
        let mut seen = Vec::new();
        seen.push(read(to(server, "GET", "/v2/early")).await.expect(200).json());
        read(to(server, "GET", "/v2/other").basic_auth("alice", Some("pa55word"))).await.expect(200);
        let late = to(server, "GET", "/v2/late?who=pa55word").header("link", "</v2/pa55word>");
        seen.push(read(late).await.expect(200).json());
        seen
    };
    assert_eq!(session(&recorder).await, [told.clone(), told]);
    let written = std::fs::read_to_string(&tape).unwrap();
    for secret in ["t0ken", "mine", "pa55word", "YWxpY2U6"] {
        assert!(!written.contains(secret), "{secret} in {written}");
    }
    let kept = json!({ "note": "use redacted", "url": "http://x/?q=redacted&n=1" });
    let replay = cassette::replay(&tape, Mode::Strict, LOCAL).await.unwrap();
    assert_eq!(session(&replay).await, [kept.clone(), kept]);
}

#[tokio::test]
async fn token_servers_and_redirects_on_other_hosts_are_reached_by_the_proxy_which_takes_no_credentials_there()
 {
    let (upstream, elsewhere) = (ScriptedRegistry::start().await, ScriptedRegistry::start().await);
    let dir = tempfile::tempdir().unwrap();
    let layer = Image::oci("one").layers[0].clone();
    let blob = format!("/v2/app/blobs/{}", layer.digest());
    elsewhere.always(Method::GET, "/token", Scripted::json(200, &json!({ "token": "t0ken" })));
    elsewhere.always(Method::GET, "/bucket", Scripted::body(200, layer.bytes.clone()));
    upstream.require_bearer_of(&elsewhere.url("/token"), [("alice", "p4ss")]);
    upstream.accept_token("t0ken");
    let signed = elsewhere.url("/bucket?X-Amz-Signature=s3cret");
    let tape = dir.path().join("tape");
    let recorder = cassette::record(&upstream.url("/"), &tape, LOCAL).await.unwrap();
    let pull = async |server: &Serving| {
        let challenge = read(to(server, "GET", "/v2/")).await.expect(401);
        let realm = challenge.header("www-authenticate").split('"').nth(1).unwrap().to_owned();
        let realm = realm.strip_prefix(&format!("http://{}", server.address())).unwrap().to_owned();
        let token = read(to(server, "GET", &format!("{realm}?service=x")).basic_auth("alice", Some("p4ss")));
        token.await.expect(200);
        read(to(server, "GET", "/v2/").bearer_auth("t0ken")).await.expect(200);
        let redirect = read(to(server, "GET", &blob).bearer_auth("t0ken")).await.expect(307);
        let location = redirect.header("location").to_owned();
        assert_eq!(location, "/_through/blob/2");
        let got = read(to(server, "GET", &location).bearer_auth("t0ken")).await.expect(200);
        assert_eq!(got.body, layer.bytes);
    };
    upstream.always(Method::GET, &blob, Scripted::redirect(307, &signed));
    pull(&recorder).await;
    let [token, bucket] = &elsewhere.requests()[..] else { panic!("{:?}", elsewhere.request_lines()) };
    assert!(token.authorization().is_some_and(|value| value.starts_with("Basic ")));
    assert_eq!(bucket.authorization(), None);
    let written = std::fs::read_to_string(&tape).unwrap();
    assert!(!written.contains("s3cret") && !written.contains("t0ken"), "{written}");
    pull(&cassette::replay(&tape, Mode::Strict, LOCAL).await.unwrap()).await;
}

#[tokio::test]
async fn bodies_of_any_size_go_through_files_by_their_digests() {
    let studio = Studio::start(|builder| builder).await;
    let content: Vec<u8> = (0..3_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let digest = sha256(&content);
    let post = studio.request("POST", &format!("/v2/app/blobs/uploads/?digest={digest}"));
    read(post.body(content.clone())).await.expect(201);
    let blob = format!("/v2/app/blobs/{digest}");
    assert!(read(studio.request("GET", &blob)).await.expect(200).body == content);
    let file = studio.dir.path().join("tape.bodies").join(digest.strip_prefix("sha256:").unwrap());
    assert!(std::fs::read(file).unwrap() == content);
    assert!(std::fs::metadata(studio.tape()).unwrap().len() < 10_000);
    let replay = studio.replay(Mode::Strict).await;
    let post = to(&replay, "POST", &format!("/v2/app/blobs/uploads/?digest={digest}"));
    read(post.body(content.clone())).await.expect(201);
    assert!(read(to(&replay, "GET", &blob)).await.expect(200).body == content);
    assert_eq!(studio.differences(&Stage::start().await).await, Vec::<String>::new());
}
