//! `image-service db`: what is told goes to standard error, findings and documents to standard output.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, IsTerminal, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::{Args, Subcommand};
use image_service::{
    app::state::upkeep,
    store::{Transferred, Upkeep},
};

use super::Settings;

#[derive(Subcommand)]
pub(crate) enum DbCommand {
    /// Bring the schema to that of this version.
    Migrate(Settings),
    /// Say everything that is wrong with the state, and what helps. Reads only; services may be running.
    Check(Settings),
    /// Write the whole state to a file, as it is at one moment. Reads only; services may be running.
    Export(Document),
    /// Fill an empty state from an export of either engine.
    Import(Document),
}

#[derive(Args)]
pub(crate) struct Document {
    /// The export; `-` for standard output or input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Leave stored credentials out.
    #[arg(long)]
    without_credentials: bool,
    #[command(flatten)]
    settings: Settings,
}

impl DbCommand {
    /// One thread: while a document is read or written, nothing else is to be done.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            match self {
                Self::Migrate(settings) => migrate(&*upkeep(&settings.resolve()?)?).await,
                Self::Check(settings) => check(&*upkeep(&settings.resolve()?)?).await,
                Self::Export(Document { file, without_credentials, settings }) => {
                    export(&*upkeep(&settings.resolve()?)?, &file, !without_credentials).await
                }
                Self::Import(Document { file, without_credentials, settings }) => {
                    import(&*upkeep(&settings.resolve()?)?, &file, !without_credentials).await
                }
            }
        })
    }
}

async fn migrate(state: &dyn Upkeep) -> anyhow::Result<()> {
    let done = state.migrate().await?;
    match done.from {
        None => eprintln!("Made the state with schema {}.", done.to),
        Some(from) if from == done.to => eprintln!("The state has schema {from} already."),
        Some(from) => eprintln!("Brought the state from schema {from} to {}.", done.to),
    }
    Ok(())
}

async fn check(state: &dyn Upkeep) -> anyhow::Result<()> {
    let (mut out, mut findings) = (io::stdout().lock(), 0_u64);
    let mut told = Ok(());
    let mut tell = |finding| {
        findings += 1;
        if told.is_ok() {
            told = writeln!(out, "{finding}");
        }
    };
    state.check(&mut tell).await?;
    told?;
    anyhow::ensure!(findings == 0, "findings in the state: {findings}");
    eprintln!("The state is whole.");
    Ok(())
}

async fn export(state: &dyn Upkeep, file: &Path, credentials: bool) -> anyhow::Result<()> {
    let exported = if is_standard(file) {
        anyhow::ensure!(!io::stdout().is_terminal(), "an export is not for a terminal: name a file");
        state.export(&mut BufWriter::new(io::stdout().lock()), credentials).await?
    } else {
        export_to_file(state, file, credentials).await?
    };
    eprintln!("Exported {}.", shown(exported));
    Ok(())
}

/// What is there already is kept, and what was not finished is not.
async fn export_to_file(state: &dyn Upkeep, file: &Path, credentials: bool) -> anyhow::Result<Transferred> {
    let cannot = || format!("cannot write {}", file.display());
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).with_context(cannot)?;
    let mut to = BufWriter::new(&made);
    let exported = state.export(&mut to, credentials).await;
    drop(to);
    let finished = exported.map_err(anyhow::Error::from).and_then(|exported| {
        made.sync_all().with_context(cannot)?;
        Ok(exported)
    });
    finished.inspect_err(|_| drop(fs::remove_file(file)))
}

async fn import(state: &dyn Upkeep, file: &Path, credentials: bool) -> anyhow::Result<()> {
    let cannot = || format!("cannot read {}", file.display());
    let mut from: Box<dyn Read> = match is_standard(file) {
        true => Box::new(io::stdin().lock()),
        false => Box::new(File::open(file).with_context(cannot)?),
    };
    let imported = state.import(&mut *from, credentials).await?;
    eprintln!("Imported {}.", shown(imported));
    Ok(())
}

fn is_standard(file: &Path) -> bool {
    file.as_os_str() == "-"
}

fn shown(transferred: Transferred) -> String {
    let Transferred { records, images, credentials } = transferred;
    format!(
        "{records} records: images {images}, credentials {credentials}, names and all that belongs to them"
    )
}
