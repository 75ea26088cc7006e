//! How registries are scanned, and what that means for their repositories.

use serde_json::{Value, json};

use crate::stage::Stage;

fn rule(frequency: &str, filters: &[&str]) -> Value {
    let filters: Vec<_> =
        filters.iter().map(|filter| json!({"filter": filter, "filterType": "WILDCARD"})).collect();
    json!({"scanFrequency": frequency, "repositoryFilters": filters})
}

async fn frequencies(stage: &Stage, names: &[&str]) -> Vec<(String, usize, bool)> {
    let asked = json!({"repositoryNames": names});
    let answer = stage.done("BatchGetRepositoryScanningConfiguration", asked).await;
    let found = answer["scanningConfigurations"].as_array().unwrap();
    let told = found.iter().map(|one| {
        let filters = one["appliedScanFilters"].as_array().unwrap().len();
        (one["scanFrequency"].as_str().unwrap().to_owned(), filters, one["scanOnPush"].as_bool().unwrap())
    });
    told.collect()
}

#[tokio::test]
async fn a_configuration_that_means_nothing_is_refused_and_changes_nothing() {
    let stage = Stage::start().await;
    for (kind, rules) in [
        ("BASIC", json!([rule("CONTINUOUS_SCAN", &["*"])])),
        ("ENHANCED", json!([rule("MANUAL", &["*"])])),
        ("BASIC", json!([rule("SCAN_ON_PUSH", &["a"]), rule("SCAN_ON_PUSH", &["b"])])),
    ] {
        let put = json!({"scanType": kind, "rules": rules});
        stage.fails("PutRegistryScanningConfiguration", put, "ValidationException").await;
    }
    for put in [
        json!({"scanType": "OTHER"}),
        json!({"rules": [rule("SCAN_ON_PUSH", &["UPPER"])]}),
        json!({"rules": [{"scanFrequency": "MANUAL"}]}),
    ] {
        stage.fails("PutRegistryScanningConfiguration", put, "InvalidParameterException").await;
    }
    assert_eq!(
        stage.done("GetRegistryScanningConfiguration", json!({})).await,
        json!({"registryId": "000000000000", "scanningConfiguration": {"scanType": "BASIC", "rules": []}})
    );
}

#[tokio::test]
async fn a_repository_that_is_not_there_is_told_beside_the_others() {
    let stage = Stage::start().await;
    stage.done("CreateRepository", json!({"repositoryName": "app"})).await;
    let asked = json!({"repositoryNames": ["none", "app"]});
    let answer = stage.done("BatchGetRepositoryScanningConfiguration", asked).await;
    assert_eq!(
        answer["failures"],
        json!([{
            "repositoryName": "none",
            "failureCode": "REPOSITORY_NOT_FOUND",
            "failureReason": "The repository with name 'none' does not exist",
        }])
    );
    assert_eq!(
        answer["scanningConfigurations"],
        json!([{
            "repositoryArn": "arn:aws:ecr:us-east-1:000000000000:repository/app",
            "repositoryName": "app",
            "scanOnPush": false,
            "scanFrequency": "MANUAL",
            "appliedScanFilters": [],
        }])
    );
}

#[tokio::test]
async fn the_filters_of_the_registry_say_how_each_repository_is_scanned() {
    let mut stage = Stage::start().await;
    for name in ["team/app", "team/tool", "other", "flagged"] {
        stage.done("CreateRepository", json!({"repositoryName": name})).await;
    }
    let flag = json!({"repositoryName": "flagged", "imageScanningConfiguration": {"scanOnPush": true}});
    let flagged = stage.done("PutImageScanningConfiguration", flag).await;
    assert_eq!(flagged["imageScanningConfiguration"], json!({"scanOnPush": true}));
    let all = ["team/app", "team/tool", "other", "flagged"];
    let (manual, on_push) = ("MANUAL".to_owned(), "SCAN_ON_PUSH".to_owned());
    let basic = json!({"rules": [rule("SCAN_ON_PUSH", &["team/*", "app"])]});
    stage.done("PutRegistryScanningConfiguration", basic).await;
    let told = frequencies(&stage, &all).await;
    assert_eq!(told[0], (on_push.clone(), 2, true));
    assert_eq!(told[1], (on_push.clone(), 1, true));
    assert_eq!(told[2], (manual.clone(), 0, false));
    assert_eq!(told[3], (on_push.clone(), 0, true), "what is set for the repository alone");
    let enhanced = json!({"scanType": "ENHANCED", "rules": [rule("SCAN_ON_PUSH", &["*"]), rule("CONTINUOUS_SCAN", &["tool"])]});
    let answer = stage.done("PutRegistryScanningConfiguration", enhanced.clone()).await;
    assert_eq!(answer["registryScanningConfiguration"], enhanced);
    stage.restart(|builder| builder).await;
    let told = frequencies(&stage, &all).await;
    assert_eq!(told[0].0, on_push);
    assert_eq!(told[1], ("CONTINUOUS_SCAN".to_owned(), 1, true), "continuous scanning goes first");
    let enhanced = json!({"scanType": "ENHANCED", "rules": [rule("CONTINUOUS_SCAN", &["tool"])]});
    stage.done("PutRegistryScanningConfiguration", enhanced).await;
    assert_eq!(
        frequencies(&stage, &["flagged"]).await,
        [(manual, 0, false)],
        "enhanced scanning has rules alone"
    );
}
