//! A socket that a service manager has opened and handed over (systemd's socket activation, `LISTEN_FDS`).

use std::{net::TcpListener, os::unix::net::UnixListener};

use anyhow::{Context, ensure};
use listenfd::ListenFd;

use super::listen::{Listener, Reach};

/// The socket that was handed over, if any.
#[derive(Debug, Default)]
pub struct Inherited(Option<Socket>);

#[derive(Debug)]
enum Socket {
    Unix(UnixListener),
    Tcp(TcpListener),
}

impl Inherited {
    /// Takes what the environment names, and the names out of it: to be called while nothing else runs.
    pub fn take() -> anyhow::Result<Self> {
        let mut handed = ListenFd::from_env();
        let count = handed.len();
        ensure!(count <= 1, "{count} sockets were handed over, and one can be served: LISTEN_FDS");
        if count == 0 {
            return Ok(Self(None));
        }
        // Whichever kind it is not refuses, and leaves it in its place.
        if let Ok(Some(listener)) = handed.take_unix_listener(0) {
            return Ok(Self(Some(Socket::Unix(listener))));
        }
        let listener = handed.take_tcp_listener(0).context("LISTEN_FDS: neither Unix nor TCP")?;
        Ok(Self(listener.map(Socket::Tcp)))
    }

    /// The listener; none if there was no socket. One that is reached by others than are meant to is refused.
    pub(super) fn listener(self, reach: Reach) -> anyhow::Result<Option<Listener>> {
        Ok(match self.0 {
            None => None,
            Some(Socket::Unix(listener)) => {
                listener.set_nonblocking(true)?;
                Some(Listener::Unix(tokio::net::UnixListener::from_std(listener)?, None))
            }
            Some(Socket::Tcp(listener)) => {
                reach.admit(listener.local_addr()?)?;
                listener.set_nonblocking(true)?;
                Some(Listener::Tcp(tokio::net::TcpListener::from_std(listener)?))
            }
        })
    }
}
