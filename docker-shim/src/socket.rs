//! The Unix socket that Docker clients connect to: its folder, its mode, and what a crashed shim left there.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use listenfd::ListenFd;
use tokio::net::UnixListener;

/// Owner and group, as for Docker's own socket. The group needs a folder that was there before: one that is made here is its owner's alone.
const MODE: u32 = 0o660;
const FOLDER_MODE: u32 = 0o700;

/// A bound socket; its file goes with it.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) listener: UnixListener,
    /// With the inode; none if somebody else made the file.
    made: Option<(PathBuf, u64)>,
}

impl Socket {
    /// The socket that a service manager has opened and handed over (systemd's socket activation, `LISTEN_FDS`), if any. TCP is refused: whoever
    /// reaches a Docker API may do everything. To be called while nothing else runs: it takes names out of the environment.
    pub(crate) fn inherited() -> anyhow::Result<Option<Self>> {
        let mut handed = ListenFd::from_env();
        let count = handed.len();
        ensure!(count <= 1, "{count} sockets were handed over, and one can be served: LISTEN_FDS");
        let listener = if count == 0 { Ok(None) } else { handed.take_unix_listener(0) };
        let Some(listener) = listener.context("LISTEN_FDS: only a Unix socket can be served")? else {
            return Ok(None);
        };
        listener.set_nonblocking(true)?;
        Ok(Some(Self { listener: UnixListener::from_std(listener)?, made: None }))
    }

    /// Binds the path. A socket that nothing answers on is replaced; one that is in use is an error.
    pub(crate) fn bind(path: &Path) -> anyhow::Result<Self> {
        make_folder(path)?;
        remove_stale(path)?;
        let listener = UnixListener::bind(path).with_context(|| format!("cannot bind {}", path.display()))?;
        fs::set_permissions(path, fs::Permissions::from_mode(MODE))
            .with_context(|| format!("cannot set the mode of {}", path.display()))?;
        let inode = fs::symlink_metadata(path)?.ino();
        Ok(Self { listener, made: Some((path.to_owned(), inode)) })
    }
}

impl Drop for Socket {
    /// Leaves a file alone that another server has put in this one's place.
    fn drop(&mut self) {
        let Some((path, inode)) = &self.made else { return };
        if fs::symlink_metadata(path).is_ok_and(|now| now.ino() == *inode) {
            let _ = fs::remove_file(path);
        }
    }
}

fn make_folder(path: &Path) -> anyhow::Result<()> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    let made = fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder);
    made.with_context(|| format!("cannot make the folder {}", folder.display()))
}

fn remove_stale(path: &Path) -> anyhow::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("cannot look at {}", path.display())),
    };
    if !found.file_type().is_socket() {
        bail!("{} exists and is not a socket", path.display());
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path)
            .with_context(|| format!("cannot remove the stale socket {}", path.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(_) => bail!("another server answers on {}", path.display()),
        Err(error) => Err(error).with_context(|| format!("cannot tell whether {} is in use", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[tokio::test]
    async fn the_socket_is_for_owner_and_group_and_goes_at_the_end() {
        let folder = folder();
        let path = folder.path().join("a/b/docker.sock");
        let socket = Socket::bind(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
        drop(socket);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_stale_socket_is_replaced() {
        let folder = folder();
        let path = folder.path().join("docker.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        Socket::bind(&path).unwrap();
    }

    #[tokio::test]
    async fn a_live_socket_is_an_error_that_names_it() {
        let folder = folder();
        let path = folder.path().join("docker.sock");
        let _first = Socket::bind(&path).unwrap();
        let error = Socket::bind(&path).unwrap_err().to_string();
        assert_eq!(error, format!("another server answers on {}", path.display()));
        assert!(path.exists());
    }

    #[tokio::test]
    async fn a_file_is_not_replaced() {
        let folder = folder();
        let path = folder.path().join("docker.sock");
        fs::write(&path, "precious").unwrap();
        assert!(Socket::bind(&path).unwrap_err().to_string().ends_with("is not a socket"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }
}
