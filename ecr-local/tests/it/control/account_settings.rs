//! Settings of an account, and that a push follows them.

use ecr_local::BasicScanVersion;
use fixtures::images::Image;
use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn a_setting_that_there_is_not_and_a_value_that_it_cannot_have_are_refused() {
    let stage = Stage::start().await;
    stage.fails("GetAccountSetting", json!({"name": "OTHER"}), "InvalidParameterException").await;
    for (name, value) in [
        ("OTHER", "ENABLED"),
        ("BLOB_MOUNTING", "enabled"),
        ("BASIC_SCAN_TYPE_VERSION", "CLAIR"),
        ("REGISTRY_POLICY_SCOPE", "V1"),
    ] {
        let put = json!({"name": name, "value": value});
        stage.fails("PutAccountSetting", put, "InvalidParameterException").await;
    }
}

#[tokio::test]
async fn settings_have_defaults_and_are_kept() {
    let mut stage = Stage::with(|builder| builder.basic_scan_version(BasicScanVersion::Clair)).await;
    for (name, usual, set) in [
        ("BASIC_SCAN_TYPE_VERSION", "CLAIR", "AWS_NATIVE"),
        ("BLOB_MOUNTING", "ENABLED", "DISABLED"),
        ("REGISTRY_POLICY_SCOPE", "V2", "V2"),
    ] {
        let get = json!({"name": name});
        let told = stage.done("GetAccountSetting", get.clone()).await;
        assert_eq!(told, json!({"name": name, "value": usual}));
        let put = json!({"name": name, "value": set});
        assert_eq!(stage.done("PutAccountSetting", put.clone()).await, put);
        stage.restart(|builder| builder.basic_scan_version(BasicScanVersion::Clair)).await;
        assert_eq!(stage.done("GetAccountSetting", get).await, put);
    }
}

#[tokio::test]
async fn blobs_are_mounted_as_long_as_that_is_not_disabled() {
    let stage = Stage::start().await;
    let image = Image::oci("one");
    stage.push("app", "v1", &image).await;
    let layer = image.layers[0].digest();
    let mount = async |repository: &str, status: u16| {
        let path = format!("/v2/{repository}/blobs/uploads/?mount={layer}&from=app");
        stage.ask("POST", &path).await.expect(status);
    };
    mount("before", 201).await;
    let set = |value: &str| json!({"name": "BLOB_MOUNTING", "value": value});
    stage.done("PutAccountSetting", set("DISABLED")).await;
    mount("after", 202).await;
    stage.get(&format!("/v2/after/blobs/{layer}")).await.refused(404, "BLOB_UNKNOWN");
    stage.get(&format!("/v2/before/blobs/{layer}")).await.expect(200);
    stage.done("PutAccountSetting", set("ENABLED")).await;
    mount("after", 201).await;
}
