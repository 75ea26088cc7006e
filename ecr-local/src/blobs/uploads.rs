//! All uploads that are under way: a file each, named after its repository and its id.
//!
//! Invariant: the files are the truth. What is in memory can be lost at any time.

use std::{
    collections::HashMap,
    fs, io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use super::{Session, Spool, UploadKey, on_disk, session::create};
use crate::durability::Durability;

/// The folder of uploads, and the sessions that were used since the start.
pub(crate) struct Uploads {
    folder: PathBuf,
    durability: Durability,
    sessions: Mutex<HashMap<UploadKey, Arc<Session>>>,
}

impl Uploads {
    pub(crate) fn new(folder: PathBuf, durability: Durability) -> Self {
        Self { folder, durability, sessions: Mutex::default() }
    }

    /// A new upload.
    pub(crate) async fn begin(&self, repository: i64) -> io::Result<(UploadKey, Arc<Session>)> {
        let key = UploadKey::fresh(repository)?;
        let path = self.path(&key);
        let path = on_disk(move || create(&path).map(|_| path)).await?;
        let session = Arc::new(Session::empty(path, self.durability));
        self.sessions().insert(key.clone(), Arc::clone(&session));
        Ok((key, session))
    }

    /// A new upload that another registry has begun. Nothing if it is there.
    pub(crate) async fn begin_as(&self, key: &UploadKey) -> io::Result<Option<Arc<Session>>> {
        let path = self.path(key);
        let made = on_disk(move || match create(&path) {
            Ok(_) => Ok(Some(path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(error),
        });
        let Some(path) = made.await? else { return Ok(None) };
        let session = Arc::new(Session::empty(path, self.durability));
        self.sessions().insert(key.clone(), Arc::clone(&session));
        Ok(Some(session))
    }

    /// The uploads to a repository, with their files.
    pub(crate) async fn of_repository(&self, repository: i64) -> io::Result<Vec<(UploadKey, PathBuf)>> {
        let folder = self.folder.clone();
        let mut keys = on_disk(move || older_than(&folder, Duration::ZERO)).await?;
        keys.retain(|key| key.repository == repository);
        keys.sort_by(|one, other| one.id.cmp(&other.id));
        let placed = keys.into_iter().map(|key| (self.path(&key), key));
        Ok(placed.map(|(path, key)| (key, path)).collect())
    }

    /// Room for what may become a part of an upload.
    pub(crate) fn spool(&self) -> Spool {
        Spool::new(self.folder.clone())
    }

    /// An upload that was begun, before a restart perhaps.
    pub(crate) async fn find(&self, key: &UploadKey) -> io::Result<Option<Arc<Session>>> {
        if let Some(session) = self.sessions().get(key) {
            return Ok(Some(Arc::clone(session)));
        }
        let path = self.path(key);
        let probed = path.clone();
        if !on_disk(move || probed.try_exists()).await? {
            return Ok(None);
        }
        let session = self
            .sessions()
            .entry(key.clone())
            .or_insert_with(|| Arc::new(Session::on(path, self.durability)))
            .clone();
        Ok(Some(session))
    }

    /// Forgets an upload, and takes its file away unless that was moved. A request that still writes to it writes in vain.
    pub(crate) async fn end(&self, key: &UploadKey) -> io::Result<()> {
        self.sessions().remove(key);
        let path = self.path(key);
        on_disk(move || match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
        .await
    }

    /// Uploads that got nothing for so long, and that nobody writes to.
    pub(crate) async fn stale(&self, age: Duration) -> io::Result<Vec<UploadKey>> {
        let folder = self.folder.clone();
        let mut stale = on_disk(move || older_than(&folder, age)).await?;
        let sessions = self.sessions();
        stale.retain(|key| sessions.get(key).is_none_or(|session| !session.is_busy()));
        Ok(stale)
    }

    fn path(&self, key: &UploadKey) -> PathBuf {
        self.folder.join(key.file_name())
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<UploadKey, Arc<Session>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn older_than(folder: &std::path::Path, age: Duration) -> io::Result<Vec<UploadKey>> {
    let now = SystemTime::now();
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Some(key) = UploadKey::of_file_name(&entry.file_name().to_string_lossy()) else { continue };
        // One that was completed a moment ago is not there any more.
        let Ok(changed) = entry.metadata().and_then(|metadata| metadata.modified()) else { continue };
        if now.duration_since(changed).unwrap_or_default() >= age {
            found.push(key);
        }
    }
    Ok(found)
}
