//! Clients that take up more than their share of the gRPC listener, on raw sockets: each is given up, and the others do not notice.

use std::time::Duration;

use fixtures::{images::Image, process::until, registry::ScriptedRegistry, system::System};
use imageservice_proto::v1::{
    InfoRequest, InspectRequest, images_client::ImagesClient, system_client::SystemClient,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};
use tonic::{Code, Request};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
const ENHANCE_YOUR_CALM: u32 = 11;

/// A connection that speaks HTTP/2 frame by frame.
struct Raw(UnixStream);

#[derive(Debug)]
struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Raw {
    async fn connect(system: &System) -> Self {
        Self(UnixStream::connect(system.grpc_socket()).await.unwrap())
    }

    /// After the preface and settings without any but a window: answers are not taken beyond it.
    async fn with_window(system: &System, window: u32) -> Self {
        let mut raw = Self::connect(system).await;
        raw.0.write_all(PREFACE).await.unwrap();
        let setting = [&4_u16.to_be_bytes()[..], &window.to_be_bytes()].concat();
        raw.send(SETTINGS, 0, 0, &setting).await.unwrap();
        raw
    }

    async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> std::io::Result<()> {
        let length = &u32::try_from(payload.len()).unwrap().to_be_bytes()[1..];
        let head = [length, &[kind, flags], &stream.to_be_bytes()].concat();
        self.0.write_all(&[&head, payload].concat()).await
    }

    /// The headers of a call, without the end of its stream.
    async fn call(&mut self, stream: u32, path: &str) -> std::io::Result<()> {
        self.send(HEADERS, END_HEADERS, stream, &headers(path)).await
    }

    /// The next frame; nothing at the end of the connection.
    async fn frame(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).await.ok()?;
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        self.0.read_exact(&mut payload).await.ok()?;
        let stream = u32::from_be_bytes(head[5..].try_into().unwrap());
        Some(Frame { kind: head[3], flags: head[4], stream, payload })
    }

    /// The first frame of a kind; what the service asks is answered meanwhile. Nothing if the connection ends without one.
    async fn first(&mut self, kind: u8) -> Option<Frame> {
        loop {
            let frame = self.frame().await?;
            if frame.kind == kind {
                return Some(frame);
            }
            if frame.kind == PING && frame.flags & ACK == 0 {
                self.send(PING, ACK, 0, &frame.payload).await.ok()?;
            }
        }
    }

    /// Reads to the end of the connection, and answers nothing.
    async fn end(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Some(frame) = self.frame().await {
            frames.push(frame);
        }
        frames
    }
}

/// Of a call by gRPC, as HPACK writes them without a table (RFC 7541, appendix A and section 6.2.2).
fn headers(path: &str) -> Vec<u8> {
    let literal = |name: &str, value: &str| {
        let (name, value) = (name.as_bytes(), value.as_bytes());
        [&[0, name.len() as u8], name, &[value.len() as u8], value].concat()
    };
    [
        vec![0x83, 0x86],
        literal(":path", path),
        literal(":authority", "localhost"),
        literal("te", "trailers"),
        literal("content-type", "application/grpc"),
    ]
    .concat()
}

fn error_code(goaway: &Frame) -> u32 {
    u32::from_be_bytes(goaway.payload[4..8].try_into().unwrap())
}

async fn assert_served(system: &System) {
    SystemClient::new(system.channel().await).info(InfoRequest {}).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_too_many_is_told_so_and_the_next_one_has_its_place() {
    // The shim keeps four.
    let system = System::with_config("[serving]\nconnections = 8\n").await;
    let mut held = Vec::new();
    let mut refused = loop {
        let mut raw = Raw::with_window(&system, 65_535).await;
        let frame = raw.first(SETTINGS).await.expect("both kinds of answer begin with settings");
        assert_eq!(frame.flags, 0);
        // A connection that is served acknowledges our settings; one that is refused is sent away.
        match raw.frame().await.expect("one or the other") {
            goaway if goaway.kind == GOAWAY => break goaway,
            _ => held.push(raw),
        }
        assert!(held.len() <= 8, "nobody is refused");
    };
    assert_eq!(error_code(&refused), ENHANCE_YOUR_CALM);
    assert_eq!(refused.payload.split_off(8), b"too many connections");
    drop(held);
    until("there is a place again", async || {
        let mut raw = Raw::with_window(&system, 65_535).await;
        raw.first(SETTINGS).await?;
        raw.frame().await.filter(|frame| frame.kind != GOAWAY).map(drop)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_begin_to_speak_is_given_up() {
    let system = System::with_config("[serving]\nhead_seconds = 1\n").await;
    let mut silent = Raw::connect(&system).await;
    let mut slow = Raw::connect(&system).await;
    slow.0.write_all(&PREFACE[..20]).await.unwrap();
    assert!(silent.end().await.iter().all(|frame| frame.kind != HEADERS));
    slow.end().await;
    assert_served(&system).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_say_that_it_is_there_is_given_up() {
    let system = System::with_config("[serving]\nkeepalive_seconds = 1\n").await;
    let mut raw = Raw::with_window(&system, 65_535).await;
    let frames = raw.end().await;
    assert!(frames.iter().any(|frame| frame.kind == PING && frame.flags == 0), "{frames:?}");
    assert_served(&system).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_back_all_that_it_asks_is_sent_away() {
    let system = System::start().await;
    let mut raw = Raw::with_window(&system, 65_535).await;
    for number in 0..20_000 {
        let stream = 2 * number + 1;
        let sent = async {
            raw.call(stream, "/imageservice.v1.Images/List").await?;
            raw.send(RESET, 0, stream, &8_u32.to_be_bytes()).await
        };
        if sent.await.is_err() {
            break;
        }
    }
    let goaway = raw.first(GOAWAY).await.expect("it is sent away");
    assert_eq!(error_code(&goaway), ENHANCE_YOUR_CALM);
    assert_served(&system).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_too_many_on_one_connection_is_refused_and_the_others_go_on() {
    let system = System::with_config("[serving]\ncalls_per_connection = 4\n").await;
    let mut raw = Raw::with_window(&system, 65_535).await;
    let settings = raw.first(SETTINGS).await.unwrap().payload;
    let settings: Vec<_> = settings.chunks(6).map(|setting| (setting[1], setting[5])).collect();
    assert!(settings.contains(&(3, 4)), "SETTINGS_MAX_CONCURRENT_STREAMS says it: {settings:?}");
    for number in 0..5 {
        raw.call(2 * number + 1, "/imageservice.v1.Images/Inspect").await.unwrap();
    }
    let reset = raw.first(RESET).await.unwrap();
    assert_eq!((reset.stream, reset.payload), (9, 7_u32.to_be_bytes().to_vec()), "REFUSED_STREAM");
    // The first one comes to its end.
    raw.send(DATA, 1, 1, &[0, 0, 0, 0, 0]).await.unwrap();
    assert_eq!(raw.first(HEADERS).await.unwrap().stream, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_does_not_go_on_is_given_up() {
    let system = System::with_config("[serving]\nstall_seconds = 1\n").await;
    let mut raw = Raw::with_window(&system, 65_535).await;
    raw.call(1, "/imageservice.v1.Images/Inspect").await.unwrap();
    raw.send(DATA, 0, 1, &[0, 0, 0, 0, 9, 10]).await.unwrap();
    let answer = raw.first(HEADERS).await.expect("an answer, and not the end of the connection");
    assert_eq!(answer.stream, 1);
    assert_served(&system).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_taken_is_given_up_with_all_that_it_holds() {
    let (registry, system) = (
        ScriptedRegistry::start().await,
        System::with_config("[serving]\nstall_seconds = 1\nkeepalive_seconds = 3600\n").await,
    );
    registry.push("team/app", "v1", &Image::docker("app"));
    let host = registry.host();
    assert_eq!(system.engine().pull(&format!("{host}/team/app"), "v1").await.status, 200);
    let mut raw = Raw::with_window(&system, 0).await;
    raw.call(1, "/imageservice.v1.Images/Save").await.unwrap();
    let name = format!("{host}/team/app:v1");
    let request = [&[10, name.len() as u8], name.as_bytes()].concat();
    let message = [&[0, 0, 0, 0, request.len() as u8], &request[..]].concat();
    raw.send(DATA, 1, 1, &message).await.unwrap();
    let running = async || {
        let info = SystemClient::new(system.channel().await).info(InfoRequest {}).await.unwrap();
        info.into_inner().running
    };
    until("it runs", async || (running().await == 1).then_some(())).await;
    until("it was given up", async || (running().await == 0).then_some(())).await;
    assert_served(&system).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_are_too_long_are_refused_and_end_nothing_else() {
    let system = System::with_config("[serving]\nheader_bytes = 8192\n").await;
    let mut client = ImagesClient::new(system.channel().await);
    let mut oversize = Request::new(InspectRequest::default());
    for number in 0..4 {
        let name: tonic::metadata::MetadataKey<_> = format!("planted-{number}").parse().unwrap();
        oversize.metadata_mut().insert(name, "x".repeat(4096).parse().unwrap());
    }
    let refused = client.inspect(oversize).await.unwrap_err();
    assert_ne!(refused.code(), Code::NotFound, "the call itself was not made: {refused:?}");
    let missing = client.inspect(InspectRequest { name: "nosuch".into(), ..Default::default() });
    let missing = tokio::time::timeout(Duration::from_secs(60), missing).await.unwrap().unwrap_err();
    assert_eq!(missing.code(), Code::NotFound, "the connection is as good as before");
}
