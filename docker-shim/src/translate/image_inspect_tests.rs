//! Inspect of the images that the raw captures show (`inspect_full`, `inspect_min`), and of configs that are odd.

use proptest::prelude::*;
use prost_types::Timestamp;
use serde_json::Value;

use super::*;

/// A config with every member; the order of members is not Docker's on purpose.
const FULL: &str = r##"{"os":"linux","architecture":"amd64","created":"2026-11-20T21:53:43.127476790Z","author":"","container":"9bfdfd7548f2",
"container_config":{"Hostname":"9bfdfd7548f2","User":"1000","Cmd":["/bin/sh","-c","#(nop) "]},"docker_version":"20.10.24+dfsg1",
"config":{"StopSignal":"SIGTERM","Labels":{"maintainer":"x <y@z>","com.example.k":"v"},"OnBuild":null,"Entrypoint":["/ep"],"WorkingDir":"/w",
"Volumes":{"/data":{}},"Image":"sha256:998bee50","Healthcheck":{"Retries":2,"Test":["CMD","/hello"],"Interval":5000000000},"Cmd":["a","b"],
"Env":["PATH=/usr/bin:/bin","FOO=bar"],"ExposedPorts":{"8080/tcp":{}},"User":"1000","Hostname":"","Tty":false},
"rootfs":{"type":"layers","diff_ids":["sha256:c209fe17","sha256:6a590858"]},"history":[{"comment":""}]}"##;

fn image(config: &str) -> Image {
    Image {
        id: "sha256:b974d28b".to_owned(),
        repo_tags: vec!["full:1".to_owned()],
        repo_digests: vec![],
        config: config.to_owned().into(),
        size: 6,
        last_tagged: Some(Timestamp { seconds: 1_795_211_624, nanos: 90_486_143 }),
    }
}

fn rendered(config: &str, version: &str) -> String {
    let image = image(config);
    let config = config_of(&image);
    serde_json::to_string(&image_inspect(&image, &config, ApiVersion::parse(version))).unwrap()
}

#[test]
fn every_member_has_dockers_place() {
    assert_eq!(
        rendered(FULL, "1.41"),
        concat!(
            r#"{"Id":"sha256:b974d28b","RepoTags":["full:1"],"RepoDigests":[],"Parent":"","Comment":"","Created":"2026-11-20T21:53:43.12747679Z","#,
            r#""Container":"9bfdfd7548f2","ContainerConfig":{"Hostname":"9bfdfd7548f2","Domainname":"","User":"1000","AttachStdin":false,"#,
            r#""AttachStdout":false,"AttachStderr":false,"Tty":false,"OpenStdin":false,"StdinOnce":false,"Env":null,"Cmd":["/bin/sh","-c","#,
            r##""#(nop) "],"Image":"","Volumes":null,"WorkingDir":"","Entrypoint":null,"OnBuild":null,"Labels":null},"##,
            r#""DockerVersion":"20.10.24+dfsg1","Author":"","Config":{"Hostname":"","Domainname":"","User":"1000","AttachStdin":false,"#,
            r#""AttachStdout":false,"AttachStderr":false,"ExposedPorts":{"8080/tcp":{}},"Tty":false,"OpenStdin":false,"StdinOnce":false,"#,
            r#""Env":["PATH=/usr/bin:/bin","FOO=bar"],"Cmd":["a","b"],"Healthcheck":{"Test":["CMD","/hello"],"Interval":5000000000,"Retries":2},"#,
            r#""Image":"sha256:998bee50","Volumes":{"/data":{}},"WorkingDir":"/w","Entrypoint":["/ep"],"OnBuild":null,"#,
            r#""Labels":{"com.example.k":"v","maintainer":"x <y@z>"},"StopSignal":"SIGTERM"},"Architecture":"amd64","Os":"linux","Size":6,"#,
            r#""VirtualSize":6,"GraphDriver":{"Data":null,"Name":"image-service"},"RootFS":{"Type":"layers","Layers":["sha256:c209fe17","#,
            r#""sha256:6a590858"]},"Metadata":{"LastTagTime":"2026-11-20T21:53:44.090486143Z"}}"#,
        )
    );
}

#[test]
fn members_go_as_versions_rise() {
    let members = |version: &str| {
        let answer: Value = serde_json::from_str(&rendered(FULL, version)).unwrap();
        ["VirtualSize", "Container", "ContainerConfig"].map(|key| answer.get(key).is_some())
    };
    assert_eq!(members("1.43"), [true, true, true]);
    assert_eq!(members("1.44"), [false, true, true]);
    assert_eq!(members("1.45"), [false, false, false]);
}

#[test]
fn a_config_of_1_50_has_no_member_of_a_container() {
    let answer: Value = serde_json::from_str(&rendered(FULL, "1.50")).unwrap();
    let keys: Vec<&String> = answer["Config"].as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "Cmd",
            "Entrypoint",
            "Env",
            "ExposedPorts",
            "Healthcheck",
            "Labels",
            "OnBuild",
            "StopSignal",
            "User",
            "Volumes",
            "WorkingDir"
        ]
    );
}

#[test]
fn an_empty_config_has_every_member_that_is_never_left_out() {
    let expected = concat!(
        r#"{"Id":"sha256:b974d28b","RepoTags":["full:1"],"RepoDigests":[],"Parent":"","Comment":"","DockerVersion":"","Author":"","#,
        r#""Config":{"User":"","Env":null,"Cmd":null,"Volumes":null,"WorkingDir":"","Entrypoint":null,"OnBuild":null,"Labels":null},"#,
        r#""Architecture":"","Os":"","Size":6,"GraphDriver":{"Data":null,"Name":"image-service"},"RootFS":{"Type":"layers"},"#,
        r#""Metadata":{"LastTagTime":"2026-11-20T21:53:44.090486143Z"}}"#,
    );
    for config in [
        "{}",
        "null",
        "",
        "[1]",
        "{\"config\":null,\"rootfs\":null,\"history\":[]}",
        "\u{0}",
        "{\"config\":{\"Env\":[1]}}",
    ] {
        assert_eq!(rendered(config, "1.51"), expected, "{config}");
    }
}

#[test]
fn an_unknown_creation_time_is_zero_below_1_44() {
    assert!(rendered("{}", "1.43").contains(r#""Created":"0001-01-01T00:00:00Z""#));
    assert!(!rendered("{}", "1.44").contains("Created"));
}

#[test]
fn the_comment_of_the_last_step_stands_in() {
    let of = |config: &str| {
        rendered(config, "1.51").split(r#""Comment":""#).nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    assert_eq!(of(r#"{"history":[{"comment":"a"},{"comment":"buildkit"}]}"#), "buildkit");
    assert_eq!(of(r#"{"comment":"own","history":[{"comment":"buildkit"}]}"#), "own");
}

#[test]
fn a_command_may_be_one_text() {
    assert!(
        rendered(r#"{"config":{"Cmd":"/x","Shell":[],"Env":[],"Healthcheck":{}}}"#, "1.51")
            .contains(r#""Env":[],"Cmd":["/x"],"Healthcheck":{},"Volumes":null"#)
    );
}

#[test]
fn versions_with_the_same_format_have_the_same_answer() {
    for (low, high) in [("1.24", "1.43"), ("1.44", "1.44"), ("1.45", "1.49"), ("1.50", "1.51")] {
        assert_eq!(format_of(ApiVersion::parse(low)), format_of(ApiVersion::parse(high)));
        assert_eq!(rendered(FULL, low), rendered(FULL, high));
    }
    let formats = ["1.43", "1.44", "1.45", "1.50"].map(|version| format_of(ApiVersion::parse(version)));
    assert_eq!(formats, [0, 1, 2, 3]);
}

fn any_json() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "config",
        "rootfs",
        "history",
        "created",
        "Env",
        "Labels",
        "Cmd",
        "Healthcheck",
        "diff_ids",
        "comment",
        "Volumes",
        "os",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z0-9:T.-]{0,24}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6).prop_map(|members| members
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect::<Value>()),
        ]
    })
}

proptest! {
    #[test]
    fn no_config_is_too_odd(config in any_json(), minor in 24_u32..=51) {
        let _ = rendered(&config.to_string(), &format!("1.{minor}"));
    }
}
