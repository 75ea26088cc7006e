use secrecy::ExposeSecret as _;

use super::*;

fn issued(token: &str, expires_in: i64) -> Issued {
    let expires_at = OffsetDateTime::now_utc().unix_timestamp() + expires_in;
    Issued {
        operation: Operation::GetAuthorizationToken,
        token: Some(Zeroizing::new(token.to_owned())),
        expires_at: Some(DateTime::from_secs(expires_at)),
        proxy_endpoint: None,
    }
}

fn read(token: &str, expires_in: i64, now: Instant) -> Result<RegistryToken> {
    issued(token, expires_in).read(Duration::from_secs(300), now)
}

fn password(password: &str) -> String {
    BASE64_STANDARD.encode(format!("AWS:{password}"))
}

#[test]
fn what_is_no_token_is_refused_without_being_repeated() {
    let encoded =
        ["hunter2", ":hunter2", "AWS:", "AWS:hunter2\r\nx: y"].map(|text| BASE64_STANDARD.encode(text));
    let long = "A".repeat(MOST_BYTES + 4);
    for token in encoded.iter().map(String::as_str).chain(["", "%%%", &long]) {
        let why = read(token, 60, Instant::now()).unwrap_err();
        assert!(!format!("{why:?}").contains("hunter2"), "{why:?}");
    }
}

#[test]
fn the_password_begins_after_the_first_colon_and_is_not_shown() {
    let token = read(&password("pass:word"), 43_200, Instant::now()).unwrap();
    assert_eq!((&*token.username, token.password.expose_secret()), ("AWS", "pass:word"));
    assert!(!format!("{token:?}").contains("word"));
}

#[test]
fn it_is_due_the_margin_before_its_end_and_a_little_earlier() {
    let now = Instant::now();
    let token = read(&password("x"), 43_200, now).unwrap();
    let at = |seconds| now + Duration::from_secs(seconds);
    assert!(!token.is_due(at(43_200 - 300 - 75 - 2)));
    assert!(token.is_due(at(43_200 - 300)) && token.is_good(at(43_200 - 300)));
    assert!(!token.is_good(at(43_200)));
}

#[test]
fn a_short_life_is_used_for_its_half_and_a_wrong_clock_does_not_end_it_at_once() {
    let now = Instant::now();
    let at = |seconds| now + Duration::from_secs(seconds);
    let short = read(&password("x"), 200, now).unwrap();
    assert!(!short.is_due(at(98)) && short.is_due(at(100)));
    let past = read(&password("x"), -9999, now).unwrap();
    assert!(!past.is_due(at(29)) && past.is_good(at(59)));
}
