//! Whose credentials sign a call.

use fixtures::registry::Reply;
use http::Method;
use image_service::{ecr::Place, error::EcrReason};
use serde_json::json;

use super::world::{World, answer};

const ROLE: &str = "[ecr.accounts.111111111111.auth]\nkind = 'assume-role'\nrole_arn = 'arn:aws:iam::111111111111:role/puller'\n\
                    external_id = 'third-party'\n";

fn assumed() -> Reply {
    Reply::body(
        200,
        "<AssumeRoleResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><AssumeRoleResult><Credentials>\
         <AccessKeyId>AKIDROLE</AccessKeyId><SecretAccessKey>r0le</SecretAccessKey><SessionToken>session</SessionToken>\
         <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
    )
}

fn signer(world: &World, at: usize) -> String {
    world.server.requests()[at].authorization().unwrap().to_owned()
}

#[tokio::test]
async fn an_account_s_role_is_assumed_once_as_the_base_identity_and_signs_for_that_account_alone() {
    let world = World::with(ROLE).await;
    world.server.next(Method::POST, "/", assumed());
    world.always(answer(&json!({ "imageDetails": [] })));
    let theirs = Place::parse("111111111111", "").unwrap();
    world.describe_images_at(&theirs).await.unwrap();
    world.describe_images_at(&theirs).await.unwrap();
    world.describe_images_at(&Place::parse("222222222222", "").unwrap()).await.unwrap();
    let requests = world.server.requests();
    assert_eq!(requests.len(), 4, "one of them to assume the role");
    let body = String::from_utf8_lossy(&requests[0].body).into_owned();
    assert!(body.contains("Action=AssumeRole&") && body.contains("ExternalId=third-party"), "{body}");
    assert!(signer(&world, 0).contains("AKIDBASE/"));
    assert!(signer(&world, 1).contains("AKIDROLE/") && signer(&world, 2).contains("AKIDROLE/"));
    assert!(signer(&world, 3).contains("AKIDBASE/"), "other accounts see the base identity");
}

#[tokio::test]
async fn a_role_that_cannot_be_assumed_is_told_without_asking_ecr_or_saying_a_secret() {
    let world = World::with(&format!("max_retries = 0\n{ROLE}")).await;
    let denied = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
    world.server.always(Method::POST, "/", Reply::body(403, denied));
    let failed = world.describe_images_at(&Place::parse("111111111111", "").unwrap()).await.unwrap_err();
    assert_eq!((failed.reason, failed.retryable), (EcrReason::CredentialsUnavailable, false));
    assert!(world.asked().is_empty(), "ECR was not asked");
    assert!(!format!("{failed:?}").contains("s3cret") && !format!("{failed:?}").contains("third-party"));
}
