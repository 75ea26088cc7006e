use super::*;

#[tokio::test]
async fn a_state_of_the_first_version_is_opened_with_all_that_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("state.sqlite");
    std::fs::write(&file, "").unwrap();
    let old = pool(1, WRITE_TIMEOUT, options(&file, Durability::default())).await.unwrap();
    let first = migrator().migrations.first().cloned().unwrap();
    Migrator::with_migrations(vec![first]).run(&old).await.unwrap();
    for row in [
        "INSERT INTO repositories VALUES (1, '000000000000', 'us-east-1', 'app', 1700000000)",
        "INSERT INTO blobs VALUES ('sha256:c', 10), ('sha256:l', 32)",
        "INSERT INTO repository_blobs VALUES (1, 'sha256:c', 0), (1, 'sha256:l', 0)",
        "INSERT INTO manifests VALUES (1, 'sha256:m', 't', '', NULL, '{}', 1700000000, x'00')",
        "INSERT INTO manifests VALUES (1, 'sha256:i', 't', '', NULL, '{}', 1700000000, x'00')",
        "INSERT INTO manifest_blobs VALUES (1, 'sha256:m', 'sha256:c'), (1, 'sha256:m', 'sha256:l')",
        "INSERT INTO manifest_children VALUES (1, 'sha256:i', 'sha256:m')",
        "INSERT INTO tags VALUES (1, 'v1', 'sha256:i')",
    ] {
        sqlx::query(row).execute(&old).await.unwrap();
    }
    old.close().await;
    let pace = Pace { scan: Duration::ZERO, restore: Duration::ZERO };
    let state = State::open(&file, Durability::default(), Clock::default(), pace).await.unwrap();
    for digest in ["sha256:m", "sha256:i"] {
        let image = state.image(1, digest).await.unwrap().unwrap();
        assert_eq!((image.size, image.status), (42, crate::model::ImageStatus::Active), "{digest}");
    }
    assert_eq!(state.tagged(1, "v1").await.unwrap().as_deref(), Some("sha256:i"));
    let tags = state.image_tags(1, "", 10).await.unwrap();
    let dated: Vec<_> = tags.iter().map(|tag| (tag.tag.as_str(), tag.created)).collect();
    assert_eq!(dated, [("v1", 1_700_000_000)]);
    let registry = crate::model::RegistryId::default();
    let repository = state.describe_repository(&registry, "app").await.unwrap().unwrap();
    assert_eq!((repository.mutability.name(), repository.scan_on_push), ("MUTABLE", false));
    state.close().await;
}
