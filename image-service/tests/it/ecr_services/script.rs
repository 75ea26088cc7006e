//! Answers of AWS by a script.

use bytes::Bytes;
use fixtures::registry::{Reply, ScriptedRegistry};
use http::Method;
use serde_json::{Value, json};

/// The next call is answered so.
pub(super) fn next(script: &ScriptedRegistry, answer: &Value) {
    script.next(Method::POST, "/", Reply::json(200, answer));
}

/// The next call is refused.
pub(super) fn refuse(script: &ScriptedRegistry, code: &str) {
    script.next(
        Method::POST,
        "/",
        Reply::json(400, &json!({ "__type": code, "message": "as the script says" })),
    );
}

/// Operations and inputs of all calls, in order.
pub(super) fn calls(script: &ScriptedRegistry) -> Vec<(String, Value)> {
    let calls = script.requests().into_iter().filter(|request| request.method == Method::POST);
    calls
        .map(|call| {
            let target = call.headers["x-amz-target"].to_str().unwrap().to_owned();
            (target.rsplit('.').next().unwrap().to_owned(), input(&call.body))
        })
        .collect()
}

/// The operations alone.
pub(super) fn operations(script: &ScriptedRegistry) -> Vec<String> {
    calls(script).into_iter().map(|(operation, _)| operation).collect()
}

fn input(body: &Bytes) -> Value {
    serde_json::from_slice(body).unwrap()
}
