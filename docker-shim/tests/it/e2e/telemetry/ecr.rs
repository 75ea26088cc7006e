//! Calls of AWS, in traces and metrics (`ecr.images`, `ecr.scans`, `ecr.latency`).

use fixtures::{
    peers::Collector,
    registry::{Reply, ScriptedRegistry},
};
use imageservice_proto::ecr::v1::{
    DescribeImagesRequest, ImageIdentifier, StartScanRequest, image_service_client::ImageServiceClient,
    scan_service_client::ScanServiceClient,
};
use serde_json::json;

use super::{observed, page};

fn config(aws: &ScriptedRegistry) -> String {
    format!(
        "[ecr]\nregion = 'eu-central-1'\nendpoint_url = '{}'\n\
         [ecr.auth]\nkind = 'static'\naccess_key_id = 'AKID'\nsecret_access_key = 's3cret'\n",
        aws.url("")
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn images_scans_and_latencies_of_ecr_are_measured_and_each_call_is_a_span() {
    let (aws, collector) = (ScriptedRegistry::start().await, Collector::start().await);
    let mut system = observed(&collector, &config(&aws), &[]).await;
    let answer = |body: serde_json::Value| aws.next(http::Method::POST, "/", Reply::json(200, &body));
    let mut images = ImageServiceClient::new(system.channel().await);
    let describe = || DescribeImagesRequest { repository_name: "team/app".into(), ..Default::default() };

    let digest = format!("sha256:{}", "a".repeat(64));
    answer(json!({ "imageDetails": [
        { "imageDigest": digest, "repositoryName": "team/app", "registryId": "123456789012" },
    ] }));
    images.describe_images(describe()).await.unwrap();
    aws.next(http::Method::POST, "/", Reply::json(500, &json!({ "__type": "ServerException" })));
    aws.next(
        http::Method::POST,
        "/",
        Reply::json(400, &json!({ "__type": "RepositoryNotFoundException", "message": "no" })),
    );
    images.describe_images(describe()).await.unwrap_err();

    let service = page(system.service()).await;
    let operation = "operation=\"DescribeImages\"";
    assert_eq!(service.sum("ecr_images_total", &[operation]), 1.0, "{}", service.text);
    assert_eq!(service.sum("ecr_latency_seconds_count", &[operation, "outcome=\"ok\""]), 1.0);
    let refused = [operation, "outcome=\"REPOSITORY_NOT_FOUND\""];
    assert_eq!(service.sum("ecr_latency_seconds_count", &refused), 1.0, "{}", service.text);
    assert_eq!(service.sum("ecr_retries_total", &[operation]), 1.0);

    let trace = collector.trace_of(&["DescribeImages", "ecr.v1.ImageService/DescribeImages"]).await;
    let call = trace.iter().find(|span| span.name == "DescribeImages").unwrap();
    let rpc = trace.iter().find(|span| span.name == "ecr.v1.ImageService/DescribeImages").unwrap();
    assert_eq!((&call.parent, call.attributes["cloud.region"].as_str()), (&rpc.id, "eu-central-1"));

    answer(json!({ "imageScanStatus": { "status": "IN_PROGRESS" }, "repositoryName": "team/app" }));
    let mut scans = ScanServiceClient::new(system.channel().await);
    let image = ImageIdentifier { image_tag: "v1".into(), ..Default::default() };
    let scan =
        StartScanRequest { repository_name: "team/app".into(), image_id: Some(image), ..Default::default() };
    scans.start_scan(scan).await.unwrap();
    let service = page(system.service()).await;
    assert_eq!(service.sum("ecr_scans_total", &["operation=\"StartImageScan\""]), 1.0, "{}", service.text);
}
