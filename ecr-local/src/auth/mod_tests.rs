use secrecy::ExposeSecret;

use super::*;

fn auth(token_lifetime: Duration) -> Auth {
    let signer = Signer::with_key(&[7; 32]);
    let users = Users::new(&signer, &[("alice".to_owned(), "pa:ss".to_owned().into())]);
    Auth {
        users,
        access_keys: AccessKeys::default(),
        trusts: Trusts::default(),
        signer,
        challenge: Challenge::Bearer,
        token_lifetime,
        clock: Clock::default(),
    }
}

fn basic(text: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(text))
}

fn pull_scope() -> Vec<Scope> {
    Scope::parse_all(["repository:team/app:pull"].into_iter())
}

#[test]
fn only_the_right_password_lets_in() {
    let auth = auth(Duration::from_secs(60));
    for wrong in ["alice:", "alice:pa", "alice", "bob:pa:ss", ":pa:ss", ""] {
        assert_eq!(auth.caller(Some(&basic(wrong))), None, "{wrong}");
    }
    assert_eq!(auth.caller(None), None);
    assert_eq!(auth.caller(Some("Basic !")), None);
    let principal = Some("arn:aws:iam::000000000000:user/alice".to_owned());
    let alice = Caller { scopes: None, registry: None, principal };
    assert_eq!(auth.caller(Some(&basic("alice:pa:ss"))), Some(alice));
}

#[test]
fn a_token_lets_in_until_it_expires_and_only_for_what_it_says() {
    let bearer = |auth: &Auth| format!("Bearer {}", auth.access_token("alice", pull_scope()).expose_secret());
    let lasting = auth(Duration::from_secs(60));
    let caller = lasting.caller(Some(&bearer(&lasting))).unwrap();
    assert!(caller.may(Action::Pull, Some("team/app")));
    assert!(!caller.may(Action::Push, Some("team/app")));
    assert!(!caller.may(Action::Pull, Some("team/other")));
    assert!(!caller.may(Action::List, None));
    let expired = auth(Duration::ZERO);
    assert_eq!(expired.caller(Some(&bearer(&expired))), None);
}

#[test]
fn a_token_of_another_purpose_user_or_key_is_none() {
    let auth = auth(Duration::from_secs(60));
    let refresh = auth.refresh_token("alice");
    assert_eq!(auth.caller(Some(&format!("Bearer {}", refresh.expose_secret()))), None);
    assert_eq!(auth.refresh_user(refresh.expose_secret()).as_deref(), Some("alice"));
    let access = auth.access_token("alice", pull_scope());
    assert_eq!(auth.refresh_user(access.expose_secret()), None);
    assert_eq!(auth.refresh_user(auth.refresh_token("bob").expose_secret()), None);
    assert_eq!(Signer::with_key(&[8; 32]).open(access.expose_secret()), None);
    let mut forged = access.expose_secret().to_owned();
    forged.insert(0, 'A');
    assert_eq!(auth.caller(Some(&format!("Bearer {forged}"))), None);
}
