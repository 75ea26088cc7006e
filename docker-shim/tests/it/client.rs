//! An HTTP client that shows the bytes of an answer as they came.

use std::path::Path;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

/// An answer, not interpreted more than a test needs.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// With names in the case that they were sent in.
    pub(crate) headers: Vec<(String, String)>,
    /// One for a body with a length.
    pub(crate) chunks: Vec<String>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn body(&self) -> String {
        self.chunks.concat()
    }

    pub(crate) fn message(&self) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body()).unwrap();
        body["message"].as_str().unwrap().to_owned()
    }

    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head in {text:?}"));
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<_> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect();
        let chunked = headers.iter().any(|(key, _)| key == "Transfer-Encoding");
        let chunks = if chunked { dechunk(body) } else { vec![body.to_owned()] };
        Self { status, headers, chunks }
    }
}

fn dechunk(mut body: &str) -> Vec<String> {
    let mut chunks = Vec::new();
    loop {
        let (size, rest) = body.split_once("\r\n").unwrap_or_else(|| panic!("cut off at {body:?}"));
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return chunks;
        }
        chunks.push(rest[..size].to_owned());
        body = &rest[size + 2..];
    }
}

/// Sends "METHOD /path" with further header lines and a body, and reads the answer to its end.
pub(crate) async fn ask_with(socket: &Path, line: &str, headers: &[&str], body: &[u8]) -> Reply {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    send(&mut stream, line, &[headers, &["Connection: close"]].concat(), body).await;
    let mut text = Vec::new();
    stream.read_to_end(&mut text).await.unwrap();
    Reply::parse(std::str::from_utf8(&text).unwrap())
}

/// Sends "METHOD /path".
pub(crate) async fn ask(socket: &Path, line: &str) -> Reply {
    ask_with(socket, line, &[], b"").await
}

/// Sends a request and leaves the connection open.
pub(crate) async fn send(stream: &mut UnixStream, line: &str, headers: &[&str], body: &[u8]) {
    let mut head = format!("{line} HTTP/1.1\r\nHost: docker\r\n");
    if !body.is_empty() {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    headers.iter().for_each(|header| head.push_str(&format!("{header}\r\n")));
    stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
}

/// Reads until the text has come.
pub(crate) async fn read_until(stream: &mut UnixStream, end: &str) -> String {
    let mut text = String::new();
    while !text.contains(end) {
        let mut bytes = [0; 4096];
        let count = stream.read(&mut bytes).await.unwrap();
        assert!(count > 0, "the connection ended after {text:?}");
        text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    text
}
