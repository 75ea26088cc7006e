//! Inspect: what is kept is only shown when the service says that it holds.

use imageservice_proto::v1::Image;

use crate::{
    canned::image,
    client::{ask, ask_with},
    stage::Stage,
};

fn sized(size: i64) -> Image {
    Image { size, ..image(r#"{"os":"linux","architecture":"amd64"}"#) }
}

#[tokio::test]
async fn an_answer_that_still_holds_is_not_sent_again() {
    let stage = Stage::new();
    stage.canned.put("a", "v1", sized(1));
    let first = ask(&stage.socket(), "GET /v1.44/images/a/json").await.body();
    for _ in 0..2 {
        assert_eq!(ask(&stage.socket(), "GET /v1.44/images/a/json").await.body(), first);
    }
    let known: Vec<String> =
        stage.canned.inspected.lock().unwrap().iter().map(|asked| asked.known_version.clone()).collect();
    assert_eq!(known, ["", "", "v1"], "what is asked for once is not kept");
}

#[tokio::test]
async fn a_change_shows_at_once() {
    let stage = Stage::new();
    for size in 1..4 {
        stage.canned.put("a", &format!("v{size}"), sized(size));
        let body = ask(&stage.socket(), "GET /images/a/json").await.body();
        assert!(body.contains(&format!("\"Size\":{size},")), "{body}");
    }
    stage.canned.images.lock().unwrap().clear();
    assert_eq!(ask(&stage.socket(), "GET /images/a/json").await.status, 404);
}

#[tokio::test]
async fn every_api_version_has_its_own_rendering() {
    let stage = Stage::new();
    stage.canned.put("a", "v1", sized(1));
    for _ in 0..2 {
        let old = ask(&stage.socket(), "GET /v1.43/images/a/json").await.body();
        let new = ask(&stage.socket(), "GET /images/a/json").await.body();
        assert!(old.contains("VirtualSize") && !new.contains("VirtualSize"));
    }
}

#[tokio::test]
async fn names_arrive_as_they_were_written() {
    let stage = Stage::new();
    let name = "127.0.0.1:5000/team/app@sha256:ab";
    stage.canned.put(name, "v1", sized(1));
    for path in ["127.0.0.1:5000/team/app@sha256:ab", "127.0.0.1%3A5000%2Fteam%2Fapp%40sha256%3Aab"] {
        assert_eq!(ask(&stage.socket(), &format!("GET /images/{path}/json")).await.status, 200);
    }
    assert_eq!(ask(&stage.socket(), "GET /images/a%zz/json").await.status, 400);
}

#[tokio::test]
async fn an_image_of_another_platform_is_not_found() {
    let stage = Stage::new();
    stage.canned.put("a", "v1", sized(1));
    let inspect = |platform: &str| format!("GET /v1.49/images/a/json?platform={platform}");
    let amd =
        ask(&stage.socket(), &inspect("%7B%22os%22:%22linux%22,%22architecture%22:%22amd64%22%7D")).await;
    assert_eq!(amd.status, 200);
    let arm =
        ask(&stage.socket(), &inspect("%7B%22os%22:%22linux%22,%22architecture%22:%22arm64%22%7D")).await;
    assert_eq!(arm.status, 404);
    assert!(arm.message().contains("does not match the specified platform (linux/arm64)"));
}

#[tokio::test]
async fn sixty_four_clients_get_their_own_answers() {
    let stage = Stage::new();
    for number in 0..64 {
        stage.canned.put(&format!("i{number}"), "v1", sized(number));
    }
    let clients = (0..64).map(|number| {
        let socket = stage.socket();
        tokio::spawn(async move {
            for _ in 0..10 {
                let reply = ask_with(&socket, &format!("GET /images/i{number}/json"), &[], b"").await;
                assert!(reply.body().contains(&format!("\"Size\":{number},")));
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
}

/// Larger than what the service may send before some of it was taken, on each connection more than once.
#[tokio::test]
async fn the_largest_config_arrives_whole_every_time() {
    let stage = Stage::new();
    let comment = "x".repeat(7 << 20);
    for version in ["1", "2", "3", "4", "5", "6", "7", "8"] {
        stage.canned.put("large", version, image(&format!(r#"{{"comment":"{comment}"}}"#)));
        let reply = ask(&stage.socket(), "GET /images/large/json").await;
        assert_eq!(reply.status, 200);
        assert!(reply.body().contains(&comment));
    }
}
