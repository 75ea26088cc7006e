use super::*;

fn address(text: &str) -> ServiceAddress {
    text.parse().unwrap()
}

fn with_token(folder: &Path, token: &str) -> AuthFiles {
    let file = folder.join("token");
    fs::write(&file, token).unwrap();
    AuthFiles { token: Some(file), ..AuthFiles::default() }
}

#[test]
fn a_token_goes_only_where_nobody_can_listen_in() {
    let folder = tempfile::tempdir().unwrap();
    let files = with_token(folder.path(), "ist_secret\n");
    for text in [
        "unix:///run/x.sock",
        "https://images.example:443",
        "http://127.0.0.1:1",
        "http://localhost:1",
        "http://[::1]:1",
    ] {
        let auth = files.read(&address(text)).unwrap();
        assert_eq!(auth.token.as_ref().unwrap(), "Bearer ist_secret", "{text}");
        assert!(!format!("{auth:?} {:?}", auth.on(())).contains("ist_secret"));
    }
    for text in
        ["http://images.example:1", "http://10.0.0.1:1", "http://localhost.example:1", "http://[::2]:1"]
    {
        let why = files.read(&address(text)).unwrap_err().to_string();
        assert!(why.contains("is not sent in plaintext"), "{why}");
    }
}

#[test]
fn what_is_no_token_is_refused_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    for token in ["", " \n", "two words", "line\nline", &"x".repeat(5000), "t\u{f6}ken"] {
        let why = with_token(folder.path(), token).read(&address("unix:///x")).unwrap_err().to_string();
        assert!(why.contains("there is no token in"), "{why}");
    }
}

#[test]
fn a_certificate_is_for_https() {
    let files = AuthFiles { certificate: Some(("cert".into(), "key".into())), ..AuthFiles::default() };
    for text in ["unix:///x", "http://127.0.0.1:1"] {
        let why = files.read(&address(text)).unwrap_err().to_string();
        assert!(why.contains("an https image service only"), "{why}");
    }
}
