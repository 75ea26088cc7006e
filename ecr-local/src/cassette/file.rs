//! The file of a cassette: written line by line, read at once.

use std::{
    fs::OpenOptions,
    io::{BufRead, BufReader, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tokio::{fs::File, io::AsyncWriteExt, sync::Mutex};

use super::{CassetteError, bodies::Bodies, interaction::Interaction};

const KIND: &str = "ecr-local";
const VERSION: u32 = 1;

/// The first line.
#[derive(Serialize, Deserialize)]
struct Header {
    cassette: String,
    version: u32,
    upstream: String,
}

/// A cassette that is being made.
#[derive(Debug)]
pub(super) struct Writer {
    file: Mutex<File>,
    pub(super) bodies: Bodies,
}

/// A cassette that is there.
#[derive(Debug)]
pub(super) struct Tape {
    pub(super) interactions: Vec<Interaction>,
    pub(super) bodies: Bodies,
}

impl Writer {
    /// Begins a new one, readable by its owner alone. One that is there is not touched.
    pub(super) fn create(path: &Path, upstream: &str) -> Result<Self, CassetteError> {
        let fault = |cause| CassetteError::File { path: path.to_owned(), cause };
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(fault)?;
        let header = Header { cassette: KIND.to_owned(), version: VERSION, upstream: upstream.to_owned() };
        let line = serde_json::to_string(&header).map_err(|error| fault(error.into()))?;
        writeln!(file, "{line}").map_err(fault)?;
        let bodies = Bodies::beside(path);
        bodies.make()?;
        Ok(Self { file: Mutex::new(File::from_std(file)), bodies })
    }

    /// Adds a line.
    pub(super) async fn add(&self, interaction: &Interaction) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(interaction)?;
        line.push(b'\n');
        let mut file = self.file.lock().await;
        file.write_all(&line).await?;
        file.flush().await
    }
}

impl Tape {
    /// Reads all lines. Bodies stay where they are.
    pub(super) fn read(path: &Path) -> Result<Self, CassetteError> {
        let fault = |cause| CassetteError::File { path: path.to_owned(), cause };
        let malformed = |line, why: String| CassetteError::Line { path: PathBuf::from(path), line, why };
        let mut lines = BufReader::new(std::fs::File::open(path).map_err(fault)?).lines();
        let first = lines.next().transpose().map_err(fault)?.unwrap_or_default();
        let header: Header = serde_json::from_str(&first)
            .map_err(|error| malformed(1, format!("this is no cassette: {error}")))?;
        if header.cassette != KIND || header.version != VERSION {
            return Err(malformed(1, format!("{} {} is not known", header.cassette, header.version)));
        }
        let mut interactions = Vec::new();
        for (number, line) in lines.enumerate() {
            let line = line.map_err(fault)?;
            let read = serde_json::from_str(&line);
            interactions.push(read.map_err(|error| malformed(number + 2, error.to_string()))?);
        }
        Ok(Self { interactions, bodies: Bodies::beside(path) })
    }
}
