//! Pages of listings. A token says where the next page begins, and is good for the same call alone.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::errors::Error;
use crate::auth::Signer;
use secrecy::ExposeSecret;

const USUAL: u32 = 100;

/// What a call says of the page that it wants.
#[derive(Deserialize, Default, Debug)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageInput {
    pub(crate) next_token: Option<String>,
    pub(crate) max_results: Option<u32>,
}

#[derive(Serialize, Deserialize)]
struct Token<P> {
    /// The operation and what it is about.
    call: String,
    position: P,
}

impl PageInput {
    /// How many entries the page may have.
    pub(crate) fn count(&self) -> u32 {
        self.max_results.unwrap_or(USUAL)
    }

    /// Where it begins, if it is not the first. `call` names the operation and what it is about.
    pub(crate) fn position<P: DeserializeOwned>(
        &self,
        signer: &Signer,
        call: &str,
    ) -> Result<Option<P>, Error> {
        let Some(text) = &self.next_token else { return Ok(None) };
        let opened = signer.open(text).and_then(|bytes| serde_json::from_slice::<Token<P>>(&bytes).ok());
        let token = opened.filter(|token| token.call == call);
        token.map(|token| Some(token.position)).ok_or_else(|| Error::parameter("nextToken", "Invalid token"))
    }

    pub(crate) fn is_absent(&self) -> bool {
        self.next_token.is_none() && self.max_results.is_none()
    }
}

/// The token of a page that begins at a position.
pub(crate) fn token<P: Serialize>(signer: &Signer, call: &str, position: P) -> String {
    let token = Token { call: call.to_owned(), position };
    signer.seal(&serde_json::to_vec(&token).unwrap_or_default()).expose_secret().to_owned()
}
