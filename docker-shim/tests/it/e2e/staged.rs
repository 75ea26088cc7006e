//! What tests of several themes ask of staged images.

use fixtures::{system::System, tool::Tool};

/// Pulls every byte of an image from where the service says it is, verified by skopeo.
pub(super) async fn assert_pullable(system: &System, name: &str) {
    pull(&system.pullable(name).await, "").await;
}

/// Pulls every byte of a reference, as `user:password` if not empty.
pub(super) async fn pull(reference: &str, credentials: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mut skopeo =
        Tool::new("skopeo").args(["--insecure-policy", "copy", "--quiet", "--src-tls-verify=false"]);
    if !credentials.is_empty() {
        skopeo = skopeo.args(["--src-creds", credentials]);
    }
    skopeo
        .arg(format!("docker://{reference}"))
        .arg(format!("dir:{}", folder.path().display()))
        .run()
        .await
        .ok();
}
