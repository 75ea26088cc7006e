use std::fs;

use tempfile::TempDir;

use super::*;
use crate::model::{BearerToken, Role};

/// Two identities: `runners` by certificate and user, `robot` by token.
struct Stage {
    folder: TempDir,
    identities: Identities,
    token: BearerToken,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let token = BearerToken::random().unwrap();
        let (tokens, revoked) = (folder.path().join("tokens"), folder.path().join("revoked"));
        fs::write(&tokens, format!("robot {}\n", token.hash())).unwrap();
        fs::write(&revoked, "").unwrap();
        let text = format!(
            "token_file = {tokens:?}\nrevoked_file = {revoked:?}\n\
             [[identities]]\nname = 'runners'\nrole = 'loader'\ncertificates = ['DNS:runner.example.com', 'CN:runner']\nuids = [7]\n\
             [[identities]]\nname = 'robot'\nrole = 'reader'\ncertificates = ['CN:robot']\n"
        );
        let identities = Identities::open(&toml::from_str(&text).unwrap()).unwrap();
        Self { folder, identities, token }
    }

    fn recognise(&self, peer: &Peer, headers: &[&str]) -> Result<String, Stranger> {
        let mut map = HeaderMap::new();
        for value in headers {
            map.append(AUTHORIZATION, value.parse().unwrap());
        }
        self.identities.recognise(peer, &map).map(|caller| caller.name.to_string())
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token.expose())
    }
}

fn certified(names: &[&str]) -> Peer {
    let names = names.iter().map(|name| name.parse().unwrap()).collect();
    Peer::Certified(Arc::new(PeerCertificate { names, fingerprint: [7; 32] }))
}

#[tokio::test]
async fn a_caller_is_known_by_a_name_in_its_certificate_its_user_or_its_token() {
    let stage = Stage::new();
    for (peer, headers, name) in [
        (certified(&["CN:unknown", "DNS:runner.example.com"]), vec![], "runners"),
        (certified(&["CN:robot", "CN:runner"]), vec![], "runners"),
        (Peer::Process { uid: 7 }, vec![], "runners"),
        (Peer::Unknown, vec![stage.bearer()], "robot"),
        (Peer::Unknown, vec![format!("bearer  {} ", stage.token.expose())], "robot"),
        (certified(&["CN:runner"]), vec![stage.bearer()], "robot"),
    ] {
        let headers: Vec<_> = headers.iter().map(String::as_str).collect();
        assert_eq!(stage.recognise(&peer, &headers), Ok(name.to_owned()));
    }
}

#[tokio::test]
async fn whoever_is_not_known_is_told_what_is_wrong() {
    let stage = Stage::new();
    for (peer, stranger) in [
        (Peer::Unknown, Stranger::Nameless),
        (Peer::Process { uid: 8 }, Stranger::Nameless),
        (certified(&[]), Stranger::Certificate),
        (certified(&["DNS:other.example.com", "URI:runner", "CN:Runner"]), Stranger::Certificate),
    ] {
        assert_eq!(stage.recognise(&peer, &[]), Err(stranger), "{peer:?}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_known_is_not_made_good_by_a_certificate() {
    let stage = Stage::new();
    let hash = format!("Bearer {}", stage.token.hash());
    let half = stage.bearer()[..30].to_owned();
    for written in ["", "Bearer", "Bearer ", "Basic cm9ib3Q6", "Bearer x", &hash, &half] {
        assert_eq!(
            stage.recognise(&certified(&["CN:runner"]), &[written]),
            Err(Stranger::Token),
            "{written}"
        );
    }
    let twice = stage.bearer();
    assert_eq!(stage.recognise(&Peer::Unknown, &[&twice, &twice]), Err(Stranger::Token));
}

#[tokio::test]
async fn a_token_that_is_taken_out_and_a_certificate_that_is_revoked_are_good_no_more() {
    let stage = Stage::new();
    fs::write(stage.folder.path().join("tokens"), "# none\n").unwrap();
    fs::write(stage.folder.path().join("revoked"), "07".repeat(32)).unwrap();
    let bearer = stage.bearer();
    while stage.recognise(&Peer::Unknown, &[&bearer]) != Err(Stranger::Token)
        || stage.recognise(&certified(&["CN:runner"]), &[]) != Err(Stranger::Revoked)
    {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn files_that_cannot_be_used_are_refused_at_the_start() {
    let stage = Stage::new();
    let (tokens, revoked) = (stage.folder.path().join("tokens"), stage.folder.path().join("revoked"));
    let text = format!(
        "token_file = {tokens:?}\nrevoked_file = {revoked:?}\n[[identities]]\nname = 'a'\nrole = 'reader'\n"
    );
    let config: AccessConfig = toml::from_str(&text).unwrap();
    let why = Identities::check(&config).unwrap_err().to_string();
    assert!(why.contains("no identity \"robot\""), "{why}");
    assert!(Identities::open(&config).is_err());
    fs::write(&tokens, "").unwrap();
    fs::write(&revoked, "x").unwrap();
    let why = Identities::open(&config).unwrap_err().to_string();
    assert!(why.contains("access.revoked_file: line 1"), "{why}");
}

#[tokio::test]
async fn without_identities_everyone_may_do_everything() {
    let identities = Identities::open(&AccessConfig::default()).unwrap();
    let caller = identities.recognise(&Peer::Unknown, &HeaderMap::new()).unwrap();
    assert_eq!((caller.role, caller.namespace.as_str()), (Role::Operator, "default"));
}
