//! What may become of a request.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What becomes of a request. Of several that meet one request all delays and hindrances apply, and the first that refuses it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Effect {
    /// It is answered by an error, in the shape of its plane.
    Error(Failure),
    /// Its connection is reset, without an answer.
    Reset,
    /// It takes from a bucket, and is refused when that is empty: by `ThrottlingException`, or `TOOMANYREQUESTS` (429).
    Throttle(Throttle),
    /// It waits before anything is done.
    #[serde(rename = "latencyMillis", with = "millis")]
    Latency(Duration),
    /// Its answer has half a document for a body, and the length of that.
    Garbled,
    /// The body of its answer breaks off behind so many bytes.
    Torn(u64),
    /// The body of its answer comes in small pieces.
    Slow(Pace),
}

/// An error with everything that a client is told.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Failure {
    /// The name of an exception (`KmsException`), or a code of OCI's (`TOOMANYREQUESTS`).
    pub code: String,
    /// What goes with the code, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What goes with the code, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Further members of the exception (`lastValidByteReceived`, `kmsError`), or the `detail` of an error of OCI's.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub members: Map<String, Value>,
}

/// How many requests of an operation pass, in each account and Region. Without numbers these are ECR's published quotas, and operations
/// that have none pass.
#[derive(Clone, Copy, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Throttle {
    /// In the long run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_second: Option<f64>,
    /// At once. As many as in one second, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<f64>,
}

/// How fast a body comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pace {
    /// In each piece; at least one.
    pub bytes: u64,
    /// Between two pieces.
    #[serde(rename = "tickMillis", with = "millis")]
    pub tick: Duration,
}

impl Failure {
    /// An error by its code.
    pub fn new(code: impl Into<String>) -> Self {
        Self { code: code.into(), ..Self::default() }
    }

    /// With a text.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// With an HTTP status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// With a further member.
    #[must_use]
    pub fn member(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.members.insert(name.into(), value.into());
        self
    }
}

mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}
