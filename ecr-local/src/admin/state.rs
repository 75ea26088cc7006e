//! `reset` and `state`: emptying the registry, filling it, telling what it holds.

use std::sync::Arc;

use http::{HeaderValue, Response, header};
use tokio::sync::mpsc;
use url::form_urlencoded;

use super::{Admin, done, errors::Error};
use crate::{
    seed::{Exporter, Form, Seed},
    wire::{Answer, Content, RequestBody},
};

/// Content is in the document, in base64. What is larger comes from files, at the start.
const LARGEST: usize = 64 * 1024 * 1024;
/// Of a blob in a document.
const INLINE: u64 = 1024 * 1024;
/// Pieces of a document that wait for its reader.
const AHEAD: usize = 16;

pub(super) async fn reset(admin: &Admin) -> Result<Answer, Error> {
    admin.simulation.reset().await?;
    Ok(done())
}

pub(super) async fn import(admin: &Admin, body: &mut RequestBody) -> Result<Answer, Error> {
    let bytes = body.read(LARGEST).await.map_err(|_| Error::Broken)?.ok_or(Error::TooLarge)?;
    admin.simulation.store.import(&Seed::parse(&bytes)?).await?;
    Ok(done())
}

pub(super) fn export(admin: &Admin, query: &str) -> Result<Answer, Error> {
    let mut inline = INLINE;
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        let invalid =
            || Error::Invalid(format!("{key}={value}: there is inlineBytes alone, at most {LARGEST}"));
        let wanted = value.parse().ok().filter(|bytes| *bytes <= LARGEST as u64 && key == "inlineBytes");
        inline = wanted.ok_or_else(invalid)?;
    }
    let (out, pieces) = mpsc::channel(AHEAD);
    let exporter = Exporter { store: Arc::clone(&admin.simulation.store), form: Form::Inline(inline), out };
    tokio::spawn(exporter.run());
    let mut answer = Response::new(Content::Stream(pieces));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(answer)
}
