//! The way in: takes connections, on TCP after a handshake of TLS if there is a certificate, and notes who is at the other end.
//!
//! Invariant: no client holds up another. Each handshake is a task of its own and has a deadline.

mod connection;
mod peer;
mod subject;
mod tls;

use std::{io, sync::Arc, time::Duration};

use rustls::ServerConfig;
use serving::{Fresh, Inherited, accepted};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Semaphore, mpsc},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;

pub(super) use self::{
    connection::Connection,
    peer::{Peer, PeerCertificate},
};
use super::listen::{Listener, Reach, bind};
use crate::config::{Config, Listen, TlsConfig};

/// For a client to come to an end with its handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Handshakes at once; whoever comes then waits for one to end, or to be given up.
const MOST_HANDSHAKES: usize = 1024;
/// What is read of a client that is not let in.
const MOST_LEFT: u64 = 64 * 1024;
/// Connections that wait to be served.
const AHEAD: usize = 64;

/// A place to be called at.
#[derive(Debug)]
pub struct Door {
    listener: Listener,
    tls: Option<Fresh<ServerConfig>>,
}

type Arrivals = mpsc::Sender<Connection>;

impl Door {
    /// Takes the place, or the socket that was handed over, and reads certificates and key; they are read again when they change. Wants a runtime around it.
    pub async fn open(config: &Config, inherited: Inherited, listen: &Listen) -> anyhow::Result<Self> {
        let listener = bind(inherited, listen, reach(config)).await?;
        let tokens = config.access.token_file.is_some();
        let tls = config
            .tls
            .clone()
            .map(|tls| Fresh::open("the certificates", tls.files(), move || tls::server(&tls, tokens)));
        if let (Listener::Tcp(tcp), []) = (&listener, config.access.identities.as_slice())
            && !tcp.local_addr()?.ip().is_loopback()
            && config.tls.as_ref().is_none_or(|tls| tls.client_ca.is_none())
        {
            tracing::warn!(
                "whoever reaches {listen} may do everything: name those who may in access.identities"
            );
        }
        Ok(Self { listener, tls: tls.transpose()? })
    }

    /// Whether certificates and key can be used, without opening anything.
    pub fn check(config: &TlsConfig, tokens: bool) -> anyhow::Result<()> {
        tls::server(config, tokens).map(drop)
    }

    /// The place, as it is known once it is taken.
    pub fn place(&self) -> io::Result<String> {
        self.listener.place()
    }

    /// Whether what is said here can be read without TLS.
    pub(super) fn speaks_plainly(&self) -> bool {
        self.tls.is_none()
    }

    /// The connections that come, until nobody takes them any more. Then the place is free again.
    pub(super) fn connections(self) -> ReceiverStream<Connection> {
        let (arrivals, connections) = mpsc::channel(AHEAD);
        tokio::spawn(async move {
            tokio::select! {
                () = self.take_all(&arrivals) => {}
                () = arrivals.closed() => {}
            }
        });
        ReceiverStream::new(connections)
    }

    /// Who takes the arrivals ends this by leaving.
    async fn take_all(&self, arrivals: &Arrivals) {
        let turns = Arc::new(Semaphore::new(MOST_HANDSHAKES));
        loop {
            let stream = match &self.listener {
                Listener::Unix(socket) => {
                    let stream = accepted(|| socket.accept()).await;
                    let _ = arrivals.send(Connection::local(stream)).await;
                    continue;
                }
                Listener::Tcp(listener) => accepted(|| listener.accept()).await.0,
            };
            // Of a connection that is gone it fails; that shows soon enough.
            let _ = stream.set_nodelay(true);
            let Some(tls) = &self.tls else {
                let _ = arrivals.send(Connection::plain(stream)).await;
                continue;
            };
            // They are never closed.
            let Ok(turn) = Arc::clone(&turns).acquire_owned().await else { return };
            let (acceptor, arrivals) = (TlsAcceptor::from(tls.get()), arrivals.clone());
            tokio::spawn(async move {
                let _turn = turn;
                shake_hands(acceptor, stream, arrivals).await;
            });
        }
    }
}

async fn shake_hands(acceptor: TlsAcceptor, stream: TcpStream, arrivals: Arrivals) {
    match timeout(HANDSHAKE, acceptor.accept(stream).into_fallible()).await {
        Ok(Ok(stream)) => {
            let _ = arrivals.send(Connection::secure(stream)).await;
        }
        Ok(Err((why, stream))) => {
            tracing::info!("a client was not let in: {why}");
            let _ = timeout(HANDSHAKE, part_from(stream)).await;
        }
        Err(_) => tracing::info!("a client was not let in: its TLS handshake took more than {HANDSHAKE:?}"),
    }
}

/// Lets a client read why it is not let in: a connection that is closed before what it has sent was read is reset, and the reason lost.
async fn part_from(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    tokio::io::copy(&mut stream.take(MOST_LEFT), &mut tokio::io::sink()).await?;
    Ok(())
}

/// Who may be meant to reach the place.
fn reach(config: &Config) -> Reach {
    match (&config.tls, config.allow_remote_plaintext, &config.access.token_file) {
        (Some(_), _, _) | (None, true, None) => Reach::Anyone,
        (None, true, Some(_)) => Reach::ThisMachineAsTokensAreShown,
        (None, false, _) => Reach::ThisMachine,
    }
}
