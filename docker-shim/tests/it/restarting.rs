//! The image service goes and comes back; the shim stays.

use std::sync::Arc;

use crate::{
    canned::image,
    client::ask,
    stage::{Stage, start_service},
};

#[tokio::test]
async fn a_service_that_is_gone_is_named_and_one_that_is_back_is_used() {
    let mut stage = Stage::new();
    stage.canned.put("a", "v1", image("{}"));
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(ask(&stage.socket(), "GET /images/a/json").await.status, 200);
        }
        let next = start_service(&stage.service_socket(), stage.canned.clone());
        let service = std::mem::replace(&mut stage.service, next);
        service.end().await;
    }
    stage.service.stop();
    std::fs::remove_file(stage.service_socket()).unwrap();
    let lost = loop {
        let reply = ask(&stage.socket(), "GET /images/a/json").await;
        if reply.status != 200 {
            break reply;
        }
    };
    assert_eq!(lost.status, 503, "{}", lost.message());
    let message = ask(&stage.socket(), "GET /info").await.message();
    assert!(message.contains("connection refused") && message.contains("dial unix /"), "{message}");
    assert!(message.contains(stage.service_socket().to_str().unwrap()));
    assert_eq!(ask(&stage.socket(), "GET /_ping").await.status, 200);
    assert_eq!(ask(&stage.socket(), "GET /version").await.status, 200);

    stage.service = start_service(&stage.service_socket(), Arc::clone(&stage.canned));
    for _ in 0..4 {
        assert_eq!(ask(&stage.socket(), "GET /images/a/json").await.status, 200);
    }
}

#[tokio::test]
async fn a_service_that_crashed_and_is_back_is_not_missed() {
    let mut stage = Stage::new();
    stage.canned.put("a", "v1", image("{}"));
    for _ in 0..10 {
        let machine =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let next = {
            let _inside = machine.enter();
            start_service(&stage.service_socket(), stage.canned.clone())
        };
        std::mem::replace(&mut stage.service, next).stop();
        for _ in 0..4 {
            assert_eq!(ask(&stage.socket(), "GET /images/a/json").await.status, 200);
        }
        machine.shutdown_background();
        stage.service = start_service(&stage.service_socket(), stage.canned.clone());
        for _ in 0..4 {
            let reply = ask(&stage.socket(), "GET /images/a/json").await;
            assert_eq!(reply.status, 200, "{}", reply.body());
        }
    }
}
