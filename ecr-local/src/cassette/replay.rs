//! A server that answers from a cassette.

use std::{
    collections::HashMap,
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use http::{Request, Response, StatusCode, header};
use hyper::body::Incoming;

use super::{
    CassetteError, Serving,
    bodies::Bodies,
    file::Tape,
    interaction::{Body, Key, Request as KeptRequest, Response as KeptResponse, to_map},
    record::here,
    redact,
    secrets::Secrets,
    through::{ANY_HOST, at_host},
};
use crate::{
    faults::{Failure, failed},
    model::Plane,
    wire::{Answer, Content},
};

/// Which answer a request gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// The next one of the cassette, if the request is the next one too. Nothing may be left out or come twice.
    Strict,
    /// The next one of those to the same request (operation, path, parameters, input), and the last of them as often as it is asked for.
    Match,
}

struct Replayer {
    tape: Tape,
    keys: Vec<Key>,
    mode: Mode,
    /// Where the cassette stands, or where it stands for each request.
    next: Mutex<Positions>,
    /// What clients opened with: where a cassette has nothing of theirs, nothing of it is looked for.
    secrets: Secrets,
}

#[derive(Default)]
struct Positions {
    strict: usize,
    by_key: HashMap<Key, usize>,
}

/// Serves a cassette at an address of this machine (`HOST:PORT`). A request that is not in it is answered by `ReplayMismatch` (400).
///
/// # Errors
/// If the cassette cannot be read, or the address cannot be had.
pub async fn replay(cassette: &Path, mode: Mode, listen: &str) -> Result<Serving, CassetteError> {
    let tape = Tape::read(cassette)?;
    let keys = tape.interactions.iter().map(|interaction| interaction.request.key()).collect();
    let replayer =
        Arc::new(Replayer { tape, keys, mode, next: Mutex::default(), secrets: Secrets::default() });
    Serving::start(listen, move |request| {
        let replayer = Arc::clone(&replayer);
        async move { replayer.respond(request).await }
    })
    .await
}

impl Replayer {
    async fn respond(&self, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        let kind = redact::kind(head.uri.path(), &head.headers);
        self.secrets.learn_headers(&head.headers);
        let Ok(body) = Bodies::measure(body, kind, &self.secrets).await else {
            return refused(Plane::Data, "the body did not arrive".to_owned());
        };
        let mut asked = KeptRequest::of(&head, body, &self.secrets);
        self.secrets.scrub_request(&mut asked);
        let host = head.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        match self.find(&asked) {
            Ok(found) => self.answer(found, host).await.unwrap_or_else(|error| {
                tracing::error!(%error, "a body of the cassette is missing");
                refused(asked.plane(), format!("a body of the cassette is missing: {error}"))
            }),
            Err(why) => refused(asked.plane(), why),
        }
    }

    fn find(&self, asked: &KeptRequest) -> Result<&KeptResponse, String> {
        let key = asked.key();
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let found = match self.mode {
            Mode::Strict => {
                let expected = self.tape.interactions.get(next.strict);
                let expected =
                    expected.ok_or_else(|| format!("{}: the cassette is at its end", asked.name()))?;
                if self.keys.get(next.strict) != Some(&key) {
                    return Err(format!(
                        "{}: the cassette has {} next",
                        asked.name(),
                        expected.request.name()
                    ));
                }
                next.strict += 1;
                Some(expected)
            }
            Mode::Match => {
                let served = next.by_key.entry(key.clone()).or_default();
                let mut same =
                    self.keys.iter().zip(&self.tape.interactions).filter(|(other, _)| **other == key);
                let found = same.clone().nth(*served).or_else(|| same.next_back());
                *served += 1;
                found.map(|(_, interaction)| interaction)
            }
        };
        let found = found.ok_or_else(|| format!("{}: the cassette has no such request", asked.name()))?;
        Ok(&found.response)
    }

    async fn answer(&self, found: &KeptResponse, host: &str) -> io::Result<Answer> {
        let content = match &found.body {
            Body::Text(text) if text.contains(ANY_HOST) => Content::Whole(at_host(text, host).into()),
            body => self.tape.bodies.read(body).await?,
        };
        let mut answer = Response::new(content);
        *answer.status_mut() = StatusCode::from_u16(found.status).map_err(io::Error::other)?;
        *answer.headers_mut() = to_map(&found.headers);
        here(answer.headers_mut(), host);
        Ok(answer)
    }
}

fn refused(plane: Plane, why: String) -> Answer {
    failed(plane, &Failure::new("ReplayMismatch").message(why).status(400))
}
