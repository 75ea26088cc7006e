use super::*;

fn reach(endpoint: Option<&str>) -> Reach {
    Reach::of(&EcrConfig { endpoint_url: endpoint.map(str::to_owned), ..Default::default() })
}

fn admitted(reach: Reach, urls: &[&str]) -> bool {
    urls.iter().all(|url| reach.check(url).is_ok())
}

fn refused(reach: Reach, urls: &[&str]) -> bool {
    urls.iter().all(|url| reach.check(url).is_err())
}

#[test]
fn aws_itself_leads_neither_to_this_machine_nor_to_a_metadata_service_nor_away_from_tls() {
    let reach = reach(None);
    assert!(refused(
        reach,
        &[
            "https://127.0.0.1/x",
            "https://[::1]/x",
            "https://169.254.169.254/latest",
            "https://[fd00:ec2::254]/x",
            "http://bucket.s3.amazonaws.com/x",
            "https://user:pass@bucket.s3.amazonaws.com/x",
            "file:///etc/passwd",
            "no url",
        ]
    ));
    assert!(admitted(reach, &["https://bucket.s3.amazonaws.com/x?X-Amz-Signature=y", "https://10.0.0.7/x"]));
}

#[test]
fn a_local_endpoint_leads_to_this_machine_and_still_not_to_a_metadata_service() {
    let reach = reach(Some("http://127.0.0.1:5000"));
    assert!(admitted(reach, &["http://127.0.0.1:5000/layer", "http://localhost:5000/layer"]));
    assert!(refused(reach, &["http://169.254.169.254/latest", "http://0.0.0.0/"]));
}

#[tokio::test]
async fn a_name_is_checked_by_what_it_resolves_to() {
    let resolve = |reach| Guarded(reach).resolve("localhost".parse().unwrap());
    assert!(resolve(reach(None)).await.is_err());
    assert!(resolve(reach(Some("http://localhost:1"))).await.is_ok());
}
