//! Policies of repositories and registries.

use serde_json::{Value, json};

use crate::stage::Stage;

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:BatchGetImage"}]}"#;

#[tokio::test]
async fn a_policy_of_a_repository_is_kept_until_it_is_deleted() {
    let stage = Stage::start().await;
    stage.done("CreateRepository", json!({"repositoryName": "app"})).await;
    let named = || json!({"repositoryName": "app"});
    let missing = stage.fails("GetRepositoryPolicy", named(), "RepositoryPolicyNotFoundException").await;
    assert_eq!(
        missing,
        "Repository policy does not exist for the repository with name 'app' in the registry with id '000000000000'"
    );
    let set = stage.done("SetRepositoryPolicy", json!({"repositoryName": "app", "policyText": POLICY})).await;
    assert_eq!(set, json!({"registryId": "000000000000", "repositoryName": "app", "policyText": POLICY}));
    assert_eq!(stage.done("GetRepositoryPolicy", named()).await, set);
    assert_eq!(stage.done("DeleteRepositoryPolicy", named()).await, set);
    stage.fails("DeleteRepositoryPolicy", named(), "RepositoryPolicyNotFoundException").await;
    for text in ["no JSON", "{}", r#"{"Statement":[{"Effect":"Perhaps","Action":"x"}]}"#] {
        let set = json!({"repositoryName": "app", "policyText": text});
        stage.fails("SetRepositoryPolicy", set, "InvalidParameterException").await;
    }
}

#[tokio::test]
async fn a_policy_of_a_registry_is_kept_until_it_is_deleted() {
    let stage = Stage::start().await;
    let missing = stage.fails("GetRegistryPolicy", json!({}), "RegistryPolicyNotFoundException").await;
    assert_eq!(missing, "Registry policy does not exist in the registry with id '000000000000'");
    let put = stage.done("PutRegistryPolicy", json!({"policyText": POLICY})).await;
    assert_eq!(put, json!({"registryId": "000000000000", "policyText": POLICY}));
    assert_eq!(stage.done("GetRegistryPolicy", json!({})).await, put);
    assert_eq!(stage.done("DeleteRegistryPolicy", Value::Object(Default::default())).await, put);
    stage.fails("DeleteRegistryPolicy", json!({}), "RegistryPolicyNotFoundException").await;
}
