//! The same against moto's server, which somebody else wrote. Its digests are not those of manifests, so nothing here reads one.

use super::{suite, world::World};

async fn clear(world: &World) {
    let sdk = world.sdk().await;
    let all = sdk.describe_repositories().send().await.unwrap().repositories.unwrap_or_default();
    for repository in all {
        let delete = sdk.delete_repository().set_repository_name(repository.repository_name).force(true);
        delete.send().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_answers_as_a_local_ecr_does() {
    let world = World::moto().await;
    suite::lists_repositories(&world).await;
    clear(&world).await;
    suite::reads_policies(&world).await;
    clear(&world).await;
    suite::lists_images(&world).await;
    clear(&world).await;
    suite::deletes_tags(&world).await;
    suite::gives_a_login(&world).await;
    clear(&world).await;
    suite::scans_an_image(&world).await;
    suite::lists_destinations(&world).await;
}
