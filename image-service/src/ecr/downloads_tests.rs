use super::*;
use crate::{
    config::EcrConfig,
    ecr::{Ecr, Place},
};

fn admitted(reach: Reach, urls: &[&str]) -> bool {
    urls.iter().all(|url| reach.check(url).is_ok())
}

fn refused(reach: Reach, urls: &[&str]) -> bool {
    urls.iter().all(|url| reach.check(url).is_err())
}

#[test]
fn aws_itself_leads_neither_to_this_machine_nor_to_a_metadata_service_nor_away_from_tls() {
    let reach = Reach::of(None);
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
    let reach = Reach::of(Some("http://127.0.0.1:5000"));
    assert!(admitted(reach, &["http://127.0.0.1:5000/layer", "http://localhost:5000/layer"]));
    assert!(refused(reach, &["http://169.254.169.254/latest", "http://0.0.0.0/"]));
}

#[tokio::test]
async fn a_name_is_checked_by_what_it_resolves_to() {
    let resolve = |loopback| Guarded { loopback }.resolve("localhost".parse().unwrap());
    assert!(resolve(false).await.is_err());
    assert!(resolve(true).await.is_ok());
}

#[test]
fn a_local_endpoint_of_one_account_leads_those_of_no_other_to_this_machine() {
    let config: EcrConfig =
        toml::from_str("accounts = { 210987654321 = { endpoint_url = 'http://127.0.0.1:5000' } }").unwrap();
    let ecr = Ecr::new(&config).unwrap();
    let reach_at = |id| Reach::of(ecr.calls().endpoint(&Place::parse(id, "").unwrap()));
    let near = ["http://127.0.0.1:5000/layer"];
    assert!(admitted(reach_at("210987654321"), &near));
    assert!(refused(reach_at(""), &near) && refused(reach_at("123456789012"), &near));
}
