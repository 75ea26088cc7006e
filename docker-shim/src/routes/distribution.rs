//! `GET /distribution/{name}/json`: what the registry says of a name now.

use imageservice_proto::v1::DistributionInspectRequest;

use super::Asked;
use crate::{
    answer::{self, Answer},
    credential,
    error::Failure,
    service::Shim,
    translate,
};

pub(crate) async fn distribution(shim: &Shim, asked: Asked<'_>, name: &str) -> Result<Answer, Failure> {
    let auth = credential::from_headers(&asked.head.headers)?;
    let request = DistributionInspectRequest { reference: name.to_owned(), auth };
    let found = shim.upstream.distribution_inspect(request).await.map_err(Failure::of_distribution)?;
    answer::json(&translate::distribution::distribution(&found))
}
