//! The matrix itself: one service, all its calls, all their operations, all faults.

use std::collections::BTreeSet;

use ecr_local::{Plane, Rule};
use image_service::ecr::Operation;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{
    agreed::{self, Again, Fault, Told},
    calls::{CALLS, Call},
    modelled::Models,
    seeded::Seeded,
};

/// One retry, no breaker, and rates that nobody reaches.
fn patient() -> String {
    let rates: Vec<_> =
        Operation::ALL.iter().map(|operation| format!("{} = 1000000", operation.key())).collect();
    format!("max_retries = 1\nbreaker = {{ failures = 1000000 }}\nrates = {{ {} }}", rates.join(", "))
}

/// Fails with everything that is told otherwise than agreed.
pub(super) async fn tell(service: &str) {
    let models = Models::read().await;
    let seeded = Seeded::with(&patient()).await;
    let hasty = Seeded::with(&format!("{}\nrequest_timeout_ms = 500", patient())).await;
    let mut wrong = Vec::new();
    for call in CALLS.iter().filter(|call| call.service == service) {
        for operation in call.operations {
            let modelled = models.exceptions(*operation).iter();
            let modelled = modelled.map(|exception| agreed::modelled(*operation, exception));
            for fault in agreed::anywhere().into_iter().chain(modelled) {
                wrong.extend(meet(&seeded, call, *operation, &fault).await);
            }
            wrong.extend(meet(&hasty, call, *operation, &agreed::no_answer()).await);
        }
        let place = seeded.place(call).await;
        if let Err(status) = call.make(&seeded.world, place).await {
            wrong.push(format!("{} fails where nothing goes wrong: {status:?}", call.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Makes a call with a fault in its way. What is not as agreed, if anything is.
async fn meet(seeded: &Seeded, call: &Call, operation: Operation, fault: &Fault) -> Option<String> {
    let place = seeded.place(call).await;
    let before = seeded.snapshot().await;
    let faults = seeded.local().faults();
    let rule = Rule::new(fault.effect.clone()).plane(Plane::Control).operation(operation.name());
    let id = faults.add(rule);
    let answer = call.make(&seeded.world, place).await;
    let met = faults.list().iter().find(|set| set.id == id).map_or(0, |set| set.met);
    faults.remove(id);
    let after = seeded.snapshot().await;

    let mut wrong = BTreeSet::new();
    match outcome(call, operation, fault) {
        Outcome::Succeeds => wrong.extend(answer.err().map(|status| format!("it fails: {status:?}"))),
        Outcome::Told(told) => {
            wrong.extend(difference(told, answer));
            let expected = match told.reason {
                // Whoever left before it was there is none that was met.
                "TIMED_OUT" => 1..=told.attempts(operation),
                _ => told.attempts(operation)..=told.attempts(operation),
            };
            // Who waits for something looks again and again.
            if call.method != "WaitForScan" && !expected.contains(&met) {
                wrong.insert(format!("AWS was asked {met} times"));
            }
        }
    }
    if met == 0 {
        wrong.insert("the operation was not asked for".to_owned());
    }
    if !fault.done && before != after {
        wrong.insert(format!("something was changed: {before:?}, {after:?}"));
    }
    let wrong: Vec<_> = wrong.into_iter().collect();
    let what = format!("{} with {} at {}", call.name(), fault.name, operation.name());
    (!wrong.is_empty()).then(|| format!("{what}: {}", wrong.join("; ")))
}

enum Outcome {
    Succeeds,
    Told(Told),
}

/// What is told of a fault by this call, which may know better than the fault itself.
fn outcome(call: &Call, operation: Operation, fault: &Fault) -> Outcome {
    let timed_out = Told { reason: "TIMED_OUT", code: Code::DeadlineExceeded, again: Again::Never };
    match (call.method, operation, fault.name.as_str()) {
        // Whoever may not know how a registry is scanned may know its repositories all the same.
        (_, Operation::GetRegistryScanningConfiguration, "denied") => Outcome::Succeeds,
        // An image without a scan has a state, too.
        ("GetScanStatus", Operation::DescribeImageScanFindings, "ScanNotFoundException") => Outcome::Succeeds,
        ("WaitForScan", Operation::DescribeImageScanFindings, "ScanNotFoundException") => {
            Outcome::Told(timed_out)
        }
        ("WaitForScan", ..) if fault.told.again != Again::Never => Outcome::Told(timed_out),
        // What is so already need not be done.
        ("PutImageTag", Operation::PutImage, "ImageAlreadyExistsException") => Outcome::Succeeds,
        // A tag that is not there is a failure of its own.
        ("BatchDeleteImage", Operation::DescribeImages, "ImageNotFoundException") => Outcome::Succeeds,
        _ => Outcome::Told(fault.told),
    }
}

fn difference(told: Told, answer: Result<(), Status>) -> Option<String> {
    let Err(status) = answer else { return Some("it succeeds".to_owned()) };
    let info = status.get_details_error_info();
    let reason = info.map(|info| info.reason).unwrap_or_default();
    let later = status.get_details_retry_info().is_some();
    let is_as_agreed =
        reason == told.reason && status.code() == told.code && later == (told.again != Again::Never);
    (!is_as_agreed)
        .then(|| format!("it is told as {reason} ({:?}, later {later}): {}", status.code(), status.message()))
}
