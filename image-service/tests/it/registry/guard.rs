//! Where a registry cannot send this service.

use fixtures::{
    images::Image,
    registry::{Reply, ScriptedRegistry},
};
use http::Method;
use image_service::error::Error;

use super::world::{MANIFEST, Names, World, app};

async fn registry() -> ScriptedRegistry {
    let registry = ScriptedRegistry::start().await;
    registry.push("team/app", "v1", &Image::docker("app"));
    registry
}

/// The realm of a registry that sends its clients elsewhere.
fn realm(host: &str, tokens: &ScriptedRegistry) -> String {
    format!("http://{host}:{}/token", tokens.port())
}

#[tokio::test]
async fn a_realm_on_another_port_of_the_registrys_own_host_is_asked() {
    let (world, registry, tokens) = (World::new(), registry().await, registry().await);
    registry.require_bearer_of(&realm("127.0.0.1", &tokens), []);
    registry.accept_token("pl4nted-token-1");
    world.pull(&app(&registry)).await.unwrap();
    assert_eq!(tokens.request_lines(), ["GET /token"]);
}

#[tokio::test]
async fn a_realm_that_is_or_resolves_to_a_loopback_address_is_not_dialled() {
    for (host, address) in [
        ("localhost", Some("127.0.0.1")),
        ("metadata.example", Some("127.0.0.1")),
        ("metadata.example", Some("169.254.169.254")),
        ("metadata.example", Some("::ffff:169.254.170.2")),
        ("intern.example", Some("10.0.0.7")),
        ("127.0.0.2", None),
        ("127.2", None),
        ("2130706434", None),
        ("169.254.169.254", None),
        ("10.0.0.7", None),
        ("[::1]", None),
        ("[::ffff:7f00:2]", None),
    ] {
        let (registry, tokens) = (registry().await, registry().await);
        let address = address.map(|address| [address]);
        let names = Names::of(address.iter().map(|address| (host, &address[..])));
        let world = World::with("", names);
        registry.require_bearer_of(&realm(host, &tokens), []);
        let error = world.failure(&app(&registry)).await;
        assert!(matches!(error.root(), Error::TargetRefused { .. }), "{host}: {error}");
        assert!(tokens.requests().is_empty(), "{host}");
    }
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_checked_each_time_it_is_dialled() {
    let (registry, tokens) = (registry().await, registry().await);
    let world =
        World::with("", Names::of([("rebind.example", &["169.254.169.254", "10.0.0.1", "127.0.0.1"][..])]));
    registry.require_bearer_of(&realm("rebind.example", &tokens), []);
    for class in ["a link-local address", "a private address", "a loopback address", "a loopback address"] {
        let error = world.failure(&app(&registry)).await;
        assert!(matches!(error.root(), Error::TargetRefused { why, .. } if why == class), "{error}");
    }
    assert!(tokens.requests().is_empty());
}

#[tokio::test]
async fn an_operator_can_allow_a_token_host() {
    let (registry, tokens) = (registry().await, registry().await);
    let config = format!("[registries.'{}']\ntoken_hosts = ['sso.example']", registry.host());
    let world = World::with(&config, Names::of([("sso.example", &["127.0.0.1"][..])]));
    tokens.require_bearer([("alice", "s3cret")]);
    registry.require_bearer_of(&realm("sso.example", &tokens), [("alice", "s3cret")]);
    registry.accept_token("pl4nted-token-1");
    world.pull_as(&app(&registry), &world.user("alice", "s3cret")).await.unwrap();
    assert!(tokens.requests()[0].authorization().unwrap().starts_with("Basic "));
}

#[tokio::test]
async fn a_listed_registry_on_loopback_may_use_loopback_but_no_stranger_gets_its_password() {
    let (registry, tokens) = (registry().await, registry().await);
    let config = format!("[registries.'{}']", registry.host());
    let names = || Names::of([("sso.example", &["127.0.0.1"][..])]);
    registry.require_bearer_of(&realm("sso.example", &tokens), []);
    registry.accept_token("pl4nted-token-1");
    World::with(&config, names()).pull(&app(&registry)).await.unwrap();
    tokens.forget_requests();
    let world = World::with(&config, names());
    let error = world.failure_as(&app(&registry), &world.user("alice", "s3cret")).await;
    assert!(matches!(error.root(), Error::TargetRefused { .. }), "{error}");
    assert!(tokens.requests().is_empty());
}

#[tokio::test]
async fn a_password_does_not_follow_a_realm_to_a_stranger_even_if_anonymous_requests_may() {
    let (registry, tokens) = (registry().await, registry().await);
    let config =
        format!("[registries.'registry.example']\nendpoint = 'http://127.0.0.1:{}'", registry.port());
    let world = World::with(&config, Names::of([("evil.test", &["127.0.0.1"][..])]));
    registry.require_bearer_of(&realm("evil.test", &tokens), []);
    let error = world.failure_as("registry.example/team/app:v1", &world.user("alice", "s3cret")).await;
    assert!(matches!(error.root(), Error::TargetRefused { .. }), "{error}");
    assert!(tokens.requests().is_empty());
}

#[tokio::test]
async fn a_realm_with_a_hidden_part_or_another_scheme_is_not_asked() {
    for realm in ["http://user:pass@127.0.0.1/token", "http://127.0.0.1/token#x", "ftp://127.0.0.1/token"] {
        let (world, registry) = (World::new(), registry().await);
        registry.require_bearer_of(realm, []);
        let error = world.failure(&app(&registry)).await;
        assert!(matches!(error.root(), Error::TargetRefused { .. }), "{realm}: {error}");
    }
}

#[tokio::test]
async fn a_reference_cannot_name_a_metadata_service() {
    for host in [
        "169.254.169.254",
        "169.254.170.2:80",
        "100.100.100.200",
        "[fe80::1]:80",
        "[::ffff:169.254.170.2]",
        "[fd00:ec2::254]",
        "0.0.0.0:80",
    ] {
        let world = World::new();
        let Ok(reference) = format!("{host}/x:v1").parse::<image_service::model::Reference>() else {
            continue;
        };
        let error = world.failure(&reference.to_string()).await;
        assert!(matches!(error.root(), Error::TargetRefused { .. }), "{host}: {error}");
    }
    let world = World::with("", Names::of([("rebind.example", &["169.254.169.254"][..])]));
    let error = world.failure("rebind.example/x:v1").await;
    assert_eq!(
        error.to_string(),
        "refusing to connect to rebind.example (a link-local address); an operator can allow it for registry rebind.example"
    );
}

#[tokio::test]
async fn a_registry_may_have_a_name_that_resolves_to_loopback() {
    let registry = registry().await;
    let config = format!("[registries.'reg.lan:{}']\nplain_http = true", registry.port());
    let world = World::with(&config, Names::of([("reg.lan", &["127.0.0.1"][..])]));
    world.pull(&format!("reg.lan:{}/team/app:v1", registry.port())).await.unwrap();
}

#[tokio::test]
async fn a_redirect_does_not_lead_into_the_network_of_this_service() {
    for (location, names) in [
        ("http://169.254.170.2/v2/credentials", Names::default()),
        ("http://localhost/x", Names::of([("localhost", &["127.0.0.1"][..])])),
        ("http://cdn.example/x", Names::of([("cdn.example", &["10.0.0.1"][..])])),
        ("http://[::ffff:a9fe:a9fe]/x", Names::default()),
        ("file:///etc/passwd", Names::default()),
    ] {
        let registry = registry().await;
        let world = World::with("", names);
        registry.always(Method::GET, "/v2/team/app/blobs/*", Reply::redirect(307, location));
        let error = world.failure(&app(&registry)).await;
        assert!(matches!(error.root(), Error::TargetRefused { .. }), "{location}: {error}");
        assert_eq!(registry.count(Method::GET, MANIFEST), 1);
    }
}
