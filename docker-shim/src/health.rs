//! `docker-shim health`: whether a shim answers on its socket, for health checks of containers.

use std::{
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

use anyhow::{Context, ensure};

/// A ping asks nobody, so a shim that lets it wait is stuck.
const DEADLINE: Duration = Duration::from_secs(5);
/// More than a status line needs.
const MOST_ANSWER: u64 = 4096;

/// Asks once, as a Docker client does before each command.
pub fn check(socket: &Path) -> anyhow::Result<()> {
    let answer = ping(socket).with_context(|| format!("no answer on {}", socket.display()))?;
    let status = answer.lines().next().unwrap_or_default();
    ensure!(status.starts_with("HTTP/1.") && status.contains(" 200 "), "not ready: {status}");
    Ok(())
}

fn ping(socket: &Path) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.set_write_timeout(Some(DEADLINE))?;
    stream.write_all(b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(MOST_ANSWER).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
