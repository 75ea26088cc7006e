//! Calls of ECR Public, and requests to its host.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ecr_local::Builder;
use fixtures::images::Image;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::{
    control::caller::Key,
    stage::{Reply, Stage, read},
};

pub(crate) const SERVICE: &str = "SpencerFrontendService";
pub(crate) const HOST: &str = "public.ecr.aws";
/// Of two accounts.
pub(crate) const OWNER: Key<'static> = Key { id: "AKIDONE", secret: "s3cret", region: "us-east-1" };
pub(crate) const OTHER: Key<'static> = Key { id: "AKIDTWO", secret: "t0ken", region: "us-east-1" };

/// Somewhere only these two have business, with an alias for each.
pub(crate) fn closed(builder: Builder) -> Builder {
    let builder = builder.access_key(OWNER.id, OWNER.secret.into(), "111111111111");
    let builder = builder.access_key(OTHER.id, OTHER.secret.into(), "222222222222");
    builder.public_alias("111111111111", "owner").public_alias("222222222222", "other")
}

impl Stage {
    /// Makes a call of ECR Public that must work.
    pub(crate) async fn public(&self, operation: &str, input: Value) -> Value {
        self.send_call(&format!("{SERVICE}.{operation}"), &input.to_string()).await.expect(200).json()
    }

    /// Makes one that must fail with a code, and gives the message.
    pub(crate) async fn public_fails(&self, operation: &str, input: Value, code: &str) -> String {
        self.send_call(&format!("{SERVICE}.{operation}"), &input.to_string()).await.excepted(code)
    }

    /// Makes a signed one.
    pub(crate) async fn public_signed(&self, key: Key<'_>, operation: &str, input: Value) -> Reply {
        let target = format!("{SERVICE}.{operation}");
        self.sign_call(key, OffsetDateTime::now_utc(), "ecr-public", &target, &input.to_string(), None).await
    }

    /// A request to the host of public registries.
    pub(crate) fn at_public_host(&self, method: &str, path: &str) -> RequestBuilder {
        self.request(method, path).header("host", HOST)
    }

    /// What `docker login` is given for the public registry of a key's account.
    pub(crate) async fn public_password(&self, key: Key<'_>) -> String {
        let issued = self.public_signed(key, "GetAuthorizationToken", json!({})).await.expect(200).json();
        let token = issued["authorizationData"]["authorizationToken"].as_str().unwrap().to_owned();
        String::from_utf8(BASE64_STANDARD.decode(token).unwrap())
            .unwrap()
            .strip_prefix("AWS:")
            .unwrap()
            .to_owned()
    }

    /// A token of the host of public registries, for somebody with a password or for anyone.
    pub(crate) async fn public_token(&self, password: Option<&str>) -> String {
        let request = self.at_public_host("GET", "/token/?service=public.ecr.aws&scope=aws");
        let request = match password {
            Some(password) => request.basic_auth("AWS", Some(password)),
            None => request,
        };
        read(request).await.expect(200).json()["token"].as_str().unwrap().to_owned()
    }

    /// Puts an image into the public repository `app` of a caller who needs no signature.
    pub(crate) async fn publish(&self, tag: &str, image: &Image) -> String {
        let at = |input: Value| {
            let mut input = input;
            input["repositoryName"] = "app".into();
            input
        };
        for part in image.layers.iter().chain([&image.config]) {
            let started = self.public("InitiateLayerUpload", at(json!({}))).await;
            let id = &started["uploadId"];
            let blob = BASE64_STANDARD.encode(&part.bytes);
            let sent = json!({"uploadId": id, "partFirstByte": 0, "partLastByte": part.bytes.len() - 1, "layerPartBlob": blob});
            self.public("UploadLayerPart", at(sent)).await;
            let completed = json!({"uploadId": id, "layerDigests": [part.digest()]});
            let completed =
                self.send_call(&format!("{SERVICE}.CompleteLayerUpload"), &at(completed).to_string()).await;
            assert!(completed.status == 200 || completed.json()["__type"] == "LayerAlreadyExistsException");
        }
        let manifest = String::from_utf8(image.manifest.bytes.to_vec()).unwrap();
        let put = self.public("PutImage", at(json!({"imageManifest": manifest, "imageTag": tag}))).await;
        put["image"]["imageId"]["imageDigest"].as_str().unwrap().to_owned()
    }
}
