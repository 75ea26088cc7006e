//! The document of an image: what embedders get to see of it. Words in fields, redacted, bounded, the same for the same image and names.

use super::{config::RunConfig, redaction::Redaction, words::words};
use crate::model::{HistoryStep, Image, ImageConfig};

/// Words of one field; what comes after them does not count.
const MOST_WORDS: usize = 500;
/// Bytes of the text that an embedder reads: models take some thousand words.
const MOST_TEXT: usize = 8 * 1024;
/// Digits of a diff ID that stand for it.
const MARK: usize = 16;
/// What builders write in every step.
const BUILDERS_OWN: [&str; 5] = ["bin", "sh", "c", "nop", "buildkit"];

/// What words say something about. The order is that of the text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Field {
    /// What is looked for.
    Query,
    /// Repository paths and tags.
    Names,
    /// Names and values.
    Labels,
    /// Entrypoint and command.
    Command,
    /// Names and values of variables.
    Environment,
    /// `80`, `tcp`.
    Ports,
    /// Who it runs as.
    User,
    /// Where it runs.
    WorkingDirectory,
    /// Build steps.
    History,
    /// Beginnings of diff IDs.
    Layers,
}

impl Field {
    const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Names => "names",
            Self::Labels => "labels",
            Self::Command => "command",
            Self::Environment => "environment",
            Self::Ports => "ports",
            Self::User => "user",
            Self::WorkingDirectory => "working directory",
            Self::History => "history",
            Self::Layers => "layers",
        }
    }
}

/// Words by field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Document(Vec<(Field, Vec<String>)>);

impl Document {
    /// What is known of an image. What cannot be read of its config is left out.
    #[must_use]
    pub fn of_image(image: &Image) -> Self {
        let run = RunConfig::parse(&image.config);
        let config = ImageConfig::parse(&image.config).ok();
        let labels =
            || config.iter().flat_map(|config| &config.labels).map(|(k, v)| (k.as_str(), v.as_str()));
        let history = || config.iter().flat_map(|config| &config.history);
        let layers = config.iter().flat_map(|config| &config.diff_ids);

        let mut redaction = Redaction::default();
        run.env().chain(labels()).for_each(|(name, value)| redaction.learn(name, value));
        let pair = |(name, value)| redaction.pair(name, value);
        let text = |text: &str| redaction.text(text);
        Self::of_fields([
            (Field::Names, bounded(name_words(image))),
            (Field::Labels, bounded(labels().flat_map(pair))),
            (Field::Command, bounded(run.commands().flat_map(|line| text(&line)))),
            (Field::Environment, bounded(run.env().flat_map(pair))),
            (Field::Ports, bounded(run.ports().flat_map(words))),
            (Field::User, bounded(text(run.user()).into_iter())),
            (Field::WorkingDirectory, bounded(text(run.working_dir()).into_iter())),
            (Field::History, bounded(history().flat_map(|step| step_words(&redaction, step)))),
            (Field::Layers, bounded(layers.map(|id| id.hex().chars().take(MARK).collect()))),
        ])
    }

    /// What somebody looks for; nothing if there is no word in it.
    #[must_use]
    pub fn of_query(text: &str) -> Option<Self> {
        Some(Self::of_fields([(Field::Query, bounded(words(text)))]))
            .filter(|document| !document.0.is_empty())
    }

    fn of_fields<const N: usize>(fields: [(Field, Vec<String>); N]) -> Self {
        Self(fields.into_iter().filter(|(_, words)| !words.is_empty()).collect())
    }

    /// Fields that have words.
    pub fn fields(&self) -> impl Iterator<Item = (Field, &[String])> {
        self.0.iter().map(|(field, words)| (*field, words.as_slice()))
    }

    /// For who reads text: a line for each field. A query is its words alone.
    #[must_use]
    pub fn text(&self) -> String {
        let line = |(field, words): (Field, &[String])| match field {
            Field::Query => words.join(" "),
            field => format!("{}: {}", field.name(), words.join(" ")),
        };
        let mut text = self.fields().map(line).collect::<Vec<_>>().join("\n");
        text.truncate(text.floor_char_boundary(MOST_TEXT));
        text
    }
}

fn bounded(words: impl Iterator<Item = String>) -> Vec<String> {
    words.take(MOST_WORDS).collect()
}

/// Of the path without Docker Hub's own `library`, and of the tag.
fn name_words(image: &Image) -> impl Iterator<Item = String> {
    let by_tag = image.tags.iter().map(|(repository, tag)| (repository, tag.as_str()));
    let by_digest = image.digests.iter().map(|(repository, _)| (repository, ""));
    by_tag.chain(by_digest).flat_map(|(repository, tag)| {
        let path = repository.path().strip_prefix("library/").unwrap_or(repository.path());
        words(path).chain(words(tag)).collect::<Vec<_>>()
    })
}

fn step_words(redaction: &Redaction, step: &HistoryStep) -> impl Iterator<Item = String> {
    let (step, remark) = (redaction.text(&step.created_by), redaction.text(&step.comment));
    step.into_iter().chain(remark).filter(|word| !BUILDERS_OWN.contains(&word.as_str()))
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
