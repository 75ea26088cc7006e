//! A server that speaks the common `/v1/embeddings` form: `{"model": …, "input": […]}` and, in the answer, `data[].embedding`.
//!
//! The server is an operator's choice, its answers are not trusted: they are read under a cap and checked, and none of their text is repeated.
//! No redirect is followed, so that the key goes nowhere else.

mod answer;
mod key;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::Context as _;
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use url::Url;

use crate::{
    config::HttpEmbedderConfig,
    error::{Cause, Error, Result},
    model::{Document, Vector},
    ports::Embedder,
};

/// Of the document, and of what is done with an answer.
const FORM: &str = "http-1";
const USER_AGENT: &str = concat!("image-service/", env!("CARGO_PKG_VERSION"));
/// Documents in one request.
const BATCH: usize = 16;
/// What a server that embeds anything embeds.
const INNOCENT: &str = "image";
/// Of an answer, beside its numbers.
const FRAME: usize = 64 * 1024;
/// Bytes of the longest number that a server has reason to write.
const NUMBER: usize = 32;

/// Has vectors made by a server.
#[derive(Debug)]
pub struct HttpEmbedder {
    client: reqwest::Client,
    endpoint: Url,
    model: String,
    /// Marked as sensitive, so that it prints nowhere.
    authorization: Option<HeaderValue>,
    dimensions: usize,
    version: String,
}

/// Why there are no vectors.
enum Failure {
    /// At least one of the documents is not to the server's liking.
    Refused(StatusCode),
    /// Whatever the documents.
    Unavailable(Error),
}

impl HttpEmbedder {
    /// Asks nothing yet. Reads the key.
    pub fn new(config: &HttpEmbedderConfig) -> anyhow::Result<Self> {
        // In clear only within this machine, whatever the system takes `localhost` for.
        let loopback = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), (Ipv6Addr::LOCALHOST, 0).into()];
        let client = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .resolve_to_addrs("localhost", &loopback)
            .timeout(config.timeout)
            .build()
            .context("similarity.endpoint")?;
        Ok(Self {
            client,
            endpoint: config.endpoint.clone(),
            model: config.model.clone(),
            authorization: config.api_key_file.as_deref().map(key::authorization).transpose()?,
            dimensions: config.dimensions,
            version: format!("{FORM}/{}/{}", config.model, config.dimensions),
        })
    }

    /// If the server refuses a batch, its documents go one by one: one that nobody can embed does not keep the others waiting. One that is refused
    /// can have no vector, unless the server refuses everything.
    async fn batch(&self, texts: &[String]) -> Result<Vec<Option<Vector>>> {
        let mut refusal = match self.ask(texts).await {
            Ok(vectors) => return Ok(vectors),
            Err(Failure::Unavailable(error)) => return Err(error),
            Err(Failure::Refused(status)) => status,
        };
        let mut vectors = Vec::with_capacity(texts.len());
        for text in texts.iter().filter(|_| texts.len() > 1) {
            match self.ask(std::slice::from_ref(text)).await {
                Ok(one) => vectors.extend(one),
                Err(Failure::Unavailable(error)) => return Err(error),
                Err(Failure::Refused(status)) => {
                    refusal = status;
                    vectors.push(None);
                }
            }
        }
        vectors.resize_with(texts.len(), || None);
        if vectors.iter().all(Option::is_none) {
            self.takes_something(refusal).await?;
        }
        Ok(vectors)
    }

    /// Whether it was for what they are that documents were refused: a word that nobody can object to is taken then.
    async fn takes_something(&self, refusal: StatusCode) -> Result<()> {
        match self.ask(&[INNOCENT.to_owned()]).await {
            Ok(_) => Ok(()),
            Err(Failure::Unavailable(error)) => Err(error),
            Err(Failure::Refused(_)) => Err(refuses_everything(refusal)),
        }
    }

    async fn ask(&self, texts: &[String]) -> Result<Vec<Option<Vector>>, Failure> {
        let body = json!({ "model": self.model, "input": texts }).to_string();
        let mut request = self.client.post(self.endpoint.clone()).body(body);
        request = request.header(header::CONTENT_TYPE, "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let response = request.send().await.map_err(no_answer)?;
        match response.status() {
            status if status.is_success() => {}
            status @ (StatusCode::BAD_REQUEST
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNPROCESSABLE_ENTITY) => return Err(Failure::Refused(status)),
            status => return Err(unexpected(status)),
        }
        let bytes = self.read(response, FRAME + texts.len() * self.dimensions * NUMBER).await?;
        answer::vectors(&bytes, texts.len(), self.dimensions).map_err(|why| unavailable(why, false, None))
    }

    async fn read(&self, mut response: reqwest::Response, cap: usize) -> Result<Bytes, Failure> {
        let mut body = BytesMut::new();
        while let Some(piece) = response.chunk().await.map_err(no_answer)? {
            if piece.len() > cap - body.len() {
                return Err(unavailable(format!("its answer has more than {cap} bytes"), false, None));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body.freeze())
    }
}

#[async_trait]
impl Embedder for HttpEmbedder {
    fn version(&self) -> &str {
        &self.version
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    async fn embed(&self, documents: Vec<Document>) -> Result<Vec<Option<Vector>>> {
        let texts: Vec<_> = documents.iter().map(Document::text).collect();
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in texts.chunks(BATCH) {
            vectors.extend(self.batch(batch).await?);
        }
        Ok(vectors)
    }
}

fn unavailable(detail: impl Into<String>, retryable: bool, cause: Option<Cause>) -> Failure {
    Failure::Unavailable(Error::EmbedderUnavailable { detail: detail.into(), retryable, cause })
}

fn no_answer(error: reqwest::Error) -> Failure {
    let detail = match &error {
        error if error.is_timeout() => "it does not answer in time",
        error if error.is_connect() => "it cannot be reached",
        _ => "the connection broke",
    };
    unavailable(detail, true, Some(error.without_url().into()))
}

fn unexpected(status: StatusCode) -> Failure {
    let passing = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    let retryable = status.is_server_error() || passing.contains(&status);
    unavailable(format!("it answers with HTTP status {status}"), retryable, None)
}

fn refuses_everything(status: StatusCode) -> Error {
    let detail = format!("it refuses what it is sent with HTTP status {status}");
    Error::EmbedderUnavailable { detail, retryable: false, cause: None }
}
