//! Several identities of one team: its images and credentials are theirs together, and what each may do with them is not the same.

use std::fs;

use fixtures::{images::Image, registry::ScriptedRegistry};
use image_service::model::BearerToken;
use imageservice_proto::v1::{
    CheckRequest, CheckResponse, ListCredentialsRequest, PullRequest, RegistryAuth,
    pull_event::Event::Completed,
};
use tonic::Status;

use super::world::{Caller, World, identity, reason};

/// An admin and two who may pull, of one team, and a registry that asks for a password.
struct Team {
    admin: Caller,
    one: Caller,
    other: Caller,
    registry: ScriptedRegistry,
    _world: World,
}

impl Team {
    async fn gather() -> Self {
        let (folder, registry) = (tempfile::tempdir().unwrap(), ScriptedRegistry::start().await);
        registry.push("team/app", "v1", &Image::docker("private"));
        registry.require_basic([("alice", "s3cret")]);
        let tokens = folder.path().join("tokens");
        let shown = [(); 3].map(|()| BearerToken::random().unwrap());
        let [admin, one, other] = &shown;
        let lines = format!("admin {}\none {}\nother {}\n", admin.hash(), one.hash(), other.hash());
        fs::write(&tokens, lines).unwrap();
        let identities = identity("admin", "team-a", "admin", "")
            + &identity("one", "team-a", "puller", "")
            + &identity("other", "team-a", "puller", "");
        let world = World::local(folder, &format!("[access]\ntoken_file = {tokens:?}\n{identities}")).await;
        let (admin, one, other) = (world.with(admin).await, world.with(one).await, world.with(other).await);
        Self { admin, one, other, registry, _world: world }
    }

    fn alice(&self) -> Option<RegistryAuth> {
        Some(RegistryAuth { username: "alice".into(), password: "s3cret".into(), ..RegistryAuth::default() })
    }

    async fn log_in(&self, caller: &Caller, auth: Option<RegistryAuth>) -> Result<CheckResponse, Status> {
        let request = CheckRequest { registry: self.registry.host(), auth };
        caller.credentials().check(request).await.map(tonic::Response::into_inner)
    }

    fn wanted(&self, name: &str, auth: Option<RegistryAuth>) -> PullRequest {
        PullRequest { reference: format!("{}/{name}", self.registry.host()), auth, ..PullRequest::default() }
    }

    async fn stored(&self) -> usize {
        let listed = self.admin.credentials().list(ListCredentialsRequest {}).await;
        listed.unwrap().into_inner().credentials.len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_pull_has_a_credential_tried_and_leaves_none_behind() {
    let team = Team::gather().await;
    let mistaken = RegistryAuth { password: "s3cret-mistaken".into(), ..team.alice().unwrap() };
    assert_eq!(reason(team.log_in(&team.one, Some(mistaken)).await), "CREDENTIALS_REJECTED");
    let tried = team.log_in(&team.one, team.alice()).await.unwrap();
    assert_eq!((tried.registry, tried.stored), (team.registry.host(), false));
    assert_eq!(team.stored().await, 0);
    assert!(team.one.pull(team.wanted("team/app:v1", None)).await.is_err(), "nothing was kept for it either");
    team.one.pull(team.wanted("team/app:v1", team.alice())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_admin_logs_in_with_is_everyones_and_one_who_may_pull_does_not_put_another_in_its_place() {
    let team = Team::gather().await;
    assert!(team.log_in(&team.admin, team.alice()).await.unwrap().stored);
    assert_eq!(team.stored().await, 1);
    team.registry.require_basic([("alice", "s3cret"), ("bob", "s3cret too")]);
    let bob =
        RegistryAuth { username: "bob".into(), password: "s3cret too".into(), ..RegistryAuth::default() };
    assert!(!team.log_in(&team.one, Some(bob)).await.unwrap().stored);
    let listed = team.admin.credentials().list(ListCredentialsRequest {}).await.unwrap().into_inner();
    assert_eq!(listed.credentials[0].username, "alice");
    team.other.pull(team.wanted("team/app:v1", None)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registry_is_asked_for_each_identity_even_where_they_have_the_same_credential() {
    let team = Team::gather().await;
    team.log_in(&team.admin, team.alice()).await.unwrap();
    let told = team.one.pull(team.wanted("team/app:v1", None)).await.unwrap();
    let digest = told.into_iter().find_map(|event| match event.event {
        Some(Completed(completed)) => Some(completed.digest),
        _ => None,
    });
    let by_digest = format!("team/app@{}", digest.unwrap());
    let asked = async |caller: &Caller, auth| {
        team.registry.forget_requests();
        caller.pull(team.wanted(&by_digest, auth)).await.unwrap();
        team.registry.requests().len()
    };
    assert_eq!(asked(&team.one, None).await, 0, "it has a proof");
    assert!(asked(&team.other, None).await > 0, "another's proof is not its own");
    assert_eq!(asked(&team.other, None).await, 0);
    assert!(asked(&team.admin, team.alice()).await > 0, "nor is it that of whoever knows the password");

    team.registry.require_basic([("alice", "s3cret-changed")]);
    assert!(team.one.pull(team.wanted(&by_digest, None)).await.is_ok(), "its proof lasts its time");
    assert!(team.other.pull(team.wanted("team/app:v1", None)).await.is_err(), "a tag is asked for each time");
}
