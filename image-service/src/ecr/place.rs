//! What a request says about where.

use crate::{
    error::{EcrError, EcrReason, Error, Result},
    model::{AccountId, Region},
};

/// A registry and a Region. What is not said comes from the configuration.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct Place {
    /// The account whose registry is meant.
    pub registry_id: Option<AccountId>,
    /// Where it is.
    pub region: Option<Region>,
}

impl Place {
    /// Reads what a request says; empty texts say nothing.
    pub fn parse(registry_id: &str, region: &str) -> Result<Self> {
        let wrong = |name, why: String| {
            let message = format!("{name}: {why}");
            Error::from(Box::new(EcrError::refused(EcrReason::InvalidParameter, "request", message)))
        };
        let registry_id = match registry_id {
            "" => None,
            text => Some(
                text.parse()
                    .map_err(|why: crate::model::AccountIdError| wrong("registry_id", why.to_string()))?,
            ),
        };
        let region = match region {
            "" => None,
            text => Some(
                text.parse().map_err(|why: crate::model::RegionError| wrong("region", why.to_string()))?,
            ),
        };
        Ok(Self { registry_id, region })
    }
}
