//! An answer that is lost after AWS has done what it was asked: nothing is done twice, and what can be known is told.

use ecr_local::{Effect, Filter, Plane, Rule, When};
use imageservice_proto::ecr::v1::{
    BatchDeleteImageRequest, GetScanStatusRequest, PutImageTagRequest, ScanState, StartScanRequest,
};

use super::seeded::Seeded;
use crate::ecr_services::{
    seeds::{APP, tag},
    world::reason,
};

/// A service whose first call of an operation is done and not answered.
async fn losing(operation: &str) -> Seeded {
    let seeded = Seeded::with("max_retries = 3").await;
    let lost = Rule::new(Effect::Reset).plane(Plane::Control).operation(operation);
    seeded.local().faults().add(lost.when(When::First(1)).after_effect());
    seeded.local().history().clear();
    seeded
}

fn asked(seeded: &Seeded, operation: &str) -> usize {
    seeded.local().history().find(&Filter::operation(operation)).len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_whose_answer_is_lost_is_put_again_and_found_to_be_there() {
    let seeded = losing("PutImage").await;
    let put = PutImageTagRequest {
        repository_name: APP.into(),
        image_id: Some(tag("v1")),
        image_tag: "v2".into(),
        ..Default::default()
    };
    assert!(seeded.world.images().put_image_tag(put).await.unwrap().into_inner().already_tagged);
    assert_eq!(asked(&seeded, "PutImage"), 2);
    let (images, _) = seeded.snapshot().await;
    assert_eq!(images.iter().filter(|(_, tags)| tags.contains(&"v2".to_owned())).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_whose_answer_is_lost_is_not_repeated() {
    let seeded = losing("BatchDeleteImage").await;
    let delete = BatchDeleteImageRequest {
        repository_name: APP.into(),
        image_ids: vec![tag("all")],
        ..Default::default()
    };
    assert_eq!(reason(seeded.world.images().batch_delete_image(delete).await), "UNREACHABLE");
    assert_eq!(asked(&seeded, "BatchDeleteImage"), 1);
    let (images, _) = seeded.snapshot().await;
    assert!(images.iter().all(|(_, tags)| !tags.contains(&"all".to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_whose_answer_is_lost_is_started_once_and_can_be_waited_for() {
    let seeded = losing("StartImageScan").await;
    let start =
        StartScanRequest { repository_name: APP.into(), image_id: Some(tag("v1")), ..Default::default() };
    assert_eq!(reason(seeded.world.scans().start_scan(start).await), "UNREACHABLE");
    assert_eq!(asked(&seeded, "StartImageScan"), 1);
    let status =
        GetScanStatusRequest { repository_name: APP.into(), image_id: Some(tag("v1")), ..Default::default() };
    let status = seeded.world.scans().get_scan_status(status).await.unwrap().into_inner();
    assert_eq!(status.scan_status.unwrap().status(), ScanState::InProgress);
}
