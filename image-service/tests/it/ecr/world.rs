//! AWS and a registry of ECR in one server that follows a script; and the adapter that asks them.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use fixtures::{
    images::Image,
    registry::{Reply, ScriptedRegistry},
};
use http::Method;
use image_service::{
    config::Config,
    ecr::{Clock, Ecr, Operation, Place},
    error::{EcrError, Error, Result},
    model::{Credential, FingerprintKey, Manifest, Namespace, Reference},
    ports::{Access, Registry as _},
    registry::RegistryClient,
};
use serde_json::{Value, json};
use time::OffsetDateTime;

pub(super) const HOST: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
pub(super) const IMAGE: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/app:v1";
const DAY: i64 = 12 * 60 * 60;

/// The adapter, and those it asks.
pub(super) struct World {
    pub(super) server: ScriptedRegistry,
    pub(super) ecr: Arc<Ecr>,
    pub(super) clock: Clock,
    pub(super) config: Config,
}

impl World {
    /// Retries at once and often enough, unless told otherwise by lines for `[ecr]`.
    pub(super) async fn with(ecr: &str) -> Self {
        let server = ScriptedRegistry::start().await;
        let config = config(&server, ecr);
        let clock = Clock::default();
        let ecr = Arc::new(Ecr::on(clock.clone(), &config.ecr).unwrap());
        Self { server, ecr, clock, config }
    }

    pub(super) async fn new() -> Self {
        Self::with("").await
    }

    /// The next call is answered so.
    pub(super) fn next(&self, reply: Reply) {
        self.server.next(Method::POST, "/", reply);
    }

    /// Every call is answered so.
    pub(super) fn always(&self, reply: Reply) {
        self.server.always(Method::POST, "/", reply);
    }

    /// The operations that were asked for, in order.
    pub(super) fn asked(&self) -> Vec<String> {
        let targets = self.server.requests();
        let targets = targets.iter().filter_map(|request| request.headers.get("x-amz-target")?.to_str().ok());
        targets.map(|target| target.rsplit('.').next().unwrap().to_owned()).collect()
    }

    pub(super) async fn describe_images(&self) -> Result<(), Box<EcrError>> {
        self.describe_images_at(&Place::default()).await
    }

    pub(super) async fn describe_images_at(&self, place: &Place) -> Result<(), Box<EcrError>> {
        let call = |ecr: aws_sdk_ecr::Client| ecr.describe_images().repository_name("app").send();
        of_ecr(self.ecr.calls().ecr(Operation::DescribeImages, place, call).await.map(drop))
    }

    pub(super) async fn put_image(&self) -> Result<(), Box<EcrError>> {
        let call =
            |ecr: aws_sdk_ecr::Client| ecr.put_image().repository_name("app").image_manifest("{}").send();
        of_ecr(self.ecr.calls().ecr(Operation::PutImage, &Place::default(), call).await.map(drop))
    }

    pub(super) async fn start_scan(&self) -> Result<(), Box<EcrError>> {
        let call = |ecr: aws_sdk_ecr::Client| ecr.start_image_scan().repository_name("app").send();
        of_ecr(self.ecr.calls().ecr(Operation::StartImageScan, &Place::default(), call).await.map(drop))
    }

    pub(super) async fn delete_images(&self) -> Result<(), Box<EcrError>> {
        let none = Vec::new();
        let call = |ecr: aws_sdk_ecr::Client| {
            ecr.batch_delete_image().repository_name("app").set_image_ids(Some(none.clone())).send()
        };
        of_ecr(self.ecr.calls().ecr(Operation::BatchDeleteImage, &Place::default(), call).await.map(drop))
    }

    /// A registry client that asks as the service where nobody else does.
    pub(super) fn client(&self) -> RegistryClient {
        let client = RegistryClient::new(&self.config.registries, false).unwrap();
        client.with_identity(self.ecr.clone())
    }

    /// The registry lets in this password of `AWS` alone, and has an image.
    pub(super) fn registry_takes(&self, password: &str) {
        self.server.push("team/app", "v1", &Image::docker("app"));
        self.server.require_basic([("AWS", password)]);
    }
}

fn config(server: &ScriptedRegistry, ecr: &str) -> Config {
    let url = server.url("");
    let text = format!(
        "[ecr]\nregion = 'eu-central-1'\nendpoint_url = '{url}'\npublic_endpoint_url = '{url}'\nsts_endpoint_url = '{url}'\n{ecr}\n\
         [ecr.auth]\nkind = 'static'\naccess_key_id = 'AKIDBASE'\nsecret_access_key = 's3cret'\n\
         [registries.'{HOST}']\nendpoint = '{url}'\n[registries.'public.ecr.aws']\nendpoint = '{url}'\n"
    );
    // A table of its own goes behind the keys of `[ecr]`, wherever it was written.
    toml::from_str(&text).unwrap_or_else(|why| panic!("{why}\n{text}"))
}

fn of_ecr(done: Result<()>) -> Result<(), Box<EcrError>> {
    done.map_err(|error| match error {
        Error::Ecr(error) => error,
        other => panic!("{other}"),
    })
}

/// An answer in AWS's shape.
pub(super) fn answer(body: &Value) -> Reply {
    Reply::json(200, body).header("x-amzn-requestid", "11111111-2222")
}

/// A refusal in AWS's shape.
pub(super) fn refusal(status: u16, code: &str, mut members: Value) -> Reply {
    members["__type"] = code.into();
    members["message"] = format!("{code} in AWS's own words").into();
    Reply::json(status, &members).header("x-amzn-requestid", "33333333-4444")
}

/// An answer to GetAuthorizationToken.
pub(super) fn password(password: &str) -> Reply {
    password_for(password, DAY)
}

pub(super) fn password_for(password: &str, seconds: i64) -> Reply {
    let expires_at = OffsetDateTime::now_utc().unix_timestamp() + seconds;
    let token = BASE64_STANDARD.encode(format!("AWS:{password}"));
    answer(&json!({ "authorizationData": [{ "authorizationToken": token, "expiresAt": expires_at }] }))
}

pub(super) fn anonymous() -> Access {
    Access {
        credential: None,
        fingerprint: FingerprintKey::random().unwrap().fingerprint(&Namespace::default(), None),
    }
}

pub(super) fn user(name: &str, password: &str) -> Access {
    let credential = Credential::Password { username: name.into(), password: password.into() };
    Access { credential: Some(credential), ..anonymous() }
}

/// Asks a registry for a manifest.
pub(super) async fn look(client: &RegistryClient, name: &str, access: &Access) -> Result<Manifest> {
    let reference: Reference = name.parse().unwrap();
    client.manifest(&reference.repository, &reference.target().unwrap(), access).await
}

/// As long as any password lives.
pub(super) const LONG: Duration = Duration::from_secs(24 * 60 * 60);
