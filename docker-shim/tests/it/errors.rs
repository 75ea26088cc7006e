//! Errors: statuses by reason, and the texts that clients match.

use crate::{
    canned::image,
    client::{ask, ask_with},
    stage::Stage,
};

#[tokio::test]
async fn the_reason_chooses_the_status_and_the_text_passes() {
    let stage = Stage::new();
    for (line, status) in [
        ("GET /images/fail/IMAGE_NOT_FOUND/json", 404),
        ("GET /images/fail/REFERENCE_INVALID/json", 400),
        ("GET /images/fail/STORE_UNAVAILABLE/json", 503),
        ("GET /images/fail/IMAGE_ID_AMBIGUOUS/history", 404),
        ("DELETE /images/fail/IMAGE_REFERENCED", 409),
        ("POST /images/fail/IMAGE_NOT_FOUND/tag?repo=a", 404),
        ("POST /images/create?fromImage=fail/NAME_RESERVED&tag=1", 403),
        ("POST /images/create?fromImage=fail/MANIFEST_UNKNOWN&tag=1", 404),
        ("POST /images/create?fromImage=fail/RATE_LIMITED&tag=1", 500),
        ("POST /images/create?fromImage=fail/UNSUPPORTED&tag=1", 501),
    ] {
        let reply = ask(&stage.socket(), line).await;
        let reason = line.split("fail/").nth(1).unwrap().split(['/', '&']).next().unwrap();
        assert_eq!((reply.status, reply.message()), (status, format!("text of {reason}")), "{line}");
        assert_eq!(reply.header("Content-Type"), Some("application/json"));
        assert!(reply.header("Content-Length").is_some());
    }
}

#[tokio::test]
async fn clients_that_would_prompt_for_a_login_get_no_401_from_a_pull() {
    let stage = Stage::new();
    let line = "POST /images/create?fromImage=fail/CREDENTIALS_REJECTED&tag=1";
    for (agent, status) in
        [("Docker-Client/28.2.2 (linux)", 500), ("Docker-Client/29.1.0 (linux)", 401), ("curl/7", 401)]
    {
        let reply = ask_with(&stage.socket(), line, &[&format!("User-Agent: {agent}")], b"").await;
        assert_eq!(
            (reply.status, reply.message().as_str()),
            (status, "text of CREDENTIALS_REJECTED"),
            "{agent}"
        );
    }
}

#[tokio::test]
async fn a_list_that_breaks_off_is_an_error_and_not_a_short_list() {
    let stage = Stage::new();
    let reply =
        ask(&stage.socket(), "GET /images/json?filters=%7B%22reference%22%3A%5B%22broken%22%5D%7D").await;
    assert_eq!(reply.status, 503);
}

#[tokio::test]
async fn what_is_not_here_is_not_found_so_that_inspect_goes_on() {
    let stage = Stage::new();
    for (line, status, message) in [
        ("GET /containers/alpine/json", 404, "No such container: alpine"),
        ("POST /containers/alpine/start", 404, "No such container: alpine"),
        ("GET /networks/alpine", 404, "network alpine not found"),
        ("GET /volumes/alpine", 404, "get alpine: no such volume"),
        ("GET /plugins/alpine/json", 404, "plugin \"alpine\" not found"),
        ("POST /commit?container=x", 404, "No such container: x"),
        ("POST /session", 400, "no upgrade proto in request"),
        ("DELETE /images/%20", 400, "image name cannot be blank"),
        ("DELETE /images/", 400, "image name cannot be blank"),
        ("GET /images/json?filters=xx", 400, "invalid filter"),
    ] {
        let reply = ask(&stage.socket(), line).await;
        assert_eq!((reply.status, reply.message().as_str()), (status, message), "{line}");
    }
    let swarm = ask(&stage.socket(), "GET /services/alpine").await;
    assert_eq!(swarm.status, 503);
    assert!(swarm.message().starts_with("This node is not a swarm manager. "));
}

#[tokio::test]
async fn what_cannot_be_done_is_not_supported_in_so_many_words() {
    let stage = Stage::new();
    for line in [
        "POST /build?t=x",
        "POST /images/prune",
        "GET /images/search?term=a",
        "GET /events",
        "GET /system/df",
        "POST /networks/create",
        "POST /images/create?fromSrc=http://files.example/a.tar",
    ] {
        let reply = ask(&stage.socket(), line).await;
        assert_eq!(reply.status, 501, "{line}");
        assert!(reply.message().contains("not supported"), "{line}: {}", reply.message());
    }
}

#[tokio::test]
async fn cleaning_up_finds_nothing_to_clean() {
    let stage = Stage::new();
    for (line, body) in [
        ("GET /containers/json?all=1", "[]\n"),
        ("GET /networks", "[]\n"),
        ("GET /volumes", "{\"Volumes\":[],\"Warnings\":null}\n"),
        ("POST /containers/prune", "{\"ContainersDeleted\":null,\"SpaceReclaimed\":0}\n"),
        ("POST /networks/prune", "{\"NetworksDeleted\":null}\n"),
        ("POST /volumes/prune", "{\"VolumesDeleted\":null,\"SpaceReclaimed\":0}\n"),
        ("POST /build/prune", "{\"CachesDeleted\":null,\"SpaceReclaimed\":0}\n"),
    ] {
        let reply = ask(&stage.socket(), line).await;
        assert_eq!((reply.status, reply.body().as_str()), (200, body), "{line}");
    }
}

#[tokio::test]
async fn a_container_of_an_unknown_image_makes_clients_pull_it() {
    let stage = Stage::new();
    stage.canned.put("known:1", "1", image("{}"));
    let create = |body: &'static str| {
        let socket = stage.socket();
        async move { ask_with(&socket, "POST /containers/create?name=x", &[], body.as_bytes()).await }
    };
    let unknown = create(r#"{"Image":"nosuch:1"}"#).await;
    assert_eq!((unknown.status, unknown.message().as_str()), (404, "text of IMAGE_NOT_FOUND"));
    let known = create(r#"{"image":"known:1","Cmd":[]}"#).await;
    assert_eq!(
        (known.status, known.message().as_str()),
        (501, "containers are not supported by this server")
    );
    assert_eq!(create("nonsense").await.status, 400);
}
