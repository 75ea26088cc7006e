//! A socket that a service manager has opened and handed over (systemd's socket activation, `LISTEN_FDS`).

use std::{net::TcpListener, os::unix::net::UnixListener};

use anyhow::{Context, ensure};
use listenfd::ListenFd;

/// What was handed over.
#[derive(Default, Debug)]
pub enum Inherited {
    /// There was none.
    #[default]
    Nothing,
    /// In the file system.
    Unix(UnixListener),
    /// TCP
    Tcp(TcpListener),
}

impl Inherited {
    /// Takes what the environment names, and the names out of it: to be called while nothing else runs.
    ///
    /// # Errors
    /// If there are more sockets than one, or it is of another kind.
    pub fn take() -> anyhow::Result<Self> {
        let mut handed = ListenFd::from_env();
        let count = handed.len();
        ensure!(count <= 1, "{count} sockets were handed over, and one can be served: LISTEN_FDS");
        if count == 0 {
            return Ok(Self::Nothing);
        }
        // Whichever kind it is not refuses, and leaves it in its place.
        if let Ok(Some(listener)) = handed.take_unix_listener(0) {
            return Ok(Self::Unix(listener));
        }
        let listener = handed.take_tcp_listener(0).context("LISTEN_FDS: neither Unix nor TCP")?;
        Ok(listener.map_or(Self::Nothing, Self::Tcp))
    }
}
