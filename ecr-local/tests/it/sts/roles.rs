//! AssumeRole and GetCallerIdentity: what they refuse, and what they tell.

use ecr_local::{Effect, Failure, Filter, Plane, Rule};

use super::stage::{OTHER, OWN, Temporary, assume, closed, form, inner};
use crate::{control::caller::Key, stage::Stage};

const ROLE: &str = "arn:aws:iam::111111111111:role/ci/builder";

#[tokio::test]
async fn a_call_without_a_good_signature_is_refused_in_the_words_of_this_protocol() {
    let stage = Stage::with(closed).await;
    let who = form("GetCallerIdentity", &[]);
    stage.query(who.clone()).await.faulted(403, "MissingAuthenticationToken");
    for (key, code) in [
        (Key { id: "NOBODY", ..OWN }, "InvalidClientTokenId"),
        (Key { secret: "wrong", ..OWN }, "SignatureDoesNotMatch"),
    ] {
        stage.signed_query(key, &who).await.faulted(403, code);
    }
    let target = "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories";
    let now = time::OffsetDateTime::now_utc();
    stage.sign_call(OWN, now, "sts", target, "{}", None).await.excepted("InvalidSignatureException");
}

#[tokio::test]
async fn a_fault_that_was_set_speaks_this_protocol_and_the_history_knows_who_called() {
    let stage = Stage::with(closed).await;
    let fault = Rule::new(Effect::Error(Failure::new("Throttling").message("<slower>")));
    stage.running().faults().add(fault.plane(Plane::Control).operation("AssumeRole"));
    let refused = stage.signed_query(OWN, &assume(ROLE, &[])).await;
    assert_eq!(refused.faulted(400, "Throttling"), "&lt;slower&gt;");
    stage.signed_query(OWN, &form("GetCallerIdentity", &[])).await.expect(200);
    let history = stage.running().history();
    let called = history.find(&Filter::operation("AssumeRole")).remove(0);
    assert_eq!((called.faulted, called.code.as_deref()), (true, Some("Throttling")));
    let asked = history.find(&Filter::operation("GetCallerIdentity")).remove(0);
    assert_eq!((asked.account.as_deref(), asked.principal.as_deref()), (Some("111111111111"), Some(OWN.id)));
    assert_eq!((asked.plane, asked.status, asked.code), (Plane::Control, Some(200), None));
}

#[tokio::test]
async fn a_form_that_asks_for_nothing_known_is_refused() {
    let stage = Stage::start().await;
    stage.query("Version=2011-06-15".to_owned()).await.faulted(400, "MissingAction");
    for (action, version) in [
        ("MakeCoffee", "2011-06-15"),
        ("GetSessionToken", "2011-06-15"),
        ("GetCallerIdentity", "2010-01-01"),
        ("GetCallerIdentity", ""),
    ] {
        let refused = stage.query(format!("Action={action}&Version={version}")).await;
        let message = refused.faulted(400, "InvalidAction");
        assert_eq!(message, format!("Could not find operation {action} for version {version}"));
    }
    stage.query(format!("Action={}", "a".repeat(300 * 1024))).await.faulted(400, "MalformedInput");
}

#[tokio::test]
async fn what_is_no_role_or_no_session_is_refused() {
    let stage = Stage::start().await;
    let refused = async |body: String, code: &str| stage.query(body).await.faulted(400, code);
    for role in [
        "arn:aws:iam::111111111111:user/alice",
        "arn:aws:iam::1111:role/ci-builder",
        "arn:aws:sts::111111111111:role/x",
        "arn:aws:iam::111111111111:role/",
        "not an arn at all, but long",
    ] {
        assert_eq!(refused(assume(role, &[]), "ValidationError").await, "Request ARN is invalid", "{role}");
    }
    let missing = refused(form("AssumeRole", &[("RoleArn", ROLE)]), "ValidationError").await;
    assert_eq!(
        missing,
        "1 validation error detected: Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null"
    );
    for (name, value) in [
        ("DurationSeconds", "899"),
        ("DurationSeconds", "43201"),
        ("ExternalId", "x"),
        ("Tags.member.1.Key", "k"),
        ("TokenCode", "12345"),
    ] {
        refused(assume(ROLE, &[(name, value)]), "ValidationError").await;
    }
    refused(assume(ROLE, &[("DurationSeconds", "long")]), "MalformedInput").await;
    for policy in ["{", "[]", "{\"Version\":\"2012-10-17\"}"] {
        refused(assume(ROLE, &[("Policy", policy)]), "MalformedPolicyDocument").await;
    }
    let huge = format!("{{\"Statement\":[],\"Id\":\"{}\"}}", "x".repeat(4096));
    let why = refused(assume(ROLE, &[("Policy", &huge)]), "PackedPolicyTooLarge").await;
    assert_eq!(why, "Packed size of session policy and tags consumes 201% of allotted space.");
}

#[tokio::test]
async fn a_role_of_another_account_must_have_been_said_to_trust() {
    let mut stage = Stage::with(closed).await;
    let refused = stage.signed_query(OTHER, &assume(ROLE, &[])).await;
    let message = refused.faulted(403, "AccessDenied");
    assert_eq!(
        message,
        format!(
            "User: arn:aws:iam::222222222222:user/AKIDTWO is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
        )
    );
    stage.signed_query(OWN, &assume(ROLE, &[])).await.expect(200);
    stage.restart(|builder| closed(builder).trust(ROLE, "222222222222")).await;
    stage.signed_query(OTHER, &assume(ROLE, &[])).await.expect(200);
    let another = "arn:aws:iam::111111111111:role/ci/other";
    stage.signed_query(OTHER, &assume(another, &[])).await.faulted(403, "AccessDenied");
}

#[tokio::test]
async fn a_session_is_told_and_knows_itself() {
    let stage = Stage::with(closed).await;
    let who = form("GetCallerIdentity", &[]);
    let root = stage.signed_query(OWN, &who).await.expect(200);
    assert_eq!(
        [inner(&root, "Arn"), inner(&root, "UserId"), inner(&root, "Account")],
        ["arn:aws:iam::111111111111:user/AKIDONE", "111111111111", "111111111111"]
    );
    let policy = "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\"}]}";
    let asked = assume(ROLE, &[("SourceIdentity", "alice"), ("Policy", policy), ("DurationSeconds", "900")]);
    let session = stage.signed_query(OWN, &asked).await.expect(200);
    assert_eq!(inner(&session, "Arn"), "arn:aws:sts::111111111111:assumed-role/builder/tests");
    assert_eq!(
        (inner(&session, "SourceIdentity"), inner(&session, "PackedPolicySize")),
        ("alice".to_owned(), "2".to_owned())
    );
    let id = inner(&session, "AssumedRoleId");
    assert!(id.starts_with("AROA") && id.ends_with(":tests"), "{id}");
    let temporary = Temporary::of(&session);
    assert!(temporary.id.starts_with("ASIA") && temporary.id.len() == 20, "{}", temporary.id);
    assert_eq!(temporary.secret.len(), 40);
    let told = stage.temporary_query(&temporary, &who).await.expect(200);
    assert_eq!([inner(&told, "Arn"), inner(&told, "UserId")], [inner(&session, "Arn"), id]);
    let again = Temporary::of(&stage.signed_query(OWN, &asked).await);
    assert_ne!((&again.id, &again.secret), (&temporary.id, &temporary.secret));
}

#[tokio::test]
async fn a_chain_of_roles_lasts_an_hour() {
    let stage = Stage::with(closed).await;
    let first = Temporary::of(&stage.signed_query(OWN, &assume(ROLE, &[("DurationSeconds", "43200")])).await);
    let long = stage.temporary_query(&first, &assume(ROLE, &[("DurationSeconds", "3601")])).await;
    assert_eq!(
        long.faulted(400, "ValidationError"),
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
    );
    stage.temporary_query(&first, &assume(ROLE, &[])).await.expect(200);
}

#[tokio::test]
async fn where_everyone_may_do_everything_every_role_can_be_assumed() {
    let stage = Stage::start().await;
    stage.query(assume("arn:aws:iam::333333333333:role/any", &[])).await.expect(200);
    let told = stage.query(form("GetCallerIdentity", &[])).await.expect(200);
    assert_eq!(inner(&told, "Account"), "000000000000");
}
