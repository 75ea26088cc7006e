use super::*;

fn read(text: &str) -> AccessConfig {
    toml::from_str(text).unwrap()
}

fn with_client_ca() -> TlsConfig {
    toml::from_str("certificate = 'c'\nkey = 'k'\nclient_ca = 'a'").unwrap()
}

const RUNNERS: &str = "name = 'runners'\nnamespace = 'ci'\nrole = 'loader'";

#[test]
fn an_identity_says_where_it_works_and_what_it_may_do() {
    let text =
        format!("[[identities]]\n{RUNNERS}\ncertificates = ['URI:spiffe://example.com/ci']\nuids = [7]");
    let access = read(&text);
    let identity = &access.identities[0];
    assert_eq!((identity.role, identity.namespace.as_str()), (Role::Loader, "ci"));
    assert_eq!(identity.certificates, [CertificateName::Uri("spiffe://example.com/ci".into())]);
    assert_eq!(access.namespaces().iter().map(Namespace::as_str).collect::<Vec<_>>(), ["default", "ci"]);
    assert_eq!(access.mistakes(Some(&with_client_ca())), Vec::<String>::new());
}

#[test]
fn what_makes_no_sense_is_named() {
    let twice = format!("token_file = 't'\n[[identities]]\n{RUNNERS}\n[[identities]]\n{RUNNERS}");
    let shared = format!(
        "[[identities]]\n{RUNNERS}\nuids = [7]\ncertificates = ['CN:a']\n\
         [[identities]]\nname = 'b'\nrole = 'reader'\nuids = [7]\ncertificates = ['CN:a']"
    );
    for (text, count, part) in [
        (format!("[[identities]]\n{RUNNERS}"), 1, "nothing tells who runners is"),
        (twice, 1, "runners is there twice"),
        (shared, 2, "belongs to two identities"),
        ("token_file = 't'".to_owned(), 1, "access.token_file"),
    ] {
        let mistakes = read(&text).mistakes(Some(&with_client_ca()));
        assert!(
            mistakes.len() == count && mistakes.iter().all(|mistake| mistake.contains(part)),
            "{mistakes:?}"
        );
    }
}

#[test]
fn certificates_need_an_authority() {
    let text = format!("revoked_file = 'r'\n[[identities]]\n{RUNNERS}\ncertificates = ['CN:a']");
    let without_clients = TlsConfig { client_ca: None, ..with_client_ca() };
    for tls in [None, Some(&without_clients)] {
        let mistakes = read(&text).mistakes(tls);
        assert!(
            mistakes.len() == 2 && mistakes.iter().all(|mistake| mistake.contains("tls.client_ca")),
            "{mistakes:?}"
        );
    }
}

#[test]
fn a_value_that_cannot_be_read_is_refused() {
    for (line, part) in [
        ("role = 'root'", "a role is"),
        ("namespace = 'a/b'", "a namespace is"),
        ("certificates = ['runner']", "write CN:NAME"),
        ("name = 'two words'", "name: write"),
        ("uids = [-1]", "uids"),
        ("password = 'x'", "password"),
    ] {
        let key = line.split_once(' ').unwrap().0;
        let rest: Vec<_> = RUNNERS.lines().filter(|known| !known.starts_with(key)).collect();
        let text = format!("[[identities]]\n{}\n{line}", rest.join("\n"));
        let error = toml::from_str::<AccessConfig>(&text).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn while_the_service_runs_no_door_is_opened_to_everyone() {
    let known = read(&format!("token_file = 't'\n[[identities]]\n{RUNNERS}"));
    let renamed = read("token_file = 'u'\n[[identities]]\nname = 'b'\nrole = 'reader'");
    let local = read(&format!("[[identities]]\n{RUNNERS}\nuids = [7]"));
    assert_eq!(renamed.needs_restart_after(&known), Vec::<String>::new());
    assert_eq!(local.needs_restart_after(&AccessConfig::default()), Vec::<String>::new());
    assert!(local.needs_restart_after(&known)[0].starts_with("access.token_file"));
    assert!(AccessConfig::default().needs_restart_after(&local)[0].starts_with("access.identities"));
}
