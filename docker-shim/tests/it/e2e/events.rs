//! `GET /events` and `docker events`: what dockerd tells of images, we tell.

use bytes::Bytes;
use fixtures::{
    engine::Engine,
    peers::{Archive, DockerCli, DockerRegistry, Dockerd, Recipe},
    process::until,
    system::System,
};
use http::Request;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::net::UnixStream;

use crate::client::{read_until, send};

fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// The events of images since a moment, without their times.
async fn told(engine: &Engine, since: i64, filters: &str) -> Vec<Value> {
    let filters: String = url::form_urlencoded::byte_serialize(filters.as_bytes()).collect();
    // What has passed is told, and then it ends.
    let path = format!("/v1.41/events?since={since}&until={}&filters={filters}", now() + 1);
    let answer = engine.get(&path).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    answer.messages().into_iter().map(without_time).collect()
}

fn without_time(mut event: Value) -> Value {
    let object = event.as_object_mut().unwrap();
    let (time, nano) = (object.remove("time").unwrap(), object.remove("timeNano").unwrap());
    assert_eq!(time.as_i64().unwrap(), nano.as_i64().unwrap() / 1_000_000_000);
    // dockerd does not always know them any more.
    if object["Action"] == "delete" {
        let name = object["Actor"]["Attributes"]["name"].clone();
        object["Actor"]["Attributes"] = json!({ "name": name });
    }
    event
}

/// What a job does to images, once.
async fn use_images(engine: &Engine, registry: &DockerRegistry, id: &str, loaded: &Recipe) {
    let name = registry.reference("team/app");
    let ok = |what: &str, status: http::StatusCode| assert!(status.is_success(), "{what}: {status}");
    ok("pull", engine.pull(&name, "v1").await.status);
    ok("pull again", engine.pull(&name, "v1").await.status);
    until("a pull that brings nothing is told of", async || {
        (told(engine, 0, r#"{"event":["pull"]}"#).await.len() == 2).then_some(())
    })
    .await;
    ok("tag", engine.post(&format!("/v1.41/images/{name}:v1/tag?repo=mine&tag=1")).await.status);
    ok("load", engine.load(Archive::docker(&[(loaded, &["loaded:1"])]).tar()).await.status);
    let import = "/v1.41/images/create?fromSrc=-&repo=imported&tag=1";
    ok("import", engine.upload(import, loaded.layers[0].tar()).await.status);
    let save = engine.get(&format!("/v1.41/images/{name}:v1/get")).await;
    ok("save", save.status);
    until("a save is told of", async || {
        (told(engine, 0, r#"{"event":["save"]}"#).await.len() == 1).then_some(())
    })
    .await;
    ok("tag", engine.post(&format!("/v1.41/images/{name}:v1/tag?repo={name}&tag=v2")).await.status);
    let push = Request::post(format!("/v1.41/images/{name}/push?tag=v2")).header("X-Registry-Auth", "e30=");
    ok("push", engine.send(push.body(Bytes::new()).unwrap()).await.status);
    ok("untag", engine.delete("/v1.41/images/mine:1").await.status);
    ok("delete", engine.delete(&format!("/v1.41/images/{id}?force=1")).await.status);
    ok("delete", engine.delete("/v1.41/images/loaded:1").await.status);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_of_images_is_what_dockerd_tells() {
    let (registry, dockerd, system) = tokio::join!(DockerRegistry::open(), Dockerd::start(), System::start());
    let mut recipe = Recipe::plain("events");
    recipe.config["config"]["Labels"] = json!({ "com.example.k": "v" });
    let pushed = registry.push("team/app", "v1", &recipe).await;
    let loaded = Recipe::plain("loaded");
    for engine in [dockerd.engine(), system.engine()] {
        use_images(engine, &registry, &pushed.image_id, &loaded).await;
    }
    let filters = r#"{"type":["image"]}"#;
    let (theirs, ours) = (told(dockerd.engine(), 0, filters).await, told(system.engine(), 0, filters).await);
    // An imported image has the moment of its making in its ID.
    let imported = |events: &[Value]| {
        let import = events.iter().find(|event| event["Action"] == "import").expect("an import is told of");
        import["id"].as_str().unwrap().to_owned()
    };
    let (their_import, our_import) = (imported(&theirs), imported(&ours));
    let ours: Vec<Value> = ours
        .iter()
        .map(|event| serde_json::from_str(&event.to_string().replace(&our_import, &their_import)).unwrap())
        .collect();
    // dockerd makes a manifest of its own for a push, so that its image has one repo digest more to lose.
    let lines = |events: &[Value]| {
        let mut lines: Vec<_> = events.iter().map(Value::to_string).collect();
        lines.dedup_by(|next, line| next == line && line.contains(r#""status":"untag""#));
        lines
    };
    assert_eq!(lines(&ours), lines(&theirs));
    for filters in [
        r#"{"event":["tag"]}"#,
        r#"{"event":["delete"],"type":["image"]}"#,
        r#"{"image":["mine:1"]}"#,
        r#"{"image":["loaded"]}"#,
        r#"{"label":["com.example.k=v"],"event":["pull","push"]}"#,
        r#"{"type":["container"]}"#,
        r#"{"container":["x"]}"#,
    ] {
        let count = |events: Vec<Value>| events.len();
        let theirs = count(told(dockerd.engine(), 0, filters).await);
        assert_eq!(count(told(system.engine(), 0, filters).await), theirs, "{filters}");
    }
    for engine in [dockerd.engine(), system.engine()] {
        assert_eq!(engine.get("/v1.41/events?since=20&until=10").await.status, 400);
    }
    // What cannot be read dockerd takes for a fault of its own.
    for query in ["since=soon", "filters=xx"] {
        assert_eq!(system.engine().get(&format!("/v1.41/events?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_listens_hears_at_once_and_until_the_end() {
    let mut system = System::start().await;
    let recipe = Recipe::plain("live");
    assert_eq!(system.engine().load(Archive::docker(&[(&recipe, &["live:1"])]).tar()).await.status, 200);
    let mut listener = UnixStream::connect(system.engine().socket()).await.unwrap();
    send(&mut listener, "GET /v1.41/events?filters=%7B%22event%22%3A%5B%22tag%22%5D%7D", &[], b"").await;
    let head = read_until(&mut listener, "\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200 OK") && !head.contains("\"Action\""), "{head}");
    assert_eq!(system.engine().post("/v1.41/images/live:1/tag?repo=live&tag=2").await.status, 201);
    let line = read_until(&mut listener, "\n\r\n").await;
    assert!(line.contains(r#""Action":"tag""#) && line.contains(r#""name":"live:2""#), "{line}");
    assert!(system.stop_shim(), "who listens does not keep it");
    read_until(&mut listener, "0\r\n\r\n").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_docker_command_shows_events() {
    let system = System::start().await;
    let recipe = Recipe::plain("shown");
    assert_eq!(system.engine().load(Archive::docker(&[(&recipe, &["shown:1"])]).tar()).await.status, 200);
    for cli in DockerCli::all(&system.docker_host()) {
        let until = (now() + 1).to_string();
        let options =
            ["--since", "10m", "--until", &until, "--format", "{{.Type}} {{.Action}} {{.Actor.ID}}"];
        let shown = cli.run(&[&["events"][..], &options].concat()).await.ok();
        assert_eq!(shown, format!("image load {}\n", recipe.image_id()));
    }
}
