use secrecy::ExposeSecret as _;

use super::*;

fn issued(token: &str, expires_in: i64) -> Option<Issued> {
    let expires_at = OffsetDateTime::now_utc().unix_timestamp() + expires_in;
    Some(Issued {
        token: Some(Zeroizing::new(token.to_owned())),
        expires_at: Some(DateTime::from_secs(expires_at)),
        proxy_endpoint: None,
    })
}

fn read(issued: Option<Issued>) -> Result<RegistryToken> {
    RegistryToken::read(Operation::GetAuthorizationToken, issued, Duration::from_secs(300))
}

#[test]
fn what_is_no_token_is_refused_without_being_repeated() {
    let no_colon = BASE64_STANDARD.encode("hunter2");
    let no_user = BASE64_STANDARD.encode(":hunter2");
    let line = BASE64_STANDARD.encode("AWS:hunter2\r\nx: y");
    let long = "A".repeat(MOST_BYTES + 4);
    for token in ["", "%%%", &no_colon, &no_user, &line, &long] {
        let why = read(issued(token, 60)).unwrap_err();
        assert!(!format!("{why:?}").contains("hunter2"), "{why:?}");
    }
    assert!(read(None).is_err());
}

#[test]
fn the_password_begins_after_the_first_colon_and_is_not_shown() {
    let token = read(issued(&BASE64_STANDARD.encode("AWS:pass:word"), 43_200)).unwrap();
    assert_eq!((&*token.username, token.password.expose_secret()), ("AWS", "pass:word"));
    assert!(!format!("{token:?}").contains("word"));
}

#[tokio::test(start_paused = true)]
async fn it_is_due_the_margin_before_its_end_and_a_little_earlier() {
    let token = read(issued(&BASE64_STANDARD.encode("AWS:x"), 43_200)).unwrap();
    let at = |seconds| Instant::now() + Duration::from_secs(seconds);
    assert!(!token.is_due(at(43_200 - 300 - 75 - 2)));
    assert!(token.is_due(at(43_200 - 300)) && token.is_good(at(43_200 - 300)));
    assert!(!token.is_good(at(43_200)));
}

#[tokio::test(start_paused = true)]
async fn a_short_life_is_used_for_its_half_and_a_wrong_clock_does_not_end_it_at_once() {
    let at = |seconds| Instant::now() + Duration::from_secs(seconds);
    let short = read(issued(&BASE64_STANDARD.encode("AWS:x"), 200)).unwrap();
    assert!(!short.is_due(at(98)) && short.is_due(at(100)));
    let past = read(issued(&BASE64_STANDARD.encode("AWS:x"), -9999)).unwrap();
    assert!(!past.is_due(at(29)) && past.is_good(at(59)));
}
