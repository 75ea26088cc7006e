use http::HeaderValue;

use super::*;

#[test]
fn nothing_of_a_header_is_kept_that_could_open_anything() {
    let mut all = HeaderMap::new();
    for (name, value) in [
        ("authorization", "Basic QVdTOnMzY3JldA=="),
        ("proxy-authorization", "Basic s3cret"),
        ("x-amz-security-token", "s3cret"),
        ("cookie", "s3cret"),
        ("set-cookie", "s3cret"),
        ("x-registry-auth", "s3cret"),
        ("www-authenticate", "Negotiate s3cret"),
        ("location", "https://bucket/x?X-Amz-Signature=s3cret&X-Amz-Security-Token=s3cret&X-Amz-Date=today"),
        ("content-type", "text/plain"),
    ] {
        all.insert(name, HeaderValue::from_static(value));
    }
    let kept = headers(&all, &Secrets::default());
    assert!(!format!("{kept:?}").contains("s3cret"), "{kept:?}");
    assert!(!format!("{kept:?}").contains("QVdT"), "{kept:?}");
    assert_eq!(kept.len(), 2);
    assert!(kept.iter().any(|(_, value)| value.ends_with("X-Amz-Date=today")), "{kept:?}");
}

#[test]
fn secrets_of_documents_go_wherever_they_are_and_pages_stay() {
    let given = br#"{"b": 1, "a": {"authorizationToken": "s3cret", "items": [{"password": "s3cret"}]}, "token": "s3cret",
        "access_token": "s3cret", "state": "kept", "policy": "kept", "SecretAccessKey": "s3cret", "SessionToken": "s3cret", "nextToken": "page",
        "downloadUrl": "https://x/y?X-Amz-Signature=s3cret&n=1"}"#;
    let kept = document(given, &Secrets::default()).unwrap();
    assert!(!kept.contains("s3cret"), "{kept}");
    assert!(kept.contains(r#""nextToken":"page""#) && kept.contains("&n=1"), "{kept}");
    assert!(kept.contains(r#""policy":"kept""#) && kept.contains(r#""state":"kept""#), "{kept}");
    assert!(kept.starts_with(r#"{"SecretAccessKey":"redacted","SessionToken":"redacted","a":{"#), "{kept}");
    assert_eq!(document(b"{", &Secrets::default()), None);
}

#[test]
fn what_containers_find_in_their_environment_goes_and_so_do_pairs_with_the_name_of_a_secret() {
    let given = br#"{"containerDefinitions": [{"environment": [{"name": "DB_PASSWORD", "value": "s3cret"}, {"name": "DSN", "value": "s3cret"}],
        "options": [{"value": "s3cret", "name": "apiToken"}, {"name": "scope", "value": "task"}], "name": "app"}]}"#;
    let kept = document(given, &Secrets::default()).unwrap();
    assert!(!kept.contains("s3cret"), "{kept}");
    assert!(
        kept.contains(r#"{"name":"DSN","value":"redacted"}"#) && kept.contains(r#""value":"task""#),
        "{kept}"
    );
}

#[test]
fn what_is_no_content_is_read_as_a_document_whatever_it_is_called() {
    let mut headers = HeaderMap::new();
    for media_type in ["text/plain", "text/json", "application/problem+json", "application/octet-stream", ""]
    {
        for path in ["/token", "/_through/1"] {
            let kept = content(kind(path, &headers), r#"{"token":"s3cret"}"#.into(), &Secrets::default());
            assert_eq!(kept, r#"{"token":"redacted"}"#, "{path} {media_type}");
            assert_eq!(content(kind(path, &headers), "s3cret".into(), &Secrets::default()), REDACTED);
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    for path in ["/v2/app/blobs/sha256:00", "/v2/app/manifests/v1", "/_through/blob/2"] {
        assert_eq!(kind(path, &headers), Kind::Opaque, "{path}");
    }
}

#[test]
fn secrets_of_forms_and_queries_go() {
    assert_eq!(
        form(b"username=a&password=s&refresh_token=t&scope=x", &Secrets::default()),
        "username=a&password=redacted&refresh_token=redacted&scope=x"
    );
    assert_eq!(
        target("/v2/a/blobs/uploads/1?_state=s&digest=d", &Secrets::default()),
        "/v2/a/blobs/uploads/1?_state=redacted&digest=d"
    );
    assert_eq!(target("/v2/_catalog?n=1", &Secrets::default()), "/v2/_catalog?n=1");
}

#[test]
fn secrets_of_markup_go() {
    let given = "<Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s3cret</SecretAccessKey>\
        <SessionToken x='1'>s3cret</SessionToken></Credentials>";
    let kept = "<Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>redacted</SecretAccessKey>\
        <SessionToken x='1'>redacted</SessionToken></Credentials>";
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml; charset=utf-8"));
    let kind = kind("/", &headers);
    assert_eq!(content(kind, Bytes::from(given), &Secrets::default()), kept);
}

#[test]
fn the_scope_of_a_signature_is_kept_alone() {
    let mut signed = HeaderMap::new();
    let value = "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/ecr/aws4_request, SignedHeaders=host, Signature=00";
    signed.insert(header::AUTHORIZATION, HeaderValue::from_static(value));
    assert_eq!(scope(&signed).as_deref(), Some("eu-west-1/ecr"));
    signed.insert(header::AUTHORIZATION, HeaderValue::from_static("Basic eA=="));
    assert_eq!(scope(&signed), None);
}

#[test]
fn what_was_left_out_by_its_name_is_left_out_by_its_value_from_then_on() {
    let secrets = Secrets::default();
    let token = BASE64_STANDARD.encode("AWS:pa55word-of-ecr");
    content(
        Kind::Document,
        format!(r#"{{"authorizationToken":"{token}","sessionToken":"t0ken-one"}}"#).into(),
        &secrets,
    );
    content(Kind::Form, "password=t0ken%2Ftwo".into(), &secrets);
    content(Kind::Markup, "<SecretAccessKey>t0ken-three</SecretAccessKey>".into(), &secrets);
    target("/x?X-Amz-Signature=t0ken%2Bfour", &secrets);
    let told = format!(
        r#"{{"message":"no {token}, pa55word-of-ecr, t0ken-one, t0ken/two, t0ken-three, t0ken+four"}}"#
    );
    let kept = content(Kind::Document, told.into(), &secrets);
    assert_eq!(kept, r#"{"message":"no redacted, redacted, redacted, redacted, redacted, redacted"}"#);
    assert_eq!(content(Kind::Opaque, "a t0ken-one in it".into(), &secrets), REDACTED);
    assert_eq!(content(Kind::Opaque, "none in it".into(), &secrets), "none in it");
}

#[test]
fn what_may_be_anything_is_not_looked_for_elsewhere() {
    let secrets = Secrets::default();
    let given = r#"{"environment":[{"name":"STAGE","value":"production"}],"cluster":"production"}"#;
    let kept = content(Kind::Document, given.into(), &secrets);
    assert_eq!(kept, r#"{"cluster":"production","environment":[{"name":"STAGE","value":"redacted"}]}"#);
}
