//! Either process ends, in the middle of work or between two requests: nothing that was acknowledged is lost, and nobody restarts the other.

use fixtures::{
    peers::{DockerRegistry, Recipe},
    process::until,
    system::System,
};

/// Images to pull while the service is killed.
const IMAGES: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_service_has_kept_every_pull_that_it_acknowledged() {
    let (registry, mut system) = (DockerRegistry::open().await, System::start().await);
    for number in 0..IMAGES {
        registry.push("team/app", &format!("v{number}"), &Recipe::plain(&number.to_string())).await;
    }
    let name = registry.reference("team/app");
    let (sender, mut acknowledged) = tokio::sync::mpsc::unbounded_channel();
    let engine = system.engine().clone();
    let pulling = tokio::spawn({
        let name = name.clone();
        async move {
            for number in 0..IMAGES {
                let tag = format!("v{number}");
                let answer = engine.pull(&name, &tag).await;
                if answer.status == 200 && answer.text().contains("Status: ") {
                    sender.send(tag).unwrap();
                }
            }
        }
    });
    let mut kept = Vec::new();
    while kept.len() < IMAGES / 4 {
        kept.push(acknowledged.recv().await.expect("the first pulls work"));
    }
    system.kill_service();
    pulling.await.unwrap();
    while let Some(tag) = acknowledged.recv().await {
        kept.push(tag);
    }
    assert!(kept.len() < IMAGES, "the service was to be killed while it worked");

    system.start_service();
    system.ready().await;
    for tag in &kept {
        let answer = system.engine().get(&format!("/v1.41/images/{name}:{tag}/json")).await;
        assert_eq!(answer.status, 200, "{tag} is lost: {}", answer.text());
    }
    let again = system.engine().pull(&name, &kept[0]).await;
    assert!(again.text().contains("Image is up to date"), "{}", again.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_removals_and_logins_survive_a_crash_too() {
    let (registry, mut system) =
        (DockerRegistry::htpasswd(&[("alice", "s3cret")]).await, System::start().await);
    for tag in ["v1", "v2"] {
        registry.push("priv/app", tag, &Recipe::plain(tag)).await;
    }
    let name = registry.reference("priv/app");
    let login =
        serde_json::json!({ "username": "alice", "password": "s3cret", "serveraddress": registry.host() });
    let login = http::Request::post("/v1.41/auth").body(login.to_string().into()).unwrap();
    assert_eq!(system.engine().send(login).await.status, 200);
    assert_eq!(system.engine().pull(&name, "v1").await.status, 200);
    assert_eq!(system.engine().pull(&name, "v2").await.status, 200);
    assert_eq!(system.engine().post(&format!("/images/{name}:v1/tag?repo=mine&tag=1")).await.status, 201);
    assert_eq!(system.engine().delete(&format!("/images/{name}:v2")).await.status, 200);

    system.kill_service();
    system.start_service();
    system.ready().await;
    assert_eq!(system.engine().get("/images/mine:1/json").await.status, 200);
    assert_eq!(system.engine().get(&format!("/images/{name}:v2/json")).await.status, 404);
    // The stored credential is still there, and still readable.
    assert_eq!(system.engine().pull(&name, "v2").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shim_says_that_the_service_is_away_and_finds_it_again_by_itself() {
    let (registry, mut system) = (DockerRegistry::open().await, System::start().await);
    registry.push("team/app", "v1", &Recipe::plain("away")).await;
    assert_eq!(system.engine().pull(&registry.reference("team/app"), "v1").await.status, 200);
    let path = format!("/v1.41/images/{}/json", registry.reference("team/app:v1"));
    assert_eq!(system.engine().get(&path).await.status, 200);

    system.kill_service();
    let answer = system.engine().get("/v1.41/images/never-asked:1/json").await;
    assert!(answer.status.is_server_error(), "{}", answer.status);
    assert!(answer.json()["message"].is_string());
    assert_eq!(system.engine().get("/_ping").await.status, 200);

    let shim = system.shim().pid();
    system.start_service();
    until("the shim reaches the service again", async || {
        (system.engine().get(&path).await.status == 200).then_some(())
    })
    .await;
    assert_eq!(system.shim().pid(), shim);
    assert!(system.shim().is_running());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_shim_starts_again_on_the_socket_it_left_behind() {
    let mut system = System::start().await;
    system.kill_shim();
    system.start_shim();
    system.ready().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_end_cleanly_when_asked() {
    let mut system = System::start().await;
    assert!(system.stop_shim(), "the shim's exit status");
    assert!(system.stop_service(), "the service's exit status");
    system.start_service();
    system.start_shim();
    system.ready().await;
}
