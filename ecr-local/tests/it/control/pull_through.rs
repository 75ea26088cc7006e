//! Rules by which images are fetched from upstream registries.

use ecr_local::UpstreamSecret;
use fixtures::{images::Image, registry::ScriptedRegistry};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::caller::Key;
use crate::stage::{Stage, read};

const ARN: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:ecr-pullthroughcache/";

fn secret(text: Value) -> UpstreamSecret {
    UpstreamSecret::Text(text.to_string().into())
}

/// A registry that finds Quay and Docker Hub elsewhere than at home.
async fn before(upstream: &ScriptedRegistry) -> Stage {
    let url = upstream.url("");
    Stage::with(|builder| {
        builder
            .upstream_endpoint("quay.io", &url)
            .upstream_endpoint("registry-1.docker.io", &url)
            .upstream_secret(
                "ecr-pullthroughcache/hub",
                secret(json!({"username": "alice", "accessToken": "s3cret"})),
            )
            .upstream_secret(
                "ecr-pullthroughcache/wrong",
                secret(json!({"username": "alice", "accessToken": "no"})),
            )
            .upstream_secret("ecr-pullthroughcache/odd", secret(json!({"user": "alice"})))
            .upstream_secret(
                format!("{ARN}own"),
                secret(json!({"username": "alice", "accessToken": "s3cret"})),
            )
            .upstream_secret("ecr-pullthroughcache/closed", UpstreamSecret::Inaccessible)
            .upstream_secret("ecr-pullthroughcache/sealed", UpstreamSecret::Undecryptable)
    })
    .await
}

fn quay() -> Value {
    json!({"ecrRepositoryPrefix": "quay", "upstreamRegistryUrl": "quay.io"})
}

fn hub(secret: &str) -> Value {
    json!({"ecrRepositoryPrefix": "hub", "upstreamRegistryUrl": "registry-1.docker.io", "credentialArn": format!("{ARN}{secret}")})
}

#[tokio::test]
async fn a_rule_for_what_is_no_upstream_is_refused() {
    let upstream = ScriptedRegistry::start().await;
    let stage = before(&upstream).await;
    let rule = |url: &str| json!({"ecrRepositoryPrefix": "some", "upstreamRegistryUrl": url});
    for url in [
        "harbor.example.com",
        "https://quay.io",
        "quay.io/team",
        "",
        "000000000000.dkr.ecr.us-east-1.amazonaws.com",
    ] {
        let message = stage
            .fails("CreatePullThroughCacheRule", rule(url), "UnsupportedUpstreamRegistryException")
            .await;
        assert_eq!(
            message,
            format!(
                "The upstream registry URL {url} is invalid. Specify a valid upstream registry URL and try again"
            )
        );
    }
    let mut other = quay();
    other["upstreamRegistry"] = "k8s".into();
    stage.fails("CreatePullThroughCacheRule", other, "UnsupportedUpstreamRegistryException").await;
    for url in ["registry-1.docker.io", "ghcr.io", "x.azurecr.io", "registry.gitlab.com", "cgr.dev"] {
        let why = stage
            .fails("CreatePullThroughCacheRule", rule(url), "UnsupportedUpstreamRegistryException")
            .await;
        assert!(why.starts_with("The specified upstream registry requires authentication."), "{why}");
    }
    for (name, code) in [
        ("none", "SecretNotFoundException"),
        ("closed", "UnableToAccessSecretException"),
        ("sealed", "UnableToDecryptSecretValueException"),
    ] {
        stage.fails("CreatePullThroughCacheRule", hub(name), code).await;
    }
    let mut of_others = hub("own");
    of_others["registryId"] = "111111111111".into();
    for (arn, code) in [
        (format!("{ARN}own"), "UnableToAccessSecretException"),
        (ARN.replace("000000000000", "111111111111") + "own", "SecretNotFoundException"),
    ] {
        of_others["credentialArn"] = arn.into();
        stage.fails("CreatePullThroughCacheRule", of_others.clone(), code).await;
    }
    let mut elsewhere = hub("hub");
    elsewhere["credentialArn"] = ARN.replace("us-east-1", "eu-west-1").replace("cache/", "cache/hub").into();
    stage.fails("CreatePullThroughCacheRule", elsewhere, "UnableToAccessSecretException").await;
    let mut root = quay();
    root["ecrRepositoryPrefix"] = "ROOT".into();
    root["upstreamRepositoryPrefix"] = "team".into();
    stage.fails("CreatePullThroughCacheRule", root, "InvalidParameterException").await;
    assert_eq!(
        stage.done("DescribePullThroughCacheRules", json!({})).await,
        json!({"pullThroughCacheRules": []})
    );
}

#[tokio::test]
async fn a_rule_is_made_changed_and_deleted() {
    let upstream = ScriptedRegistry::start().await;
    let mut stage = before(&upstream).await;
    let missing = json!({"ecrRepositoryPrefix": "quay"});
    for operation in
        ["DeletePullThroughCacheRule", "ValidatePullThroughCacheRule", "UpdatePullThroughCacheRule"]
    {
        let message = stage.fails(operation, missing.clone(), "PullThroughCacheRuleNotFoundException").await;
        assert_eq!(
            message,
            "The pull through cache rule with prefix 'quay' does not exist in the registry with id '000000000000'"
        );
    }
    let mut wanted = quay();
    wanted["ecrRepositoryPrefix"] = "quay/".into();
    let made = stage.done("CreatePullThroughCacheRule", wanted).await;
    assert_eq!((&made["ecrRepositoryPrefix"], &made["upstreamRegistry"]), (&json!("quay"), &json!("quay")));
    let message =
        stage.fails("CreatePullThroughCacheRule", quay(), "PullThroughCacheRuleAlreadyExistsException").await;
    assert_eq!(
        message,
        "The pull through cache rule with prefix 'quay' already exists in the registry with id '000000000000'"
    );
    let nothing =
        stage.fails("UpdatePullThroughCacheRule", missing.clone(), "InvalidParameterException").await;
    assert_eq!(
        nothing,
        "Invalid input: Please set either credential arn or role arn to update the credentials"
    );
    let update = |name: &str| json!({"ecrRepositoryPrefix": "quay", "credentialArn": format!("{ARN}{name}")});
    stage.fails("UpdatePullThroughCacheRule", update("none"), "SecretNotFoundException").await;
    let updated = stage.done("UpdatePullThroughCacheRule", update("hub-AbCdEf")).await;
    assert_eq!(updated["credentialArn"], format!("{ARN}hub-AbCdEf"));
    stage.restart(|builder| builder).await;
    let described =
        stage.done("DescribePullThroughCacheRules", json!({"ecrRepositoryPrefixes": ["quay"]})).await;
    let rule = &described["pullThroughCacheRules"][0];
    assert_eq!((&rule["credentialArn"], &rule["createdAt"]), (&updated["credentialArn"], &made["createdAt"]));
    let unknown = json!({"ecrRepositoryPrefixes": ["quay", "none"]});
    stage.fails("DescribePullThroughCacheRules", unknown, "PullThroughCacheRuleNotFoundException").await;
    stage.done("DeletePullThroughCacheRule", missing.clone()).await;
    stage.fails("DeletePullThroughCacheRule", missing, "PullThroughCacheRuleNotFoundException").await;
}

#[tokio::test]
async fn a_registry_has_fifty_rules_in_pages() {
    let stage = Stage::start().await;
    let rule = |number: u32| json!({"ecrRepositoryPrefix": format!("p{number:02}"), "upstreamRegistryUrl": "quay.io"});
    for number in 0..50 {
        stage.done("CreatePullThroughCacheRule", rule(number)).await;
    }
    stage.fails("CreatePullThroughCacheRule", rule(50), "LimitExceededException").await;
    let (mut seen, mut token) = (Vec::new(), Value::Null);
    loop {
        let input = json!({"maxResults": 20, "nextToken": token});
        let page = stage.done("DescribePullThroughCacheRules", input).await;
        let rules = page["pullThroughCacheRules"].as_array().unwrap().iter();
        seen.extend(rules.map(|rule| rule["ecrRepositoryPrefix"].as_str().unwrap().to_owned()));
        token = page["nextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(seen, (0..50).map(|number| format!("p{number:02}")).collect::<Vec<_>>());
    let both = json!({"ecrRepositoryPrefixes": ["p01"], "maxResults": 1});
    stage.fails("DescribePullThroughCacheRules", both, "InvalidParameterException").await;
}

#[tokio::test]
async fn a_rule_is_validated_by_asking_upstream() {
    let upstream = ScriptedRegistry::start().await;
    upstream.require_basic([("alice", "s3cret")]);
    let stage = before(&upstream).await;
    let named = || json!({"ecrRepositoryPrefix": "hub"});
    for (name, valid, failure) in [
        ("wrong", false, Some("the upstream registry denies access")),
        ("odd", false, Some("the secret is not a JSON object with username and accessToken")),
        ("hub", true, None),
        ("own-AbCdEf", true, None),
    ] {
        stage.done("CreatePullThroughCacheRule", hub(name)).await;
        let validated = stage.done("ValidatePullThroughCacheRule", named()).await;
        assert_eq!((&validated["isValid"], validated["failure"].as_str()), (&json!(valid), failure));
        assert_eq!(validated["upstreamRegistryUrl"], "registry-1.docker.io");
        stage.done("DeletePullThroughCacheRule", named()).await;
    }
    let asked = upstream.requests();
    assert!(asked.iter().all(|request| request.path == "/v2/"), "{:?}", upstream.request_lines());
    assert_eq!(asked[0].headers["host"], "registry-1.docker.io");
}

#[tokio::test]
async fn calls_say_what_is_wrong_upstream() {
    let upstream = ScriptedRegistry::start().await;
    let stage = before(&upstream).await;
    stage.done("CreatePullThroughCacheRule", quay()).await;
    stage.done("CreatePullThroughCacheRule", hub("odd")).await;
    let image = Image::oci("one");
    upstream.push("team/app", "v1", &image);
    let get = |name: &str, tag: &str| json!({"repositoryName": name, "imageIds": [{"imageTag": tag}]});
    let layer = json!({"repositoryName": "quay/team/app", "layerDigest": image.layers[0].digest()});

    let unknown = get("quay/team/none", "v1");
    stage.fails("BatchGetImage", unknown, "RepositoryNotFoundException").await;
    for (status, code) in [
        (401, "UpstreamAccessDenied"),
        (403, "UpstreamAccessDenied"),
        (429, "UpstreamTooManyRequests"),
        (500, "UpstreamUnavailable"),
    ] {
        upstream.always(http::Method::GET, "/v2/*", fixtures::registry::Reply::status(status));
        let answer = stage.done("BatchGetImage", get("quay/team/app", "v1")).await;
        assert_eq!((&answer["failures"][0]["failureCode"], &answer["images"]), (&json!(code), &json!([])));
        assert_eq!(answer["failures"][0]["imageId"], json!({"imageTag": "v1"}));
        stage.fails("GetDownloadUrlForLayer", layer.clone(), "UnableToGetUpstreamLayerException").await;
        upstream.behave();
    }
    stage.fails("BatchGetImage", get("hub/team/app", "v1"), "UnableToGetUpstreamImageException").await;

    let answer = stage.done("BatchGetImage", get("quay/team/app", "v1")).await;
    let text = answer["images"][0]["imageManifest"].as_str().unwrap();
    assert_eq!(text.as_bytes(), image.manifest.bytes);
    let both = json!([{"imageTag": "v1", "imageDigest": image.config.digest()}, {"imageTag": "none"}]);
    let answer =
        stage.done("BatchGetImage", json!({"repositoryName": "quay/team/app", "imageIds": both})).await;
    let codes: Vec<_> =
        answer["failures"].as_array().unwrap().iter().map(|one| &one["failureCode"]).collect();
    assert_eq!(codes, ["ImageTagDoesNotMatchDigest", "ImageNotFound"]);
    let address = stage.done("GetDownloadUrlForLayer", layer).await;
    let address = address["downloadUrl"].as_str().unwrap();
    let path = address.strip_prefix(&format!("http://{}", stage.host())).unwrap();
    assert_eq!(read(stage.request("GET", path)).await.expect(200).body, image.layers[0].bytes);
    let none = json!({"repositoryName": "quay/team/app", "layerDigest": fixtures::images::sha256(b"none")});
    stage.fails("GetDownloadUrlForLayer", none, "LayersNotFoundException").await;
}

#[tokio::test]
async fn another_registry_here_is_an_upstream_without_a_network() {
    let stage = Stage::start().await;
    let image = Image::oci("one");
    let frankfurt = "000000000000.dkr.ecr.eu-central-1.amazonaws.com";
    let others = "222222222222.dkr.ecr.us-east-1.amazonaws.com";
    for host in [frankfurt, others] {
        for part in [&image.config, &image.layers[0]] {
            let path = format!("/v2/team/app/blobs/uploads/?digest={}", part.digest());
            read(stage.request("POST", &path).header("host", host).body(part.bytes.clone()))
                .await
                .expect(201);
        }
        let put = stage.request("PUT", "/v2/team/app/manifests/v1").header("host", host);
        let put = put.header("content-type", &image.manifest.media_type);
        read(put.body(image.manifest.bytes.clone())).await.expect(201);
    }
    let rule = |prefix: &str, url: &str| json!({"ecrRepositoryPrefix": prefix, "upstreamRegistryUrl": url, "upstreamRepositoryPrefix": "team"});
    stage.done("CreatePullThroughCacheRule", rule("near", frankfurt)).await;
    stage.done("CreatePullThroughCacheRule", rule("far", others)).await;
    let validated = stage.done("ValidatePullThroughCacheRule", json!({"ecrRepositoryPrefix": "near"})).await;
    assert_eq!(validated["isValid"], true);
    let pulled = stage.get("/v2/near/app/manifests/v1").await.expect(200);
    assert_eq!(pulled.body, image.manifest.bytes);
    stage.get(&format!("/v2/near/app/blobs/{}", image.layers[0].digest())).await.expect(200);
    stage.get("/v2/near/app/manifests/none").await.refused(404, "MANIFEST_UNKNOWN");

    for name in ["far/app", "far/none"] {
        stage.get(&format!("/v2/{name}/manifests/v1")).await.refused(403, "DENIED");
        stage.get(&format!("/v2/{name}/blobs/{}", image.config.digest())).await.refused(403, "DENIED");
    }
    let policy = json!({"Statement": {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "ecr:BatchGetImage"}});
    let set = json!({"repositoryName": "team/app", "policyText": policy.to_string()});
    let key = Key { id: "222222222222", secret: "x", region: "us-east-1" };
    stage.signed(key, OffsetDateTime::now_utc(), "SetRepositoryPolicy", set).await.expect(200);
    stage.get(&format!("/v2/far/app/blobs/{}", image.config.digest())).await.expect(200);
    stage.get("/v2/far/app/manifests/v1").await.expect(200);
}
