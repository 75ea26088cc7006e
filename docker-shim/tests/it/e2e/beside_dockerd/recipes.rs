//! One image of each kind that an engine treats differently.

use fixtures::peers::{Layer, Recipe};
use serde_json::json;

/// Name and recipe of each. Creation times differ, so that lists have one order.
pub(crate) fn all() -> Vec<(&'static str, Recipe)> {
    vec![
        ("team/plain", plain()),
        ("team/full", full()),
        ("team/steps", many_steps()),
        ("team/markup", markup()),
        ("team/oci", Recipe::plain("oci").oci().created("2024-01-05T00:00:00Z")),
        ("team/old-builder", old_builder()),
        ("team/no-history", no_history()),
        ("team/two-layers", two_layers()),
        ("deep/path/of/components", Recipe::plain("deep").created("2024-01-09T00:00:00Z")),
    ]
}

/// Convenience for `created`.
pub(crate) trait Created {
    /// The same image, created at another time.
    fn created(self, time: &str) -> Self;
}

impl Created for Recipe {
    fn created(mut self, time: &str) -> Self {
        self.config["created"] = time.into();
        self
    }
}

fn plain() -> Recipe {
    Recipe::plain("plain").created("2024-01-01T00:00:00Z")
}

/// Every member that a config may have.
fn full() -> Recipe {
    let mut recipe = Recipe::plain("full").created("2024-01-02T03:04:05.120300000Z");
    recipe.config["author"] = "somebody <somebody@example.com>".into();
    recipe.config["comment"] = "a comment".into();
    recipe.config["docker_version"] = "20.10.24".into();
    recipe.config["variant"] = "v2".into();
    recipe.config["config"] = json!({
        "Hostname": "host", "Domainname": "example.com", "User": "1000:1000",
        "AttachStdin": true, "AttachStdout": true, "AttachStderr": true, "Tty": true, "OpenStdin": true, "StdinOnce": true,
        "ExposedPorts": { "8080/tcp": {}, "53/udp": {} },
        "Env": ["PATH=/usr/bin:/bin", "EMPTY=", "WITH=a=b", "QUOTED=\"x\""],
        "Cmd": ["a", "b c", ""],
        "Healthcheck": { "Test": ["CMD", "/hello"], "Interval": 5_000_000_000u64, "Timeout": 1_000_000_000, "StartPeriod": 2_000_000_000u64, "Retries": 2 },
        "ArgsEscaped": true,
        "Image": "sha256:998bee50e0ea0a11a27e3ff1a3a9fc41b5bbcd6f4e2a4f3b8b3d2cd2a6bc0a55",
        "Volumes": { "/data": {}, "/var/lib/x": {} },
        "WorkingDir": "/w",
        "Entrypoint": ["/ep"],
        "OnBuild": ["RUN a", "RUN b"],
        "Labels": { "com.example.k": "v", "empty": "", "unicode": "größer ≥ 1" },
        "StopSignal": "SIGTERM", "StopTimeout": 7,
        "Shell": ["/bin/bash", "-c"],
    });
    recipe
}

fn many_steps() -> Recipe {
    let mut recipe = Recipe::plain("steps").created("2024-01-03T00:00:00Z");
    let mut history = vec![
        json!({ "created": "2024-01-02T00:00:00.5Z", "created_by": "COPY hello /hello", "comment": "buildkit.dockerfile.v0" }),
    ];
    history.extend((0..40).map(|step| {
        json!({ "created": format!("2024-01-02T00:00:{step:02}Z"), "created_by": format!("ENV STEP={step}"), "author": "x", "empty_layer": true })
    }));
    recipe.config["history"] = history.into();
    recipe
}

/// Characters that HTML and JSON encoders like to escape.
fn markup() -> Recipe {
    let mut recipe = Recipe::plain("markup").created("2024-01-04T00:00:00Z");
    recipe.config["config"]["Labels"] =
        json!({ "maintainer": "x <y@z> & co", "separator": "\u{2028}", "control": "\u{1}\t" });
    recipe.config["config"]["Env"] = json!(["A=<&>", "B=\\\"'"]);
    recipe.config["history"][0]["created_by"] = "RUN a && b > c < d".into();
    recipe
}

/// What the classic builder writes besides.
fn old_builder() -> Recipe {
    let mut recipe = Recipe::plain("old").created("2024-01-06T00:00:00Z");
    recipe.config["docker_version"] = "20.10.24+dfsg1".into();
    recipe.config["container"] = "9bfdfd75f35a8e6b0f0d4c9d2d0f6ff2c5b1f4a3c8ef4d1f8a9d6d7f0c1b2a33".into();
    recipe.config["container_config"] = json!({
        "Hostname": "9bfdfd75f35a", "Env": ["PATH=/usr/bin:/bin"], "Cmd": ["/bin/sh", "-c", "#(nop) ", "CMD [\"/hello\"]"],
        "Labels": { "a": "b" }, "Image": "sha256:998bee50e0ea0a11a27e3ff1a3a9fc41b5bbcd6f4e2a4f3b8b3d2cd2a6bc0a55",
    });
    recipe
}

fn no_history() -> Recipe {
    let mut recipe = Recipe::plain("no-history").created("2024-01-07T00:00:00Z");
    recipe.config.as_object_mut().unwrap().remove("history");
    recipe
}

fn two_layers() -> Recipe {
    let mut recipe = Recipe::plain("two-layers").created("2024-01-08T00:00:00Z");
    recipe.layers.push(Layer::with_file("second", &[b'x'; 4096]));
    recipe.config["history"] = json!([
        { "created": "2024-01-07T00:00:00Z", "created_by": "COPY hello /hello" },
        { "created": "2024-01-07T00:00:01Z", "created_by": "ENV A=b", "empty_layer": true },
        { "created": "2024-01-08T00:00:00Z", "created_by": "COPY second /second" },
    ]);
    recipe
}
