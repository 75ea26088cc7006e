//! The admin interface: HTTP under `/_ecr-local/`, where it is switched on. Documents are JSON.
//!
//! | request | what it does |
//! | --- | --- |
//! | `POST reset` | forgets repositories, uploads, faults and history |
//! | `GET state` | the state as a document (`seed/document`); `?inlineBytes=` is the largest blob that is in it, 1 MiB unless said |
//! | `POST state` | adds what such a document holds |
//! | `GET`, `POST`, `DELETE faults`, `DELETE faults/ID` | lists, sets (`faults/rule`), removes |
//! | `GET history` | pages of requests: every member of `Filter`, `after` and `limit` are parameters |
//! | `DELETE history` | forgets them |
//! | `POST scans` | keeps a `ScanScript`: what scans come to, and whether they are held back |
//! | `GET`, `POST clock` | what time it is; `{"advanceSeconds": 60}` puts it forward |
//!
//! Invariant: whoever is on another machine, or comes from a page in a browser, has no business here unless that was allowed.

mod clock;
mod errors;
mod faults;
mod guard;
mod history;
mod scans;
mod state;

use std::net::IpAddr;

use http::{HeaderValue, Response, StatusCode, header, request::Parts};
use serde::{Serialize, de::DeserializeOwned};

use self::errors::Error;
use crate::{
    simulation::Simulation,
    wire::{Answer, Content, RequestBody},
};

const PREFIX: &str = "/_ecr-local/";
/// Of documents that hold no content.
const LARGEST: usize = 256 * 1024;

/// Answers those who run the registry.
pub(crate) struct Admin {
    pub(crate) simulation: Simulation,
    /// Whether other machines may use it.
    pub(crate) from_anywhere: bool,
}

impl Admin {
    /// Whether a request is for this interface.
    pub(crate) fn is_for(head: &Parts) -> bool {
        head.uri.path().starts_with(PREFIX)
    }

    /// Answers one request.
    pub(crate) async fn respond(&self, peer: IpAddr, head: &Parts, body: &mut RequestBody) -> Answer {
        self.answer(peer, head, body).await.unwrap_or_else(Error::answer)
    }

    async fn answer(&self, peer: IpAddr, head: &Parts, body: &mut RequestBody) -> Result<Answer, Error> {
        if !self.from_anywhere {
            guard::check(peer, &head.headers)?;
        }
        let path = head.uri.path().strip_prefix(PREFIX).unwrap_or_default();
        let (place, rest) = path.split_once('/').map_or((path, None), |(place, rest)| (place, Some(rest)));
        let query = head.uri.query().unwrap_or_default();
        match (head.method.as_str(), place, rest) {
            ("GET", "clock", None) => clock::get(self),
            ("POST", "clock", None) => clock::advance(self, body).await,
            ("GET", "faults", None) => json(&self.simulation.faults.list()),
            ("POST", "faults", None) => faults::add(self, body).await,
            ("DELETE", "faults", None) => faults::clear(self),
            ("DELETE", "faults", Some(id)) => faults::remove(self, id),
            ("GET", "history", None) => history::page(self, query),
            ("DELETE", "history", None) => history::clear(self),
            ("POST", "reset", None) => state::reset(self).await,
            ("POST", "scans", None) => scans::script(self, body).await,
            ("GET", "state", None) => state::export(self, query),
            ("POST", "state", None) => state::import(self, body).await,
            (_, "clock" | "faults" | "history" | "reset" | "scans" | "state", _) => Err(Error::Method),
            _ => Err(Error::NotFound),
        }
    }
}

/// A document.
fn json(document: &impl Serialize) -> Result<Answer, Error> {
    let bytes = serde_json::to_vec(document).map_err(|error| Error::Internal(error.into()))?;
    let mut answer = Response::new(Content::Whole(bytes.into()));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(answer)
}

/// That it is done.
fn done() -> Answer {
    let mut answer = Response::new(Content::Empty);
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer
}

/// The document in a body.
async fn read<T: DeserializeOwned>(body: &mut RequestBody) -> Result<T, Error> {
    let bytes = body.read(LARGEST).await.map_err(|_| Error::Broken)?.ok_or(Error::TooLarge)?;
    serde_json::from_slice(&bytes).map_err(|error| Error::Invalid(error.to_string()))
}
