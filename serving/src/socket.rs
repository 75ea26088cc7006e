//! A Unix socket to serve on: its folder, its mode, and what a process that was killed left there.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use tokio::net::{UnixListener, UnixStream};

/// Owner and group. The group needs a folder that was there before: one that is made here is its owner's alone.
const MODE: u32 = 0o660;
const FOLDER_MODE: u32 = 0o700;

/// A socket that clients may connect to; its file goes with it.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    /// With the inode; none if somebody else made the file.
    made: Option<(PathBuf, u64)>,
}

impl Socket {
    /// Binds the path. A socket that nothing answers on is replaced.
    ///
    /// # Errors
    /// If somebody answers there, or something else is there, or the system does not let it.
    pub async fn bind(path: &Path) -> anyhow::Result<Self> {
        make_folder(path)?;
        remove_stale(path).await?;
        let listener = UnixListener::bind(path).with_context(|| format!("cannot bind {}", path.display()))?;
        fs::set_permissions(path, fs::Permissions::from_mode(MODE))
            .with_context(|| format!("cannot set the mode of {}", path.display()))?;
        let inode = fs::symlink_metadata(path)?.ino();
        Ok(Self { listener, made: Some((path.to_owned(), inode)) })
    }

    /// One that was handed over, whose file stays where it is. Wants a runtime around it.
    ///
    /// # Errors
    /// From the system.
    pub fn inherited(listener: std::os::unix::net::UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self { listener: UnixListener::from_std(listener)?, made: None })
    }

    /// The next connection.
    ///
    /// # Errors
    /// From the system.
    pub async fn accept(&self) -> io::Result<UnixStream> {
        self.listener.accept().await.map(|(stream, _)| stream)
    }

    /// Where it is. One that was handed over may have no path.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        self.listener.local_addr().ok()?.as_pathname().map(Path::to_owned)
    }
}

impl Drop for Socket {
    /// Leaves a file alone that another server has put in this one's place.
    fn drop(&mut self) {
        let Some((path, inode)) = &self.made else { return };
        if fs::symlink_metadata(path).is_ok_and(|now| now.ino() == *inode)
            && let Err(why) = fs::remove_file(path)
        {
            tracing::warn!("cannot remove {}: {why}", path.display());
        }
    }
}

fn make_folder(path: &Path) -> anyhow::Result<()> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    let made = fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder);
    made.with_context(|| format!("cannot make the folder {}", folder.display()))
}

async fn remove_stale(path: &Path) -> anyhow::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("cannot look at {}", path.display())),
    };
    if !found.file_type().is_socket() {
        bail!("{} exists and is not a socket", path.display());
    }
    match UnixStream::connect(path).await {
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
        let socket = Socket::bind(&path).await.unwrap();
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
        Socket::bind(&path).await.unwrap();
    }

    #[tokio::test]
    async fn a_live_socket_is_an_error_that_names_it() {
        let folder = folder();
        let path = folder.path().join("docker.sock");
        let _first = Socket::bind(&path).await.unwrap();
        let error = Socket::bind(&path).await.unwrap_err().to_string();
        assert_eq!(error, format!("another server answers on {}", path.display()));
        assert!(path.exists());
    }

    #[tokio::test]
    async fn a_file_is_not_replaced() {
        let folder = folder();
        let path = folder.path().join("docker.sock");
        fs::write(&path, "precious").unwrap();
        assert!(Socket::bind(&path).await.unwrap_err().to_string().ends_with("is not a socket"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }
}
