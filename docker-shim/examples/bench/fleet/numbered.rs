//! A registry with as many images as there are numbers: `load/N:v1` is made when it is asked for.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use fixtures::peers::{Recipe, digest};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinHandle};

/// A running registry.
#[derive(Debug)]
pub(super) struct NumberedRegistry {
    host: String,
    accepting: JoinHandle<()>,
}

impl NumberedRegistry {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let host = listener.local_addr().expect("a bound address").to_string();
        let template = Arc::new(Recipe::plain("numbered"));
        let accepting = tokio::spawn(accept(listener, template));
        Self { host, accepting }
    }

    /// The repository of an image.
    pub(super) fn repository(&self, number: u64) -> String {
        format!("{}/load/{number}", self.host)
    }
}

impl Drop for NumberedRegistry {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn recipe(template: &Recipe, number: u64) -> Recipe {
    let mut recipe = template.clone();
    recipe.config["config"]["Labels"] = serde_json::json!({ "number": number.to_string() });
    recipe
}

async fn accept(listener: TcpListener, template: Arc<Recipe>) {
    while let Ok((stream, _)) = listener.accept().await {
        let template = Arc::clone(&template);
        tokio::spawn(async move {
            let service = service_fn(|request: Request<Incoming>| {
                let answer = answer(&template, request.uri().path());
                async { Ok::<_, Infallible>(answer) }
            });
            // A client that hangs up has what it wanted.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// `/v2/load/N/manifests/…` and `/v2/load/N/blobs/…`; the only blob anyone asks for is the config.
fn answer(template: &Recipe, path: &str) -> Response<Full<Bytes>> {
    let mut parts = path.trim_start_matches("/v2/load/").split('/');
    let number = parts.next().and_then(|number| number.parse().ok());
    let (content, media_type) = match (number.map(|number| recipe(template, number)), parts.next()) {
        (Some(recipe), Some("manifests")) => (recipe.manifest_bytes(), recipe.format.manifest()),
        (Some(recipe), Some("blobs")) => (recipe.config_bytes(), "application/octet-stream"),
        _ => return status(StatusCode::NOT_FOUND),
    };
    let answer = Response::builder()
        .header("Content-Type", media_type)
        .header("Docker-Content-Digest", digest(&content))
        .body(Full::new(Bytes::from(content)));
    answer.expect("the headers are valid")
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer
}
