//! Where a call with one message each way goes: straight onto a connection to a service on this machine, or through a channel to a remote one.
//!
//! A channel hands a call from task to task three times, each a wake-up, which is most of what a short call costs. Here the caller
//! itself speaks to the HTTP/2 connection. What it sends must be short: nothing waits for the service to take it.
//!
//! Invariant: a connection that has ended is replaced before the next request goes out, by one caller while the others wait.

use std::{
    io,
    path::Path,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_util::{TryFutureExt, future::BoxFuture};
use h2::{RecvStream, client::SendRequest};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::BodyExt;
use tokio::{net::UnixStream, sync::Mutex, time::timeout};
use tonic::{body::Body, transport::Channel};
use tower::Service;

use super::address::CONNECT_DEADLINE;

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// As tonic's channels have them: a config may have 8 MiB.
const STREAM_WINDOW: u32 = 2 * 1024 * 1024;
const CONNECTION_WINDOW: u32 = 5 * 1024 * 1024;
const LARGEST_HEAD: u32 = 16 * 1024;

/// The way of a call.
#[derive(Clone, Debug)]
pub(super) enum Line {
    Local(Local),
    Remote(Channel),
}

/// A connection to a socket, made at its first use and again after each loss.
#[derive(Clone, Debug)]
pub(super) struct Local {
    socket: Arc<Path>,
    connection: Arc<Mutex<Option<SendRequest<Bytes>>>>,
}

impl Local {
    pub(super) fn new(socket: &Path) -> Self {
        Self { socket: socket.into(), connection: Arc::default() }
    }

    async fn send(self, request: Request<Body>) -> Result<Response<Body>, Fault> {
        let (head, mut body) = request.into_parts();
        let mut message = next(&mut body).await?;
        let head = Request::from_parts(head, ());
        let (answer, mut stream) =
            self.connection().await?.send_request(head, message.is_none()).map_err(fault)?;
        while let Some(data) = message {
            message = next(&mut body).await?;
            stream.send_data(data, message.is_none()).map_err(fault)?;
        }
        let answer = answer.await.map_err(fault)?;
        Ok(answer.map(|body| Body::new(Received(body))))
    }

    async fn connection(&self) -> Result<SendRequest<Bytes>, Fault> {
        let mut kept = self.connection.lock().await;
        if let Some(connection) = kept.clone()
            && let Ok(alive) = connection.ready().await
        {
            return Ok(alive);
        }
        let late = |_| io::Error::from(io::ErrorKind::TimedOut);
        let connection = timeout(CONNECT_DEADLINE, connect(&self.socket)).await.map_err(late)??;
        *kept = Some(connection.clone());
        Ok(connection)
    }
}

impl Service<Request<Body>> for Line {
    type Response = Response<Body>;
    type Error = Fault;
    type Future = BoxFuture<'static, Result<Response<Body>, Fault>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        match self {
            Self::Local(_) => Poll::Ready(Ok(())),
            Self::Remote(channel) => channel.poll_ready(context).map_err(Into::into),
        }
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match self {
            Self::Local(local) => Box::pin(local.clone().send(request)),
            Self::Remote(channel) => Box::pin(channel.call(request).map_err(Into::into)),
        }
    }
}

async fn connect(socket: &Path) -> Result<SendRequest<Bytes>, Fault> {
    let stream = UnixStream::connect(socket).await?;
    let mut builder = h2::client::Builder::new();
    builder.enable_push(false).max_header_list_size(LARGEST_HEAD);
    builder.initial_window_size(STREAM_WINDOW).initial_connection_window_size(CONNECTION_WINDOW);
    let (sender, connection) = builder.handshake(stream).await.map_err(fault)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "connection to the image service ended");
        }
    });
    Ok(sender)
}

async fn next(body: &mut Body) -> Result<Option<Bytes>, tonic::Status> {
    Ok(body.frame().await.transpose()?.and_then(|frame| frame.into_data().ok()))
}

/// What happened to the socket, if that is what happened.
fn fault(error: h2::Error) -> Fault {
    if error.is_io() {
        error.into_io().map_or_else(|| "connection lost".into(), Into::into)
    } else {
        error.into()
    }
}

/// The body of an answer. The service may send more of it as soon as some was taken.
struct Received(RecvStream);

impl http_body::Body for Received {
    type Data = Bytes;
    type Error = Fault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        if let Some(data) = ready!(self.0.poll_data(context)) {
            let taken = data.and_then(|data| {
                self.0.flow_control().release_capacity(data.len())?;
                Ok(Frame::data(data))
            });
            return Poll::Ready(Some(taken.map_err(fault)));
        }
        let trailers = ready!(self.0.poll_trailers(context)).map_err(fault);
        Poll::Ready(trailers.map(|trailers| trailers.map(Frame::trailers)).transpose())
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }
}
