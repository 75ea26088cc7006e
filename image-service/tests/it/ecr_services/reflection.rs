//! grpcurl, which knows nothing of ECR's services but what reflection tells it.

use fixtures::tool::{Ran, Tool, pinned};

use super::{
    seeds::{self, APP},
    world::World,
};

async fn grpcurl(world: &World, options: &[&str], method: &str) -> Ran {
    let tool = Tool::new(pinned("bin/grpcurl")).args(["-plaintext", "-unix", "-authority", "localhost"]);
    tool.args(options).arg(world.socket()).arg(method).run().await
}

#[tokio::test(flavor = "multi_thread")]
async fn grpcurl_finds_the_services_and_calls_one() {
    let world = World::local().await;
    let services = grpcurl(&world, &[], "list").await.ok();
    for service in [
        "ecr.v1.AuthService",
        "ecr.v1.ImageService",
        "ecr.v1.ManifestService",
        "ecr.v1.PublicRegistryService",
        "ecr.v1.ReplicationService",
        "ecr.v1.RepositoryService",
        "ecr.v1.ScanService",
    ] {
        assert!(services.lines().any(|line| line == service), "{services}");
    }
    seeds::create(&world.sdk().await, APP).await;
    let listed = grpcurl(&world, &["-d", "{}"], "ecr.v1.RepositoryService/ListRepositories").await.ok();
    assert!(listed.contains("\"repositoryName\": \"team/app\""), "{listed}");
}
