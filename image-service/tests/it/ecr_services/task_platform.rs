//! The platform that pulls choose when they are not told: that of the tasks.

use aws_sdk_ecs::types::{ContainerDefinition, CpuArchitecture, RuntimePlatform};
use ecr_local::EcrLocal;
use fixtures::{
    images::{ImageBuilder, OCI_INDEX, index},
    registry::ScriptedRegistry,
};
use futures_util::TryStreamExt as _;
use image_service::ecr::Ecr;
use imageservice_proto::v1::{PullRequest, pull_event::Event};

use super::world::{ACCOUNT, REGION, World, sdk_config};

/// Registers tasks that run on ARM.
async fn register(url: &str) {
    let ecs = aws_sdk_ecs::Client::new(&sdk_config(url, REGION).await);
    let container = ContainerDefinition::builder().name("app").image("team/app:v1").memory(128).build();
    let platform = RuntimePlatform::builder().cpu_architecture(CpuArchitecture::Arm64).build();
    let register = ecs.register_task_definition().family("runner").container_definitions(container);
    register.runtime_platform(platform).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_definition_that_is_not_there_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let local = EcrLocal::builder(folder.path()).start().await.unwrap();
    let config = format!(
        "region = '{REGION}'\necs_endpoint_url = 'http://{}'\n\
         auth = {{ kind = 'static', access_key_id = '{ACCOUNT}', secret_access_key = 's3cret' }}",
        local.address()
    );
    let ecr = Ecr::new(&toml::from_str(&config).unwrap()).unwrap();
    let error = ecr.platform_of_tasks("runner").await.unwrap_err().to_string();
    assert!(error.contains("DescribeTaskDefinition"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_takes_the_image_for_the_platform_of_the_tasks() {
    let hub = ScriptedRegistry::start().await;
    let images = ["linux/amd64", "linux/arm64"]
        .map(|platform| (platform, ImageBuilder::new(platform).platform(platform).build()));
    for (_, image) in &images {
        hub.push_untagged("team/app", image);
    }
    let all = index(OCI_INDEX, &images.each_ref().map(|(platform, image)| image.manifest.entry(platform)));
    hub.put_manifest("team/app", Some("v1"), &all);
    let pull = "[pull]\ntask_definition = 'runner'\n";
    let world = World::prepared(pull, register).await;
    let reference = format!("{}/team/app:v1", hub.host());
    let events = world.pulls().pull(PullRequest { reference, ..Default::default() }).await.unwrap();
    let events: Vec<_> = events.into_inner().try_collect().await.unwrap();
    let completed = events.into_iter().find_map(|event| match event.event {
        Some(Event::Completed(completed)) => Some(completed),
        _ => None,
    });
    assert_eq!(completed.unwrap().platform.unwrap().architecture, "arm64");
}
