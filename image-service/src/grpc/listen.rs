//! Taking the place to listen at: a Unix socket that only its owner and group can use, or a TCP address.

use std::{io, net::SocketAddr};

use anyhow::{Context, bail};
use serving::{Inherited, Socket};
use tokio::net::TcpListener;

use crate::config::Listen;

/// Who may be meant to reach a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reach {
    /// What is said there is protected, or an operator insists.
    Anyone,
    /// It is plaintext.
    ThisMachine,
    /// It is plaintext, and callers show tokens.
    ThisMachineAsTokensAreShown,
}

/// A place that is taken.
#[derive(Debug)]
pub(super) enum Listener {
    /// In the file system.
    Unix(Socket),
    /// TCP
    Tcp(TcpListener),
}

impl Listener {
    /// As it is known once it is taken.
    pub(super) fn place(&self) -> io::Result<String> {
        match self {
            // One that was handed over may be elsewhere than the configuration says.
            Self::Unix(socket) => Ok(format!("unix://{}", socket.path().unwrap_or_default().display())),
            Self::Tcp(listener) => listener.local_addr().map(|address| address.to_string()),
        }
    }
}

impl Reach {
    pub(super) fn admit(self, bound: SocketAddr) -> anyhow::Result<()> {
        match self {
            _ if bound.ip().is_loopback() => Ok(()),
            Self::Anyone => Ok(()),
            Self::ThisMachine => bail!(
                "listen: other machines reach {bound}, so it needs a [tls] table; \
                 allow_remote_plaintext = true insists on plaintext"
            ),
            Self::ThisMachineAsTokensAreShown => bail!(
                "listen: other machines reach {bound}, and whoever listens in could use the tokens of \
                 access.token_file: it needs a [tls] table, whatever allow_remote_plaintext says"
            ),
        }
    }
}

/// Takes the place, unless a socket was handed over, if nobody reaches it who is not meant to.
pub(super) async fn bind(inherited: Inherited, listen: &Listen, reach: Reach) -> anyhow::Result<Listener> {
    let here = || format!("cannot listen on {listen}");
    let listener = match (inherited, listen) {
        (Inherited::Unix(listener), _) => Listener::Unix(Socket::inherited(listener)?),
        (Inherited::Nothing, Listen::Unix(path)) => {
            Listener::Unix(Socket::bind(path).await.with_context(here)?)
        }
        (Inherited::Tcp(listener), _) => {
            listener.set_nonblocking(true)?;
            Listener::Tcp(TcpListener::from_std(listener)?)
        }
        (Inherited::Nothing, Listen::Tcp(address)) => {
            Listener::Tcp(TcpListener::bind(address).await.with_context(here)?)
        }
    };
    if let Listener::Tcp(listener) = &listener {
        reach.admit(listener.local_addr()?)?;
    }
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn plaintext_on_a_reachable_address_needs_the_operators_word() {
        let anywhere = Listen::Tcp("0.0.0.0:0".into());
        let bind = async |listen: &Listen, reach| bind(Inherited::default(), listen, reach).await;
        let error = bind(&anywhere, Reach::ThisMachine).await.unwrap_err().to_string();
        assert!(error.contains("allow_remote_plaintext"), "{error}");
        assert!(bind(&anywhere, Reach::Anyone).await.is_ok());
        assert!(bind(&Listen::Tcp("127.0.0.1:0".into()), Reach::ThisMachine).await.is_ok());
    }

    #[tokio::test]
    async fn tokens_go_in_plaintext_no_further_than_this_machine_whatever_the_operator_says() {
        let shown = Reach::ThisMachineAsTokensAreShown;
        let bind = async |listen: &Listen, reach| bind(Inherited::default(), listen, reach).await;
        let error = bind(&Listen::Tcp("0.0.0.0:0".into()), shown).await.unwrap_err().to_string();
        assert!(error.contains("access.token_file"), "{error}");
        assert!(bind(&Listen::Tcp("127.0.0.1:0".into()), shown).await.is_ok());
    }
}
