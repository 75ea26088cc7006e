//! Every operation in the adapter's table, each with everything that can go wrong on the way to a local ECR and back: the reason, whether the
//! caller may come back, how often AWS is asked, and what the breaker makes of it.

use std::{
    fmt::Debug,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use ecr_local::{EcrLocal, Effect, Failure, Plane, Rule, Running};
use futures_util::{StreamExt as _, stream};
use image_service::{
    ecr::{Ecr, Operation, Place, Service},
    error::{EcrError, EcrReason, Error, Result},
};
use tracing::{
    Subscriber,
    field::{Field, Visit},
    instrument::WithSubscriber as _,
    span::{Id, Record},
};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt as _, registry};

/// What goes wrong, what it is called, and what it says of AWS.
struct Trouble {
    effect: Effect,
    reason: EcrReason,
    nature: Nature,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Nature {
    /// Nobody knows what became of the call, and AWS may be out of order.
    Fault,
    /// AWS is well, and wants to be asked later.
    Later,
    /// AWS is well, and says no.
    Refusal,
}

fn troubles() -> Vec<Trouble> {
    let error = |code: &str| Effect::Error(Failure::new(code));
    let forever = Duration::from_secs(60 * 60);
    [
        (error("ServerException"), EcrReason::ServiceUnavailable, Nature::Fault),
        (error("ServiceUnavailable"), EcrReason::ServiceUnavailable, Nature::Fault),
        (Effect::Reset, EcrReason::Unreachable, Nature::Fault),
        (Effect::Torn(1), EcrReason::Unreachable, Nature::Fault),
        (Effect::Latency(forever), EcrReason::TimedOut, Nature::Fault),
        (error("ThrottlingException"), EcrReason::Throttling, Nature::Later),
        (error("AccessDeniedException"), EcrReason::AccessDenied, Nature::Refusal),
        (error("ExpiredTokenException"), EcrReason::ExpiredToken, Nature::Refusal),
        (error("InvalidParameterException"), EcrReason::InvalidParameter, Nature::Refusal),
    ]
    .map(|(effect, reason, nature)| Trouble { effect, reason, nature })
    .into()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_of_ecr_meets_every_trouble() {
    meets_every_trouble(Service::Ecr).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_of_ecr_public_meets_every_trouble() {
    meets_every_trouble(Service::Public).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_of_ecs_meets_every_trouble() {
    meets_every_trouble(Service::Ecs).await;
}

async fn meets_every_trouble(service: Service) {
    let dir = tempfile::tempdir().unwrap();
    let local = EcrLocal::builder(dir.path()).start().await.unwrap();
    let operations = Operation::ALL.iter().filter(|operation| operation.service() == service);
    let met = stream::iter(operations).map(|operation| meet(&local, *operation)).buffer_unordered(8);
    let wrong: Vec<String> = met.collect::<Vec<_>>().await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with an operation.
async fn meet(local: &Running, operation: Operation) -> Vec<String> {
    let mut wrong = Vec::new();
    for trouble in troubles() {
        let rule = Rule::new(trouble.effect.clone()).plane(Plane::Control).operation(operation.name());
        let id = local.faults().add(rule);
        let met = || local.faults().list().iter().find(|set| set.id == id).map_or(0, |set| set.met);
        let hasty = matches!(trouble.effect, Effect::Latency(_));
        let ecr = adapter(local, operation, hasty);
        let attempts = Attempts::default();
        let first =
            make(&ecr, operation).with_subscriber(registry().with(attempts.clone())).await.unwrap_err();
        // Whoever is in haste may have left before it was there.
        let asked = if hasty { attempts.0.load(Relaxed) } else { met() };
        // The breaker knows it now.
        let second = make(&ecr, operation).await.unwrap_err();
        local.faults().remove(id);

        let told = (first.reason, first.retryable, asked, second.reason == EcrReason::CircuitOpen);
        let agreed = agreed(operation, &trouble);
        if told != agreed {
            wrong.push(format!(
                "{} with {:?}: {told:?}, and agreed was {agreed:?}",
                operation.key(),
                trouble.effect
            ));
        }
    }
    wrong
}

/// The reason, whether it may be made again, how often AWS was asked, and whether nobody asks any more.
fn agreed(operation: Operation, trouble: &Trouble) -> (EcrReason, bool, u64, bool) {
    let harmful = matches!(operation, Operation::BatchDeleteImage | Operation::StartImageScan);
    // The breaker opens with the second failure.
    let (again, attempts, opens) = match trouble.nature {
        Nature::Fault if harmful => (true, 1, false),
        Nature::Fault => (true, 2, true),
        Nature::Later => (true, 2, false),
        Nature::Refusal => (false, 1, false),
    };
    (trouble.reason, again, attempts, opens)
}

/// Hears from the span of a call how often it was attempted.
#[derive(Clone, Default)]
struct Attempts(Arc<AtomicU64>);

impl<S: Subscriber> Layer<S> for Attempts {
    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        values.record(&mut self.clone());
    }
}

impl Visit for Attempts {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "attempts" {
            self.0.store(value, Relaxed);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

fn adapter(local: &Running, operation: Operation, hasty: bool) -> Ecr {
    let (url, key) = (format!("http://{}", local.address()), operation.key());
    let time = if hasty { "request_timeout_ms = 300" } else { "" };
    let config = format!(
        "region = 'us-east-1'\nendpoint_url = '{url}'\npublic_endpoint_url = '{url}'\necs_endpoint_url = '{url}'\n\
         max_retries = 1\nbreaker = {{ failures = 2 }}\nrates = {{ {key} = 1000000 }}\n{time}\n\
         auth = {{ kind = 'static', access_key_id = '123456789012', secret_access_key = 's3cret' }}"
    );
    Ecr::new(&toml::from_str(&config).unwrap()).unwrap()
}

/// Makes a call with nothing in it: it goes wrong before anybody looks.
async fn make(ecr: &Ecr, operation: Operation) -> Result<(), Box<EcrError>> {
    macro_rules! call {
        ($service:ident $call:ident) => {
            ecr.calls().$service(operation, &Place::default(), |client| client.$call().send()).await.map(drop)
        };
    }
    let made = match operation {
        Operation::BatchDeleteImage => call!(ecr batch_delete_image),
        Operation::BatchGetImage => call!(ecr batch_get_image),
        Operation::BatchGetRepositoryScanningConfiguration => {
            call!(ecr batch_get_repository_scanning_configuration)
        }
        Operation::CreateRepository => call!(ecr create_repository),
        Operation::DescribeImageReplicationStatus => call!(ecr describe_image_replication_status),
        Operation::DescribeImageScanFindings => call!(ecr describe_image_scan_findings),
        Operation::DescribeImages => call!(ecr describe_images),
        Operation::DescribeRegistry => call!(ecr describe_registry),
        Operation::DescribeRepositories => call!(ecr describe_repositories),
        Operation::GetAuthorizationToken => call!(ecr get_authorization_token),
        Operation::GetDownloadUrlForLayer => call!(ecr get_download_url_for_layer),
        Operation::GetLifecyclePolicy => call!(ecr get_lifecycle_policy),
        Operation::GetRegistryScanningConfiguration => call!(ecr get_registry_scanning_configuration),
        Operation::GetRepositoryPolicy => call!(ecr get_repository_policy),
        Operation::ListImageReferrers => call!(ecr list_image_referrers),
        Operation::ListImages => call!(ecr list_images),
        Operation::ListTagsForResource => call!(ecr list_tags_for_resource),
        Operation::PutImage => call!(ecr put_image),
        Operation::StartImageScan => call!(ecr start_image_scan),
        Operation::PublicDescribeImages => call!(public describe_images),
        Operation::PublicDescribeRepositories => call!(public describe_repositories),
        Operation::PublicGetAuthorizationToken => call!(public get_authorization_token),
        Operation::DescribeTaskDefinition => call!(ecs describe_task_definition),
    };
    made.map_err(|error| match error {
        Error::Ecr(error) => error,
        other => panic!("{other}"),
    })
}
