//! Every RPC that there is, by everyone who could make it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use fixtures::process::until;
use image_service::{
    grpc::{RULES, Rule},
    model::{BearerToken, Role},
};
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic::{Code, transport::Channel};
use tonic_types::StatusExt as _;

use super::{
    raw::{Outcome, call, first_status},
    world::{World, identity},
};

/// Answers nobody, at once.
const NOWHERE: &str = "http://127.0.0.1:1";

/// `/package.Service/Method` of every RPC in the descriptors that reflection tells.
fn rpcs() -> BTreeSet<String> {
    let sets = [
        imageservice_proto::FILE_DESCRIPTOR_SET,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ];
    let files = sets.into_iter().flat_map(|set| FileDescriptorSet::decode(set).unwrap().file);
    let paths = files.flat_map(|file| {
        let package = file.package().to_owned();
        file.service.into_iter().flat_map(move |service| {
            let service_name = format!("{package}.{}", service.name());
            service.method.into_iter().map(move |method| format!("/{service_name}/{}", method.name()))
        })
    });
    paths.collect()
}

fn rules() -> BTreeMap<String, Rule> {
    let of_service = |(service, methods): &(&str, &[(&str, Rule)])| {
        let service = (*service).to_owned();
        methods.iter().map(move |(method, rule)| (format!("/{service}/{method}"), *rule)).collect::<Vec<_>>()
    };
    RULES.iter().flat_map(of_service).collect()
}

#[test]
fn every_rpc_has_a_rule_and_every_rule_an_rpc() {
    let ruled: BTreeSet<_> = rules().into_keys().collect();
    let (unruled, unknown): (Vec<_>, Vec<_>) =
        (rpcs().difference(&ruled).cloned().collect(), ruled.difference(&rpcs()).cloned().collect());
    assert!(unruled.is_empty(), "say in grpc/access/rules.rs who may call {unruled:?}");
    assert!(unknown.is_empty(), "there is no {unknown:?}");
    let entries: usize = RULES.iter().map(|(_, methods)| methods.len()).sum();
    assert_eq!(entries, ruled.len(), "no rule is there twice");
}

#[test]
fn the_readme_tells_the_rules() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap();
    for line in table() {
        assert!(readme.contains(&line), "README.md has to say:\n{}", table().join("\n"));
    }
}

/// The table of the README: for each role the calls that those before it may not make.
fn table() -> Vec<String> {
    let row = |who: &str, rule: Rule| {
        let calls = RULES.iter().filter_map(|(service, methods)| {
            let mine: Vec<_> =
                methods.iter().filter(|(_, of)| *of == rule).map(|(method, _)| *method).collect();
            let shown = if mine.len() == methods.len() { "(all)".to_owned() } else { mine.join(", ") };
            (!mine.is_empty()).then(|| format!("`{service}` {shown}"))
        });
        format!("| {who} | {} |", calls.collect::<Vec<_>>().join("; "))
    };
    let roles = Role::ALL.map(|role| row(&format!("`{role}`"), Rule::AtLeast(role)));
    [row("anyone", Rule::Open)].into_iter().chain(roles).collect()
}

/// Everyone who could call: each role, and one whose token was taken back.
struct Callers {
    world: World,
    channel: Channel,
    of_role: Vec<(Role, String)>,
    taken_back: String,
}

impl Callers {
    async fn gather() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (tokens, config) =
            (folder.path().join("tokens"), config(folder.path().join("tokens").to_str().unwrap()));
        let of_role: Vec<_> =
            Role::ALL.into_iter().map(|role| (role, BearerToken::random().unwrap())).collect();
        let lines: String =
            of_role.iter().map(|(role, token)| format!("{role} {}\n", token.hash())).collect();
        let taken_back = BearerToken::random().unwrap();
        fs::write(&tokens, format!("{lines}operator {}\n", taken_back.hash())).unwrap();
        let bearer = |token: &BearerToken| format!("Bearer {}", token.expose());

        let world = World::local(folder, &config).await;
        let (channel, taken_back) = (world.channel().await, bearer(&taken_back));
        let info = "/imageservice.v1.System/Info";
        assert_eq!(call(&channel, info, Some(&taken_back)).await, Outcome::Made);
        fs::write(&tokens, lines).unwrap();
        until("the token is good no more", async || {
            (call(&channel, info, Some(&taken_back)).await == Outcome::Unknown).then_some(())
        })
        .await;
        let of_role = of_role.iter().map(|(role, token)| (*role, bearer(token))).collect();
        Self { world, channel, of_role, taken_back }
    }
}

/// Registries and AWS are where nobody is.
fn config(tokens: &str) -> String {
    let identities: String =
        Role::ALL.map(|role| identity(role.as_str(), "default", role.as_str(), "")).concat();
    format!(
        "registries.'docker.io'.endpoint = '{NOWHERE}'\n\
         [access]\ntoken_file = '{tokens}'\n{identities}\
         [ecr]\nregion = 'eu-central-1'\nendpoint_url = '{NOWHERE}'\npublic_endpoint_url = '{NOWHERE}'\nmax_retries = 0\n\
         [ecr.auth]\nkind = 'static'\naccess_key_id = 'a'\nsecret_access_key = 's3cret'\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rpc_is_open_to_those_whom_its_rule_names_and_to_nobody_else() {
    let callers = Callers::gather().await;
    let rules = rules();
    for path in rpcs() {
        let rule = rules[&path];
        let open = rule == Rule::Open;
        let strangers = if open { Outcome::Made } else { Outcome::Unknown };
        for stranger in
            [None, Some(callers.taken_back.as_str()), Some("Bearer ist_unknown"), Some("Basic YTpi")]
        {
            assert_eq!(call(&callers.channel, &path, stranger).await, strangers, "{path} by {stranger:?}");
        }
        for (role, bearer) in &callers.of_role {
            let allowed = open || matches!(rule, Rule::AtLeast(needed) if *role >= needed);
            let expected = if allowed { Outcome::Made } else { Outcome::Forbidden };
            assert_eq!(call(&callers.channel, &path, Some(bearer)).await, expected, "{path} by {role}");
        }
    }
    drop(callers.world);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_no_rule_names_is_refused_and_a_refusal_says_what_is_missing() {
    let callers = Callers::gather().await;
    let (_, operator) = callers.of_role.last().unwrap();
    for path in ["/imageservice.v1.Images/Explode", "/nobody.v1.Knows/This", "/", "/imageservice.v1.Images/"]
    {
        let status = first_status(&callers.channel, path, Some(operator)).await.unwrap();
        assert_eq!(status.code(), Code::Unimplemented, "{path}");
        assert_eq!(call(&callers.channel, path, None).await, Outcome::Unknown, "{path}");
    }
    let (_, reader) = &callers.of_role[0];
    let status = first_status(&callers.channel, "/imageservice.v1.Images/Load", Some(reader)).await.unwrap();
    let text = "permission denied: reader has the role reader, and Images.Load needs the role loader";
    assert_eq!((status.code(), status.message()), (Code::PermissionDenied, text));
    let info = status.get_details_error_info().unwrap();
    for (key, value) in
        [("identity", "reader"), ("role", "reader"), ("needed", "loader"), ("call", "Images.Load")]
    {
        assert_eq!(info.metadata[key], value);
    }
}
