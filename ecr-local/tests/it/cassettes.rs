//! Recording what a server answers, answering without it, and asking it again.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ecr_local::{
    Builder, Quirk,
    cassette::{self, CassetteError, Mode, Serving},
};
use fixtures::{
    images::{Image, sha256},
    process::Process,
    registry::{Reply as Scripted, ScriptedRegistry},
    tool::Tool,
};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    control::caller::SERVICE,
    stage::{Reply, Stage, read},
};

const LOCAL: &str = "127.0.0.1:0";

/// A registry, and a recorder in front of it.
struct Studio {
    stage: Stage,
    recorder: Serving,
    dir: TempDir,
}

impl Studio {
    async fn start(settings: impl FnOnce(Builder) -> Builder) -> Self {
        let (stage, dir) = (Stage::with(settings).await, tempfile::tempdir().unwrap());
        let upstream = format!("http://{}", stage.host());
        let recorder = cassette::record(&upstream, &dir.path().join("tape"), LOCAL).await.unwrap();
        Self { stage, recorder, dir }
    }

    fn tape(&self) -> PathBuf {
        self.dir.path().join("tape")
    }

    fn request(&self, method: &str, path: &str) -> RequestBuilder {
        to(&self.recorder, method, path)
    }

    async fn replay(&self, mode: Mode) -> Serving {
        cassette::replay(&self.tape(), mode, LOCAL).await.unwrap()
    }

    async fn differences(&self, stage: &Stage) -> Vec<String> {
        let against = format!("http://{}", stage.host());
        cassette::compare(&self.tape(), &against, &[]).await.unwrap().differences
    }

    /// Everything that was written, bodies included.
    fn written(&self) -> String {
        let mut files = vec![self.tape()];
        files.extend(
            std::fs::read_dir(self.dir.path().join("tape.bodies"))
                .unwrap()
                .map(|entry| entry.unwrap().path()),
        );
        files.iter().map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned()).collect()
    }
}

fn to(server: &Serving, method: &str, path: &str) -> RequestBuilder {
    let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    client.request(method.parse().unwrap(), format!("http://{}{path}", server.address()))
}

async fn call(server: &Serving, operation: &str, input: Value) -> Reply {
    let request = to(server, "POST", "/").header("x-amz-target", format!("{SERVICE}.{operation}"));
    read(request.header("content-type", "application/x-amz-json-1.1").body(input.to_string())).await
}

/// Uploads by parts, a manifest, and some calls.
async fn session(server: &Serving, image: &Image) {
    call(server, "CreateRepository", json!({ "repositoryName": "app" })).await.expect(200);
    for part in image.layers.iter().chain([&image.config]) {
        let begun = read(to(server, "POST", "/v2/app/blobs/uploads/")).await.expect(202);
        let location = begun.header("location").to_owned();
        read(to(server, "PATCH", &location).body(part.bytes.clone())).await.expect(202);
        read(to(server, "PUT", &format!("{location}?digest={}", part.digest()))).await.expect(201);
    }
    let put = to(server, "PUT", "/v2/app/manifests/v1").header("content-type", &image.manifest.media_type);
    read(put.body(image.manifest.bytes.clone())).await.expect(201);
    call(server, "DescribeImages", json!({ "repositoryName": "app" })).await.expect(200);
    call(server, "DescribeImages", json!({ "repositoryName": "none" })).await.expect(400);
    let head = read(to(server, "HEAD", "/v2/app/manifests/v1")).await.expect(200);
    assert_eq!(head.header("content-length"), image.manifest.bytes.len().to_string());
    for part in image.layers.iter().chain([&image.config]) {
        let blob = format!("/v2/app/blobs/{}", part.digest());
        assert_eq!(read(to(server, "GET", &blob)).await.expect(200).body, part.bytes);
    }
}

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
async fn a_session_is_served_again_in_its_order_and_in_no_other() {
    let studio = Studio::start(|builder| builder).await;
    let image = Image::oci("one");
    session(&studio.recorder, &image).await;
    let replay = studio.replay(Mode::Strict).await;
    let early = call(&replay, "DescribeImages", json!({ "repositoryName": "app" })).await;
    let why = early.excepted_mismatch();
    assert!(why.contains("DescribeImages: the cassette has CreateRepository next"), "{why}");
    session(&replay, &image).await;
    let late = read(to(&replay, "GET", "/v2/")).await.refused_mismatch();
    assert!(late.contains("at its end"), "{late}");
    let again = studio.replay(Mode::Strict).await;
    call(&again, "CreateRepository", json!({ "repositoryName": "other" })).await.excepted_mismatch();
}

#[tokio::test]
async fn requests_are_matched_by_what_they_ask_whatever_the_order() {
    let studio = Studio::start(|builder| builder).await;
    let image = Image::oci("one");
    let tags = || json!({ "repositoryName": "app", "maxResults": 10 });
    call(&studio.recorder, "ListImages", tags()).await.expect(400);
    session(&studio.recorder, &image).await;
    call(&studio.recorder, "ListImages", tags()).await.expect(200);
    let replay = studio.replay(Mode::Match).await;
    read(to(&replay, "GET", &format!("/v2/app/blobs/{}", sha256(b"x")))).await.refused_mismatch();
    read(to(&replay, "GET", &format!("/v2/app/blobs/{}", image.config.digest()))).await.expect(200);
    for status in [400, 200, 200] {
        let request = to(&replay, "POST", "/").header("x-amz-target", format!("{SERVICE}.ListImages"));
        let request = request.header("content-type", "application/x-amz-json-1.1");
        read(request.body(r#"{ "maxResults": 10, "repositoryName": "app" }"#)).await.expect(status);
    }
    session(&replay, &image).await;
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
        assert_eq!(location, "/_through/2");
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
async fn the_address_of_a_layer_leads_to_it_again() {
    let studio = Studio::start(|builder| builder).await;
    let image = Image::oci("one");
    studio.stage.push("app", "v1", &image).await;
    let input = json!({ "repositoryName": "app", "layerDigest": image.layers[0].digest() });
    let download = async |server: &Serving| {
        let reply = call(server, "GetDownloadUrlForLayer", input.clone()).await.expect(200).json();
        let url = reply["downloadUrl"].as_str().unwrap();
        let path = url.strip_prefix(&format!("http://{}", server.address())).unwrap();
        assert_eq!(read(to(server, "GET", path)).await.expect(200).body, image.layers[0].bytes);
    };
    download(&studio.recorder).await;
    download(&studio.replay(Mode::Strict).await).await;
}

#[tokio::test]
async fn the_same_answers_do_not_differ_and_others_are_told_by_their_place() {
    let studio = Studio::start(|builder| builder).await;
    let image = Image::oci("one");
    session(&studio.recorder, &image).await;
    let same = Stage::start().await;
    assert_eq!(studio.differences(&same).await, Vec::<String>::new());
    let other = Stage::with(|builder| builder.quirk(Quirk::PatchCreated)).await;
    other
        .done("CreateRepository", json!({ "repositoryName": "app", "imageTagMutability": "IMMUTABLE" }))
        .await;
    let differences = studio.differences(&other).await;
    assert_eq!(differences[0], "CreateRepository: status was 200, is 400");
    assert!(differences.contains(
        &"CreateRepository: x-amzn-errortype was nothing, is RepositoryAlreadyExistsException".to_owned()
    ));
    assert!(
        differences.iter().any(|line| line.starts_with("PATCH ") && line.ends_with("status was 202, is 201"))
    );
    assert!(!differences.iter().any(|line| line.starts_with("DescribeImages: image")), "{differences:?}");
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

#[tokio::test(flavor = "multi_thread")]
async fn the_program_records_replays_and_compares_for_real_clients() {
    let (stage, dir) = (Stage::start().await, tempfile::tempdir().unwrap());
    let image = Image::oci("one");
    stage.push("app", "v1", &image).await;
    let tape = dir.path().join("tape");
    let upstream = format!("http://{}", stage.host());
    let (mut recorder, host) = program(&["record", "--upstream", &upstream, "--listen", LOCAL], &tape).await;
    copy(&host, &dir.path().join("one")).await;
    assert!(recorder.stop());
    let (_replayer, host) = program(&["replay", "--mode", "match", "--listen", LOCAL], &tape).await;
    copy(&host, &dir.path().join("two")).await;
    let layer = image.layers[0].digest().replace("sha256:", "");
    assert_eq!(std::fs::read(dir.path().join("two").join(layer)).unwrap(), image.layers[0].bytes);
    assert_eq!(compare(&tape, &upstream), (Some(0), true));
    let empty = Stage::start().await;
    assert_eq!(compare(&tape, &format!("http://{}", empty.host())), (Some(1), false));
}

async fn program(arguments: &[&str], tape: &Path) -> (Process, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecr-local"));
    let process =
        Process::start("ecr-local", "cargo build", command.args(arguments).arg("--cassette").arg(tape));
    let line = process.line("listening on ").await;
    (process, line.rsplit(' ').next().unwrap().to_owned())
}

async fn copy(host: &str, folder: &Path) {
    let (source, copied) = (format!("docker://{host}/app:v1"), format!("dir:{}", folder.display()));
    Tool::new("skopeo").args(["copy", "--src-tls-verify=false", &source, &copied]).run().await.ok();
}

/// The status, and whether it says that there is no difference.
fn compare(tape: &Path, against: &str) -> (Option<i32>, bool) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecr-local"));
    let ran = command.args(["compare", "--against", against, "--cassette"]).arg(tape).output().unwrap();
    (ran.status.code(), String::from_utf8_lossy(&ran.stdout).contains(" 0 differences"))
}

impl Reply {
    #[track_caller]
    fn excepted_mismatch(self) -> String {
        let document = self.expect(400).json();
        assert_eq!(document["__type"], "ReplayMismatch", "{document}");
        document["message"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    fn refused_mismatch(self) -> String {
        let document = self.expect(400).json();
        assert_eq!(document["errors"][0]["code"], "ReplayMismatch", "{document}");
        document["errors"][0]["message"].as_str().unwrap().to_owned()
    }
}
