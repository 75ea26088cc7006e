//! The routing table, and that nothing falls through it.

use proptest::prelude::*;

use super::*;

fn call_of<'p>(method: &str, path: &'p str) -> Option<Call<'p>> {
    route(&method.parse().unwrap(), path).ok().map(|route| route.call)
}

#[test]
fn names_are_matched_greedily_and_the_last_segment_is_the_operation() {
    for (method, path, call) in [
        ("GET", "/images/nginx/json", Call::ImageInspect { name: "nginx" }),
        (
            "GET",
            "/v1.41/images/127.0.0.1:5000/team/app:v1/json",
            Call::ImageInspect { name: "127.0.0.1:5000/team/app:v1" },
        ),
        ("GET", "/images/json/json", Call::ImageInspect { name: "json" }),
        ("GET", "/images/foo/history/json", Call::ImageInspect { name: "foo/history" }),
        ("GET", "/images/a@sha256:ab/history", Call::ImageHistory { name: "a@sha256:ab" }),
        ("GET", "/images/a/b/get", Call::ImageSave { name: Some("a/b") }),
        ("GET", "/images/get", Call::ImageSave { name: None }),
        ("GET", "/images/get/get", Call::ImageSave { name: Some("get") }),
        ("GET", "/images/json", Call::ImageList),
        ("GET", "/images/search", Call::ImageSearch),
        ("POST", "/images/a/b:c/tag", Call::ImageTag { name: "a/b:c" }),
        ("POST", "/images/tag/tag", Call::ImageTag { name: "tag" }),
        ("POST", "/images/a/push", Call::ImagePush { name: "a" }),
        ("POST", "/images/h:5000/push/push", Call::ImagePush { name: "h:5000/push" }),
        ("POST", "/images/create", Call::ImageCreate),
        ("POST", "/v1.25/images/prune", Call::ImagePrune),
        ("DELETE", "/images/a/b/json", Call::ImageRemove { name: "a/b/json" }),
        ("DELETE", "/images/", Call::ImageRemove { name: "" }),
        ("GET", "/distribution/a/b:1/json", Call::Distribution { name: "a/b:1" }),
        ("GET", "/containers/a/json", Call::Container { id: "a" }),
        ("POST", "/v1.25/containers/a/start", Call::Container { id: "a" }),
        ("PUT", "/containers/a/archive", Call::Container { id: "a" }),
        ("GET", "/containers/ghcr.io/team/app:1/json", Call::Container { id: "ghcr.io/team/app:1" }),
        ("DELETE", "/containers/a/json", Call::Container { id: "a/json" }),
        ("GET", "/containers/a/attach/ws", Call::Container { id: "a" }),
        ("GET", "/networks/a/b", Call::Network { id: "a/b" }),
        ("POST", "/networks/a/b/disconnect", Call::Network { id: "a/b" }),
        ("DELETE", "/volumes/a/b", Call::Volume { name: "a/b" }),
        ("POST", "/exec/a/start", Call::Exec { id: "a" }),
        ("GET", "/plugins/a/b:c/json", Call::Plugin { name: "a/b:c" }),
        ("GET", "/services", Call::Swarm),
        ("GET", "/services/alpine", Call::Swarm),
        ("HEAD", "/_ping", Call::Ping),
        ("HEAD", "/v1.40/_ping", Call::Ping),
        ("OPTIONS", "/nope", Call::Options),
    ] {
        assert_eq!(call_of(method, path), Some(call), "{method} {path}");
    }
}

#[test]
fn everything_else_is_unknown() {
    for (method, path) in [
        ("GET", "/nope"),
        ("GET", "/v1.41/nope"),
        ("PUT", "/images/json"),
        ("PUT", "/networks/x"),
        ("HEAD", "/images/min:1/json"),
        ("HEAD", "/version"),
        ("GET", "/images/json/"),
        ("GET", "/images/"),
        ("DELETE", "/images"),
        ("POST", "/images/tag"),
        ("GET", "/v/version"),
        ("GET", "/vx/version"),
        ("GET", "/v1.41"),
        ("GET", "/"),
        ("GET", ""),
        ("GET", "*"),
        ("CONNECT", "/version"),
        ("GET", "/containers/"),
        ("GET", "/containers/x"),
        ("POST", "/networks/x"),
        ("POST", "/v1.24/images/prune"),
    ] {
        assert_eq!(route(&method.parse().unwrap(), path), Err(Miss::Unknown), "{method} {path}");
    }
}

#[test]
fn versions_outside_the_range_are_named_in_the_answer() {
    let miss = |path| route(&Method::GET, path).unwrap_err();
    assert_eq!(miss("/v1.99/version"), Miss::TooNew("1.99".to_owned()));
    assert_eq!(miss("/v1.52/images/json"), Miss::TooNew("1.52".to_owned()));
    assert_eq!(miss("/v1.23/version"), Miss::TooOld("1.23".to_owned()));
    assert_eq!(miss("/v../version"), Miss::TooOld("..".to_owned()));
    assert_eq!(miss("/v1.99/nope"), Miss::Unknown);
    let version = |path| route(&Method::GET, path).unwrap().version;
    assert_eq!(version("/v1.24/version"), ApiVersion::new(1, 24));
    assert_eq!(version("/version"), engine::API_MAX);
}

#[test]
fn long_ways_are_shown_the_short_one() {
    for (path, clean) in [
        ("//v1.41/images/json", "/v1.41/images/json"),
        ("/v1.41/images//json", "/v1.41/images/json"),
        ("/images/../version", "/version"),
        ("/./version/", "/version/"),
        ("//", "/"),
        ("/../..", "/"),
        ("/images/a b//json", "/images/a%20b/json"),
    ] {
        assert_eq!(route(&Method::GET, path), Err(Miss::Moved(clean.to_owned())), "{path}");
    }
}

proptest! {
    #[test]
    fn no_path_is_too_odd(method in "GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH", path in "\\PC*") {
        let _ = route(&method.parse().unwrap(), &path);
    }

    #[test]
    fn no_path_that_looks_right_is_too_odd(
        method in "GET|POST|PUT|DELETE",
        version in "(/v[0-9.]{0,9})?",
        kind in "/(images|containers|networks|volumes|plugins|exec|distribution|services)?",
        name in "[a-z:@/.%]{0,12}",
        operation in "(/json|/tag|/history|/get|/push)?",
    ) {
        let path = format!("{version}{kind}/{name}{operation}");
        if let Err(Miss::Moved(clean)) = route(&method.parse().unwrap(), &path) {
            let decoded = crate::percent::decode_path(&clean).unwrap();
            prop_assert!(!matches!(route(&method.parse().unwrap(), &decoded), Err(Miss::Moved(_))), "{path} {clean}");
        }
    }
}
