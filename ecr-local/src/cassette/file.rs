//! The file of a cassette: written line by line, read at once.

use std::{
    fs::OpenOptions,
    io::{self, BufRead, BufReader, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tokio::{
    fs::{self, File},
    io::AsyncWriteExt,
    sync::Mutex,
};

use super::{CassetteError, bodies::Bodies, interaction::Interaction, secrets::Secrets};
use crate::folder::private_file;

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
    lines: Mutex<Lines>,
    pub(super) bodies: Bodies,
}

/// The file as far as it is written.
#[derive(Debug)]
struct Lines {
    path: PathBuf,
    file: File,
    /// As much was known of secrets when it was last looked through.
    scrubbed: usize,
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
        let lines = Lines { path: path.to_owned(), file: File::from_std(file), scrubbed: 0 };
        Ok(Self { lines: Mutex::new(lines), bodies })
    }

    /// Adds a line. What it has told of secrets goes from the lines before it as well.
    pub(super) async fn add(&self, mut interaction: Interaction, secrets: &Secrets) -> io::Result<()> {
        let mut lines = self.lines.lock().await;
        let known = secrets.count();
        if known > lines.scrubbed {
            lines.scrub(secrets).await?;
            lines.scrubbed = known;
        }
        secrets.scrub_interaction(&mut interaction);
        let mut line = serde_json::to_vec(&interaction)?;
        line.push(b'\n');
        lines.file.write_all(&line).await?;
        lines.file.flush().await
    }
}

impl Lines {
    async fn scrub(&mut self, secrets: &Secrets) -> io::Result<()> {
        let text = fs::read_to_string(&self.path).await?;
        let mut scrubbed = String::with_capacity(text.len());
        for line in text.lines() {
            let is_clean = !secrets.are_in(line, self.scrubbed);
            // The first one tells of the server, and is none.
            let read = (!is_clean).then(|| serde_json::from_str::<Interaction>(line).ok()).flatten();
            match read {
                Some(mut interaction) => {
                    secrets.scrub_interaction(&mut interaction);
                    scrubbed += &serde_json::to_string(&interaction)?;
                }
                None => scrubbed += line,
            }
            scrubbed.push('\n');
        }
        if scrubbed == text {
            return Ok(());
        }
        let mut partial = self.path.clone().into_os_string();
        partial.push(".partial");
        let mut file = File::from_std(private_file(partial.as_ref())?);
        file.set_len(0).await?;
        file.write_all(scrubbed.as_bytes()).await?;
        file.flush().await?;
        fs::rename(partial, &self.path).await?;
        self.file = file;
        Ok(())
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
