//! `GET /v2/<name>/referrers/<digest>`: an index of the manifests that have this subject, which itself may be missing.

use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Asked, DataPlane, answer, errors::Error, page};
use crate::wire::Answer;
use crate::{
    manifest::media_type,
    model::{Digest, ImageStatus, RepositoryName},
    state::Referrer,
};

const FILTERS_APPLIED: HeaderName = HeaderName::from_static("oci-filters-applied");

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    schema_version: u8,
    media_type: &'static str,
    manifests: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    artifact_type: String,
    #[serde(skip_serializing_if = "is_empty_object")]
    annotations: Box<RawValue>,
}

/// Whatever is not known has no referrers, the repository included: 404 would say that there is no such endpoint.
pub(super) async fn list(
    plane: &DataPlane,
    asked: &Asked,
    name: &RepositoryName,
    subject: &Digest,
) -> Result<Answer, Error> {
    let artifact_type = asked.query.first("artifactType").unwrap_or_default();
    let last = asked.query.first("last").unwrap_or_default();
    let (found, has_more) =
        match plane.store.state.repository(&asked.registry, &asked.own_name(name)?).await? {
            Some(repository) => plane.store.state.referrers(repository, subject, artifact_type, last).await?,
            None => Default::default(),
        };
    let next = found.last().filter(|_| has_more).map(|referrer| referrer.digest.clone());
    let found = found.into_iter().filter(|referrer| referrer.status == ImageStatus::Active);
    let manifests = found.map(Descriptor::try_from).collect::<Result<_, _>>()?;
    let index = Index { schema_version: 2, media_type: media_type::OCI_INDEX, manifests };
    let mut answer = answer::json(StatusCode::OK, &index)?;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type::OCI_INDEX));
    if !artifact_type.is_empty() {
        headers.insert(FILTERS_APPLIED, HeaderValue::from_static("artifactType"));
    }
    if let Some(last) = next {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if !artifact_type.is_empty() {
            query.append_pair("artifactType", artifact_type);
        }
        let query = query.append_pair("last", &last).finish();
        page::link(&mut answer, &format!("/v2/{name}/referrers/{subject}"), &query)?;
    }
    Ok(answer)
}

impl TryFrom<Referrer> for Descriptor {
    type Error = Error;

    fn try_from(referrer: Referrer) -> Result<Self, Error> {
        Ok(Self {
            media_type: referrer.media_type,
            digest: referrer.digest,
            size: referrer.size,
            artifact_type: referrer.artifact_type,
            annotations: RawValue::from_string(referrer.annotations).map_err(Error::internal)?,
        })
    }
}

fn is_empty_object(json: &RawValue) -> bool {
    json.get() == "{}"
}
