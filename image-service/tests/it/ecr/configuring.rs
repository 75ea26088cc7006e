//! `[ecr]`: what can be said, and what is told of mistakes.

use image_service::{config::EcrConfig, ecr::Ecr};

fn mistakes(text: &str) -> String {
    match toml::from_str::<EcrConfig>(text) {
        Err(why) => why.to_string(),
        Ok(config) => Ecr::new(&config).err().map_or_else(String::new, |why| why.to_string()),
    }
}

#[test]
fn every_mistake_names_its_key() {
    for (text, key) in [
        ("regoin = 'x'", "regoin"),
        ("region = 'evil.example/'", "region"),
        ("registry_id = '123'", "registry_id"),
        ("endpoint_url = 'ftp://host'", "ecr.endpoint_url"),
        ("endpoint_url = 'https://user:pw@host'", "ecr.endpoint_url"),
        ("endpoint_url = 'http://host'\nuse_fips = true", "ecr.use_fips"),
        ("sts_endpoint_url = 'http://host'\nuse_dualstack = true", "ecr.use_dualstack"),
        ("request_timeout_ms = 0", "request_timeout_ms"),
        ("request_timeout_ms = 9000\noperation_timeout_ms = 8000", "ecr.operation_timeout_ms"),
        ("token_refresh_buffer_secs = 999999", "token_refresh_buffer_secs"),
        ("[rates]\nDescribeImage = 3", "ecr.rates.DescribeImage"),
        ("[rates]\nDescribeImages = 0", "DescribeImages"),
        ("[breaker]\nfailures = 0", "failures"),
        ("create_repository = 'sometimes'", "create_repository"),
        ("[accounts.12]\n", "accounts"),
        ("[accounts.123456789012]\nendpoint_url = 'nowhere'", "ecr.accounts.123456789012.endpoint_url"),
        ("[auth]\nkind = 'guess'", "guess"),
        ("[auth]\nkind = 'static'\naccess_key_id = 'A'", "secret_access_key"),
        (
            "[auth]\nkind = 'static'\naccess_key_id = 'A'\nsecret_access_key = 's3cret'\nsesion_token = 'c'",
            "sesion_token",
        ),
        ("[auth]\nkind = 'assume-role'\nrole_arn = 'puller'", "ecr.auth.role_arn"),
        (
            "sts_endpoint_url = 'http://h'\n[auth]\nkind = 'web-identity'\nrole_arn = 'arn:aws:iam::123456789012:role/r'\ntoken_file = '/t'",
            "ecr.sts_endpoint_url",
        ),
        (
            "[accounts.123456789012.auth]\nkind = 'assume-role'\nrole_arn = 'arn:aws:iam::1:role/r'\nsession_name = '?'",
            "ecr.accounts.123456789012.auth.session_name",
        ),
    ] {
        let said = mistakes(text);
        assert!(said.contains(key), "{text}\n{said:?}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let said = mistakes("endpoint_url = 'x'\npublic_endpoint_url = 'y'\n[rates]\nNothing = 1");
    for key in ["ecr.endpoint_url", "ecr.public_endpoint_url", "ecr.rates.Nothing"] {
        assert!(said.contains(key), "{said}");
    }
}

#[test]
fn the_defaults_are_those_of_the_specification() {
    let config = EcrConfig::default();
    assert_eq!((config.max_retries, config.request_timeout.as_millis()), (3, 30_000));
    assert_eq!(config.token_refresh_buffer.as_secs(), 300);
    assert!(!config.use_fips && !config.use_dualstack && !config.public_registry && !config.read_only);
    assert_eq!(mistakes(""), "");
}

#[test]
fn the_example_can_be_used() {
    let example = include_str!("../../../../deploy/config.toml");
    let config: image_service::config::Config = toml::from_str(example).unwrap();
    Ecr::new(&config.ecr).unwrap();
}

#[test]
fn keys_are_not_shown() {
    let text = "[auth]\nkind = 'static'\naccess_key_id = 'AKID1'\nsecret_access_key = 's3cret'\nsession_token = 's3cret-session'";
    let config: EcrConfig = toml::from_str(text).unwrap();
    let ecr = Ecr::new(&config).unwrap();
    let shown = format!("{config:?} {ecr:?}");
    for secret in ["AKID1", "s3cret", "s3cret-session"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
