//! What is kept of a request.

use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::model::Plane;

/// A request that was answered, or cut off. Nothing in it is secret, and nothing is of a body.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Entry {
    /// Counts all requests since the start, from 1.
    pub id: u64,
    /// Which interface it came by.
    pub plane: Plane,
    /// AWS's name of a call, or that of an endpoint (`GetManifest`). Empty for what is neither.
    pub operation: String,
    /// Whose registry it was for, if that was found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// In which Region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The repository that it was about, whether it exists or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The id of an access key, or the name of a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// Nothing if the connection was reset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The name of the exception, or OCI's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Whether a fault that was set met it.
    pub faulted: bool,
    /// When it came, by the registry's clock, since 1970. In JSON seconds with fractions.
    #[serde(serialize_with = "seconds")]
    pub time: Duration,
    /// From its head to that of its answer. In JSON seconds with fractions.
    #[serde(serialize_with = "seconds")]
    pub duration: Duration,
    /// Bytes of its body.
    pub received: u64,
    /// Bytes that the answer's body was announced with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<u64>,
    /// As the client was told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}
