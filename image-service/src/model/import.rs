//! `docker import`: what the `changes` of a request make of an image's config, and the config that comes of it.
//!
//! `changes` are Dockerfile instructions. What is read, what is refused and in which words is dockerd's; parser directives (`# escape=`) are
//! plain comments.

mod container_config;
mod duration;
mod error;
mod evaluation;
mod expansion;
mod healthcheck;
mod instruction;
mod json;
mod lines;
mod ports;
mod signal;
mod statement;
mod words;

use bytes::Bytes;
use serde::Serialize;
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use super::{digest::Digest, platform::Platform};
use container_config::ContainerConfig;
pub use error::{ChangeError, ExpansionFault};
use evaluation::Evaluation;
use instruction::Instruction;
use statement::Statement;

/// Of all changes together, with one byte between two. They arrive in a URL, which is not much longer.
const MOST_BYTES: usize = 32 * 1024;

/// What the `changes` of an import do to the config.
#[derive(Clone, Debug, Default)]
pub struct ImportChanges(ContainerConfig);

impl ImportChanges {
    /// Reads Dockerfile instructions, each of which may hold several lines, and evaluates them from the first to the last. No instructions
    /// change nothing.
    pub fn parse(instructions: &[String]) -> Result<Self, ChangeError> {
        if instructions.is_empty() {
            return Ok(Self::default());
        }
        if instructions.iter().map(|text| text.len() + 1).sum::<usize>() > MOST_BYTES {
            return Err(ChangeError::TooLarge { limit: MOST_BYTES });
        }
        let statements = lines::logical_lines(&instructions.join("\n"))
            .iter()
            .map(|line| Statement::read(line))
            .collect::<Result<Vec<_>, _>>()?;
        if statements.is_empty() {
            return Err(ChangeError::NoInstructions);
        }
        // Each step over all before the next, so that of several mistakes the same one is told as by dockerd.
        if let Some(other) = statements.iter().find(|statement| !instruction::is_change(&statement.name)) {
            return Err(ChangeError::NotAChange(other.name.clone()));
        }
        let instructions =
            statements.into_iter().map(Instruction::try_from).collect::<Result<Vec<_>, _>>()?;
        let mut evaluation = Evaluation::default();
        for instruction in instructions {
            evaluation.apply(instruction)?;
        }
        Ok(Self(evaluation.into_config()))
    }
}

/// The image config of an import.
#[derive(Clone, Copy, Debug)]
pub struct ImportedConfig<'a> {
    /// What the image runs on.
    pub platform: &'a Platform,
    /// When it was imported; in any offset.
    pub created: OffsetDateTime,
    /// The remark of the image and of its only step.
    pub comment: &'a str,
    /// What its containers start with.
    pub changes: &'a ImportChanges,
    /// Digest of its only layer before compression.
    pub diff_id: &'a Digest,
}

impl ImportedConfig<'_> {
    /// The bytes whose digest is the image's ID: dockerd's members in dockerd's order, without those that name an engine or a container, as
    /// there was none.
    #[must_use]
    pub fn to_json(&self) -> Bytes {
        let created = self.created.checked_to_offset(UtcOffset::UTC);
        let created = created.and_then(|time| time.format(&Rfc3339).ok());
        let wire = Wire {
            architecture: self.platform.architecture(),
            comment: self.comment,
            config: &self.changes.0,
            created: created.as_deref(),
            history: [Step { created: created.as_deref(), comment: self.comment }],
            os: self.platform.os(),
            os_version: self.platform.os_version(),
            rootfs: RootFs { kind: "layers", diff_ids: [self.diff_id.to_string()] },
            variant: self.platform.variant(),
        };
        // Texts, lists and maps with texts for keys always have a JSON form.
        serde_json::to_vec(&wire).unwrap_or_default().into()
    }
}

#[derive(Serialize)]
struct Wire<'a> {
    architecture: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    comment: &'a str,
    config: &'a ContainerConfig,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<&'a str>,
    history: [Step<'a>; 1],
    os: &'a str,
    #[serde(rename = "os.version", skip_serializing_if = "str::is_empty")]
    os_version: &'a str,
    rootfs: RootFs,
    #[serde(skip_serializing_if = "str::is_empty")]
    variant: &'a str,
}

#[derive(Serialize)]
struct Step<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    comment: &'a str,
}

#[derive(Serialize)]
struct RootFs {
    #[serde(rename = "type")]
    kind: &'static str,
    diff_ids: [String; 1],
}

#[cfg(test)]
#[path = "import/import_tests.rs"]
mod tests;
