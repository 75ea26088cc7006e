//! A client that does as little as possible: requests are built before, connections stay open if the server lets them.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
    vec,
};

use bytes::Bytes;
use futures_util::stream::{self, Iter};
use http::{HeaderMap, Method, Request, StatusCode, header, request};
use http_body_util::{BodyExt, StreamBody};
use hyper::{
    body::Frame,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{Server, Work, sign::sign};
use crate::load::Sample;

/// As every request names it.
const HOST: &str = "localhost";

type Body = StreamBody<Iter<vec::IntoIter<Result<Frame<Bytes>, Infallible>>>>;

/// A request that can be sent any number of times.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    head: request::Parts,
    body: Vec<Bytes>,
}

impl Outgoing {
    /// With a body in pieces, so that requests can share those that are large.
    pub(super) fn new(method: Method, path: &str, body: Vec<Bytes>) -> Self {
        let length = body.iter().map(Bytes::len).sum::<usize>();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, HOST)
            .header(header::CONTENT_LENGTH, length)
            .body(());
        Self { head: request.expect("the parts are valid").into_parts().0, body }
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.head.headers.insert(name, value.parse().expect("a value is text"));
        self
    }

    fn request(&self, is_signed: bool) -> Request<Body> {
        let frames: Vec<_> = self.body.iter().cloned().map(|piece| Ok(Frame::data(piece))).collect();
        let mut head = self.head.clone();
        if let Some(target) = head.headers.get("x-amz-target").filter(|_| is_signed) {
            let (date, signature) = sign(HOST, target.to_str().expect("a target is text"), &self.body);
            head.headers.insert("x-amz-date", date.parse().expect("a date is text"));
            head.headers.insert(header::AUTHORIZATION, signature.parse().expect("a signature is text"));
        }
        Request::from_parts(head, StreamBody::new(stream::iter(frames)))
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// A connection to a server, opened again where the server does not keep it.
pub(super) struct Connection {
    address: SocketAddr,
    sender: SendRequest<Body>,
    /// Whether calls are signed, just before they are sent.
    signs: bool,
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, driver) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        // What goes wrong with the connection, whoever waits for the answer is told.
        tokio::spawn(driver);
        Ok(Self { address, sender, signs: false })
    }

    pub(super) fn signing(self, signs: bool) -> Self {
        Self { signs, ..self }
    }

    pub(super) async fn send(&mut self, outgoing: &Outgoing) -> io::Result<Answer> {
        if self.sender.ready().await.is_err() {
            *self = Self::open(self.address).await?.signing(self.signs);
        }
        let answer =
            self.sender.send_request(outgoing.request(self.signs)).await.map_err(io::Error::other)?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    /// Sends a request that must succeed.
    pub(super) async fn expect(&mut self, outgoing: &Outgoing) -> Answer {
        let answer = self.send(outgoing).await.expect("the server answers");
        assert!(answer.status.is_success(), "{}: {}", answer.status, String::from_utf8_lossy(&answer.body));
        answer
    }
}

/// Keeps connections busy for a while. A latency is that of all requests of one piece of work.
pub(super) async fn run(server: &Server, connections: u32, time: Duration, work: &Work) -> Sample {
    let end = Instant::now() + time;
    let more = move || Instant::now() < end;
    while_wanted(server, connections, work, more).await
}

/// The same for as long as there is more to do; every connection asks before each piece of work.
pub(super) async fn while_wanted(
    server: &Server,
    connections: u32,
    work: &Work,
    more: impl Fn() -> bool + Clone + Send + 'static,
) -> Sample {
    let mut opened = Vec::new();
    for _ in 0..connections {
        opened.push(server.connect().await);
    }
    let workers = opened.into_iter().map(|connection| keep_busy(connection, Arc::clone(work), more.clone()));
    Sample::of(&[server.pid()], workers).await
}

async fn keep_busy(mut connection: Connection, work: Work, more: impl Fn() -> bool) -> Vec<Duration> {
    let mut latencies = Vec::new();
    while more() {
        let requests = work();
        let sent = Instant::now();
        for request in &*requests {
            connection.expect(request).await;
        }
        latencies.push(sent.elapsed());
    }
    latencies
}
