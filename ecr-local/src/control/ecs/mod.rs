//! stub
use serde_json::Value;

use super::{call::Call, errors::Error};

pub(super) async fn call(_call: &Call<'_>, operation: &str, _input: Value) -> Result<Value, Error> {
    Err(Error::Unsupported(operation.to_owned()))
}
