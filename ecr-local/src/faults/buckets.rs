//! Buckets of requests, filled by the clock: one for each rule, account, Region and operation.

use std::{collections::HashMap, time::Duration};

use super::Throttle;
use crate::model::{Plane, Subject};

/// Calls per second that an account may make in a Region (Amazon ECR service quotas, 2026). On the data plane an endpoint draws on the quota
/// of the call that stands behind it.
const RATES: [(&str, &str, f64); 8] = [
    ("BatchCheckLayerAvailability", "HeadBlob", 1000.0),
    ("BatchGetImage", "GetManifest", 2000.0),
    ("CompleteLayerUpload", "FinishUpload", 100.0),
    ("GetAuthorizationToken", "GetToken", 500.0),
    ("GetDownloadUrlForLayer", "GetBlob", 3000.0),
    ("InitiateLayerUpload", "StartUpload", 100.0),
    ("PutImage", "PutManifest", 10.0),
    ("UploadLayerPart", "PatchUpload", 500.0),
];

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Key {
    account: Box<str>,
    region: Box<str>,
    operation: String,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    /// When it was last filled.
    filled: Duration,
}

/// The buckets of one rule.
#[derive(Default, Debug)]
pub(super) struct Buckets(HashMap<Key, Bucket>);

impl Buckets {
    /// Takes from a request's bucket. Whether there was anything.
    pub(super) fn take(&mut self, throttle: Throttle, subject: &Subject, now: Duration) -> bool {
        let (operation, published) = quota(subject);
        let Some(rate) = throttle.per_second.or(published) else { return true };
        let most = throttle.burst.unwrap_or(rate);
        let registry = subject.registry.clone().unwrap_or_default();
        let key = Key { account: registry.account, region: registry.region, operation: operation.to_owned() };
        let bucket = self.0.entry(key).or_insert(Bucket { tokens: most, filled: now });
        let elapsed = now.saturating_sub(bucket.filled).as_secs_f64();
        bucket.tokens = most.min(bucket.tokens + elapsed * rate);
        bucket.filled = now;
        let passes = bucket.tokens >= 1.0;
        if passes {
            bucket.tokens -= 1.0;
        }
        passes
    }
}

/// Whose bucket a request draws on, and the published rate, if there is one.
fn quota(subject: &Subject) -> (&str, Option<f64>) {
    let is_it = |(call, endpoint, _): &&(&str, &str, f64)| match subject.plane {
        Plane::Control => *call == subject.operation,
        Plane::Data => *endpoint == subject.operation,
    };
    match RATES.iter().find(is_it) {
        Some((call, _, rate)) => (call, Some(*rate)),
        None => (&subject.operation, None),
    }
}
