//! Serves the page: few readers at once, none for long.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use opentelemetry_sdk::metrics::{data::ResourceMetrics, reader::MetricReader as _};
use serving::accepted;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinHandle,
    time::timeout,
};

use super::{Shared, text};

const PATH: &str = "/metrics";
/// Text exposition format 0.0.4.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Readers at once; one more waits to be accepted.
const READERS: usize = 8;
/// For the head of a request. A reader that comes back within it keeps its connection.
const HEAD: Duration = Duration::from_secs(10);
/// No connection lives longer, so that one that is not read from does not.
const LIFE: Duration = Duration::from_secs(300);

/// A page that is being served.
#[derive(Debug)]
pub(crate) struct Page(JoinHandle<()>);

impl Page {
    /// Serves what `metrics` reads.
    pub(crate) async fn open(address: SocketAddr, metrics: Shared) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        tracing::info!(%address, "metrics for Prometheus at http://{address}{PATH}");
        Ok(Self(tokio::spawn(accept(listener, metrics))))
    }

    pub(crate) fn close(self) {
        self.0.abort();
    }
}

async fn accept(listener: TcpListener, metrics: Shared) {
    let readers = Arc::new(Semaphore::new(READERS));
    // It is never closed.
    while let Ok(turn) = Arc::clone(&readers).acquire_owned().await {
        let (stream, _) = accepted(|| listener.accept()).await;
        let metrics = metrics.clone();
        tokio::spawn(async move {
            let _turn = turn;
            // A reader that breaks off is its own affair.
            let _ = timeout(LIFE, serve(stream, metrics)).await;
        });
    }
}

async fn serve(stream: TcpStream, metrics: Shared) -> hyper::Result<()> {
    let service = service_fn(move |request| {
        let metrics = metrics.clone();
        async move { Ok::<_, Infallible>(answer(&request, metrics).await) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .await
}

async fn answer(request: &Request<Incoming>, metrics: Shared) -> Response<Full<Bytes>> {
    if request.uri().path() != PATH {
        return plain(StatusCode::NOT_FOUND, "metrics are at /metrics\n".into());
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "only to be read\n".into());
    }
    // What is observed may ask the system.
    let text = tokio::task::spawn_blocking(move || {
        let mut all = ResourceMetrics::default();
        metrics.collect(&mut all).ok().map(|()| text::exposition(&all))
    });
    match text.await.ok().flatten() {
        Some(text) => plain(StatusCode::OK, text),
        None => plain(StatusCode::SERVICE_UNAVAILABLE, "metrics cannot be read now\n".into()),
    }
}

fn plain(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(text.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(TEXT));
    answer
}
