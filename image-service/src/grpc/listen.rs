//! Taking the place to listen at: a Unix socket that only its owner and group can use, or a TCP address.

use std::{
    fs, io,
    net::SocketAddr,
    os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use tokio::net::{TcpListener, UnixListener, UnixStream};

use super::Inherited;
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
    /// With the socket's file, if it was made here.
    Unix(UnixListener, Option<SocketFile>),
    /// TCP
    Tcp(TcpListener),
}

/// A socket in the file system, which is there as long as this is.
#[derive(Debug)]
pub(super) struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        if let Err(why) = fs::remove_file(&self.0) {
            tracing::warn!("cannot remove {}: {why}", self.0.display());
        }
    }
}

impl Listener {
    /// As it is known once it is taken.
    pub(super) fn place(&self) -> io::Result<String> {
        match self {
            // One that was handed over may be elsewhere than the configuration says.
            Self::Unix(_, Some(SocketFile(path))) => Ok(format!("unix://{}", path.display())),
            Self::Unix(listener, None) => {
                let address = listener.local_addr()?;
                let path = address.as_pathname().unwrap_or(Path::new(""));
                Ok(format!("unix://{}", path.display()))
            }
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
    if let Some(listener) = inherited.listener(reach)? {
        return Ok(listener);
    }
    match listen {
        Listen::Unix(path) => {
            let listener = bind_unix(path).await.with_context(|| format!("cannot listen on {listen}"))?;
            Ok(Listener::Unix(listener, Some(SocketFile(path.clone()))))
        }
        Listen::Tcp(address) => {
            let listener =
                TcpListener::bind(address).await.with_context(|| format!("cannot listen on {listen}"))?;
            reach.admit(listener.local_addr()?)?;
            Ok(Listener::Tcp(listener))
        }
    }
}

async fn bind_unix(path: &Path) -> anyhow::Result<UnixListener> {
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    remove_stale(path).await?;
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}

/// A socket that nobody answers on was left by a process that was killed.
async fn remove_stale(path: &Path) -> anyhow::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
        Ok(found) if !found.file_type().is_socket() => bail!("{} is not a socket", path.display()),
        Ok(_) => {}
    }
    match UnixStream::connect(path).await {
        Ok(_) => bail!("another process listens there"),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(fs::remove_file(path)?),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_left_by_a_killed_process_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/service.sock");
        drop(bind_unix(&path).await.unwrap());
        let again = bind_unix(&path).await.unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o660);
        drop(again);
    }

    #[tokio::test]
    async fn a_socket_that_is_in_use_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("service.sock");
        let _first = bind_unix(&path).await.unwrap();
        let error = bind_unix(&path).await.unwrap_err();
        assert_eq!(error.to_string(), "another process listens there");
    }

    #[tokio::test]
    async fn a_file_that_is_no_socket_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "kept").unwrap();
        assert!(bind_unix(&path).await.unwrap_err().to_string().ends_with("is not a socket"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "kept");
    }

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
