//! `config check` and `config print`, as they are typed.

use fixtures::{system::binary, tool::Tool};

const MANY: &str = "\
lissten = 'x'
[pull]
tag_ttl_seconds = 'soon'
[credentials]
key_file = '/no/key'
[log]
filter = 'a=b=c'
[ecr]
request_timeout_ms = 9000
operation_timeout_ms = 8000
endpoint_url = 'nowhere'
[registries.\"ghcr.io\"]
ca_file = '/no/ca'
[registries.\"quay.io\"]
ca_file = '/no/ca'
";

fn service(args: &[&str]) -> Tool {
    Tool::new(binary("image-service")).args(args)
}

#[tokio::test]
async fn a_check_tells_all_mistakes_with_their_places() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, MANY).unwrap();
    let check = service(&["config", "check", "--listen", "nowhere", "--config"]).arg(&path);
    let said = check.env("IMAGE_SERVICE_PULL__PLATFORM", "a/b/c/d").run().await.refused();
    let file = path.display();
    for mistake in [
        format!("{file}:1:1: lissten: unknown key: did you mean listen?\n"),
        format!("{file}:3:1: pull.tag_ttl_seconds: expected a whole number, 0 or more, found a text\n"),
        format!("{file}:5:1: credentials.key_file: "),
        format!("{file}:7:1: log.filter \"a=b=c\""),
        format!("{file}:9:1: ecr.request_timeout_ms is longer than ecr.operation_timeout_ms\n"),
        format!("{file}:11:1: ecr.endpoint_url \"nowhere\""),
        format!("{file}:12:13: registries.\"ghcr.io\": cannot use ca_file /no/ca: No such file"),
        format!("{file}:14:13: registries.\"quay.io\": cannot use ca_file /no/ca: No such file"),
        "--listen: listen: \"nowhere\" is neither unix:///PATH nor HOST:PORT\n".into(),
        "IMAGE_SERVICE_PULL__PLATFORM: pull.platform: ".into(),
        "mistakes in the configuration: 10".into(),
    ] {
        assert!(said.contains(&mistake), "{mistake}\n{said}");
    }
}

#[tokio::test]
async fn a_service_with_mistakes_tells_all_of_them_and_does_not_start() {
    let refused =
        service(&["serve", "--listen", "nowhere"]).env("IMAGE_SERVICE_LOG__FORMAT", "xml").run().await;
    let said = refused.refused();
    assert!(said.contains("--listen: ") && said.contains("IMAGE_SERVICE_LOG__FORMAT: "), "{said}");
}

#[tokio::test]
async fn what_is_printed_can_be_given_to_a_service_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("printed.toml");
    let print =
        service(&["config", "print", "--data-dir", "/d"]).env("IMAGE_SERVICE_PULL__TAG_TTL_SECONDS", "60");
    let printed = print.run().await.ok();
    assert!(printed.contains("data_dir = \"/d\" # --data-dir\n"), "{printed}");
    assert!(printed.contains("tag_ttl_seconds = 60 # IMAGE_SERVICE_PULL__TAG_TTL_SECONDS\n"), "{printed}");
    std::fs::write(&path, &printed).unwrap();
    let again = service(&["config", "print", "--config"]).arg(&path).run().await.ok();
    let values = |text: &str| text.parse::<toml::Table>().unwrap();
    assert_eq!(values(&again), values(&printed));
}

#[tokio::test]
async fn secrets_are_not_printed() {
    let print = service(&["config", "print"])
        .env("IMAGE_SERVICE_DATABASE_URL", "postgres://images:hunter2@db.example.com/images")
        .env("IMAGE_SERVICE_ECR__AUTH__KIND", "static")
        .env("IMAGE_SERVICE_ECR__AUTH__ACCESS_KEY_ID", "AKID1")
        .env("IMAGE_SERVICE_ECR__AUTH__SECRET_ACCESS_KEY", "s3cret");
    let printed = print.run().await.ok();
    assert!(printed.contains("postgres://masked@db.example.com/images"), "{printed}");
    for secret in ["hunter2", "AKID1", "s3cret"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}
