//! Calls as clients make them: AWS JSON 1.1.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::client::Outgoing;

/// Nobody here checks the signature; moto finds the service and the Region in it.
const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/ecr/aws4_request, SignedHeaders=host;x-amz-target, Signature=00";

/// A call with an input.
pub(super) fn call(operation: &str, input: &Value) -> Outgoing {
    in_pieces(operation, vec![Bytes::from(input.to_string())])
}

/// The same with an input that is JSON already, in pieces.
pub(super) fn in_pieces(operation: &str, input: Vec<Bytes>) -> Outgoing {
    Outgoing::new(Method::POST, "/", input)
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", &format!("AmazonEC2ContainerRegistry_V20150921.{operation}"))
        .header("authorization", SIGNED)
}

/// The call that every `docker login` begins with.
pub(super) fn token() -> Outgoing {
    call("GetAuthorizationToken", &json!({}))
}

/// Makes a repository.
pub(super) fn create(repository: &str) -> Outgoing {
    call("CreateRepository", &json!({ "repositoryName": repository }))
}
