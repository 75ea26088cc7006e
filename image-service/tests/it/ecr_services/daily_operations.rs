//! The commands that the README gives to operators, as they stand there.

use std::{env, path::Path};

use fixtures::{
    images::Image,
    registry::ScriptedRegistry,
    tool::{Ran, Tool, pinned},
};

use super::{
    seeds::{self, APP},
    world::World,
};

const README: &str = include_str!("../../../../README.md");

/// The lines of code under the heading, without what explains them.
fn commands() -> Vec<&'static str> {
    let (_, section) = README.split_once("\n### Daily operations\n").expect("the section is there");
    let section = section.split("\n#").next().unwrap();
    section
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| !line.starts_with('#'))
        .collect()
}

async fn typed(command: &str, socket: &Path) -> Ran {
    let tools = pinned("bin/grpcurl").parent().unwrap().to_owned();
    let path = format!("{}:{}", tools.display(), env::var("PATH").unwrap());
    Tool::new("sh").args(["-c", command]).env("PATH", path).env("socket", socket).run().await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_works_as_it_stands_in_the_readme() {
    let hub = ScriptedRegistry::start().await;
    hub.push("library/alpine", "3.20", &Image::docker("alpine"));
    let world = World::local_with(&format!(
        "[similarity]\nenabled = true\n[registries.'docker.io']\nendpoint = 'http://{}'\n",
        hub.host()
    ))
    .await;
    let sdk = world.sdk().await;
    seeds::create(&sdk, APP).await;
    seeds::push(&sdk, APP, &Image::docker("app"), &["v1"]).await;

    let expected = [
        ("Health/Check", "SERVING"),
        ("Images/List", ""),
        ("Images/Pull", "\"newer\": true"),
        ("Images/Inspect", "\"alpine:3.20\""),
        ("Credentials/List", "{"),
        ("System/RateLimits", "{"),
        ("Events/List", "\"reference\": \"alpine:3.20\""),
        ("Similarity/Search", "\"embedder\""),
        ("ImageService/DescribeImages", "\"v1\""),
        ("System/Drain", "{"),
    ];
    let commands = commands();
    assert_eq!(commands.len(), expected.len(), "{commands:#?}");
    for (command, (call, said)) in commands.iter().zip(expected) {
        assert!(command.ends_with(call), "{command}");
        let out = typed(command, &world.socket()).await.ok();
        assert!(out.contains(said), "{command}\n{out}");
    }
    let out = typed(commands[0], &world.socket()).await.ok();
    assert!(out.contains("NOT_SERVING"), "it is drained: {out}");
}
