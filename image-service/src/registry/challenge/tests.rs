//! Challenges as registries have been seen to write them.

use super::*;

fn read(lines: &[&str]) -> Option<Challenge> {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(header::WWW_AUTHENTICATE, line.parse().unwrap());
    }
    Challenge::read(&headers)
}

fn bearer(realm: &str, service: &str, scope: &str) -> Option<Challenge> {
    Some(Challenge::Bearer(Bearer {
        realm: realm.parse().unwrap(),
        service: service.into(),
        scope: scope.into(),
        error: String::new(),
    }))
}

#[test]
fn a_challenge_is_read_however_it_is_written() {
    let plain = bearer("https://a.example/t", "s", "repository:x:pull,push");
    for line in [
        r#"Bearer realm="https://a.example/t",service="s",scope="repository:x:pull,push""#,
        r#"bearer REALM="https://a.example/t", Service=s, scope="repository:x:pull,push""#,
        r#"Bearer realm = "https://a.example/t" , service = "s", scope="repository:x:pull,push""#,
        r#"Bearer realm=https://a.example/t,service=s,scope="repository:x:pull,push""#,
        r#"Bearer realm="https://a.example/t" service="s" scope="repository:x:pull,push""#,
        r#"Bearer realm="https:\/\/a.example/t",service="\s",scope="repository:x:pull,push""#,
        r#"Basic realm="x", Bearer realm="https://a.example/t",service="s",scope="repository:x:pull,push""#,
        r#"Negotiate, Bearer realm="https://a.example/t",service="s",scope="repository:x:pull,push", Basic realm="y""#,
        r#"Digest realm="a, b", nonce="q\"u", Bearer realm="https://a.example/t",service="s",scope="repository:x:pull,push""#,
        r#",, Bearer realm="https://a.example/t",service="s",scope="repository:x:pull,push",,"#,
    ] {
        assert_eq!(read(&[line]), plain, "{line}");
    }
}

#[test]
fn bearer_wins_over_basic_across_lines_and_basic_over_nothing() {
    let line = r#"Bearer realm="https://a.example/t""#;
    assert_eq!(read(&[r#"Basic realm="x""#, line]), bearer("https://a.example/t", "", ""));
    assert_eq!(read(&["Negotiate", "BASIC"]), Some(Challenge::Basic));
    assert_eq!(read(&[r#"Bearer realm="/relative""#, "Basic realm=x"]), Some(Challenge::Basic));
    assert_eq!(read(&[r#"Bearer service="s""#]), None);
}

#[test]
fn what_challenges_nothing_is_nothing() {
    for line in [
        "",
        "Negotiate",
        "Digest realm=\"x\"",
        "=,=\"",
        "\"",
        "Bearer",
        "Bearer realm=",
        "realm=\"https://a/\"",
    ] {
        assert_eq!(read(&[line]), None, "{line}");
    }
    assert_eq!(read(&[]), None);
}

#[test]
fn the_refusal_of_a_scope_is_read() {
    let read = read(&[r#"Bearer realm="https://a/t",service="s",scope="x",error="insufficient_scope""#]);
    assert!(matches!(read, Some(Challenge::Bearer(bearer)) if bearer.error == "insufficient_scope"));
}

#[test]
fn a_line_without_end_is_cut() {
    let line = format!(r#"Bearer realm="https://a/t",service="{}""#, "x".repeat(100_000));
    assert!(matches!(read(&[&line]), Some(Challenge::Bearer(bearer)) if bearer.service.len() <= MAX_LINE));
}

proptest::proptest! {
    #[test]
    fn no_line_can_hurt(line in r#"[ -~]{0,80}"#) {
        let _ = of_line(&line);
        let _ = lenient(&line);
    }

    #[test]
    fn no_line_of_the_right_words_can_hurt(
        words in proptest::collection::vec(proptest::sample::select(vec![
            "Bearer", "Basic", " ", "realm", "=", "\"", "https://a/", ",", "\\", "service", "é",
        ]), 0..24),
    ) {
        let _ = of_line(&words.concat());
    }
}
