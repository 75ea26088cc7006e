//! One instruction as it is written: name, flags, arguments. Whether it may be here, and what it does, is not decided yet.

use super::{
    error::ChangeError,
    json,
    words::{self, BLANKS},
};

/// An instruction whose arguments are split as its name wants it.
#[derive(Debug)]
pub(super) struct Statement {
    /// In lower case.
    pub(super) name: String,
    /// `--flag=value`
    pub(super) flags: Vec<String>,
    /// What stands behind the flags.
    pub(super) arguments: Arguments,
}

/// Arguments of an instruction.
#[derive(Debug)]
pub(super) enum Arguments {
    /// The exec form.
    Json(Vec<String>),
    /// Words, or the whole rest of the line as one.
    Words(Vec<String>),
    /// Names and values.
    Pairs(Vec<(String, String)>),
    /// How a check is made, as written, and its own arguments.
    Check(String, Box<Arguments>),
    /// The name of the instruction that is kept, in lower case, and its line.
    Trigger(String, String),
}

impl Statement {
    /// Reads a logical line.
    pub(super) fn read(line: &str) -> Result<Self, ChangeError> {
        let (name, behind) = split(line);
        let (flags, rest) = words::flags(behind);
        let rest = rest.trim_end();
        let arguments = match name.as_str() {
            "cmd" | "entrypoint" | "run" | "shell" => json_or(rest, whole)?,
            "add" | "copy" | "volume" => json_or(rest, list)?,
            "env" => Arguments::Pairs(words::pairs("ENV", rest)?),
            "label" => Arguments::Pairs(words::pairs("LABEL", rest)?),
            "expose" => Arguments::Words(list(rest)),
            "healthcheck" => check(rest)?,
            // A trigger may have flags of its own, and is kept with them.
            "onbuild" => trigger(rest, behind)?,
            _ => Arguments::Words(whole(rest)),
        };
        Ok(Self { name, flags, arguments })
    }
}

/// The name in lower case, and the rest of the line.
fn split(line: &str) -> (String, &str) {
    let line = line.trim_start();
    let (name, rest) = words::split_first(line).unwrap_or((line.trim_end(), ""));
    (name.to_lowercase(), rest)
}

fn json_or(rest: &str, otherwise: fn(&str) -> Vec<String>) -> Result<Arguments, ChangeError> {
    Ok(match json::texts(rest)? {
        Some(texts) => Arguments::Json(texts),
        None => Arguments::Words(otherwise(rest)),
    })
}

fn whole(rest: &str) -> Vec<String> {
    if rest.is_empty() { Vec::new() } else { vec![rest.to_owned()] }
}

fn list(rest: &str) -> Vec<String> {
    rest.split(BLANKS).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn check(rest: &str) -> Result<Arguments, ChangeError> {
    let (kind, command) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let command = json_or(command.trim_start(), whole)?;
    Ok(Arguments::Check(kind.to_owned(), Box::new(command)))
}

/// What is kept is read as well, so that it cannot fail for its form when it is used.
fn trigger(rest: &str, line: &str) -> Result<Arguments, ChangeError> {
    let name = split(rest).0;
    if name == "onbuild" {
        return Err(ChangeError::ChainedOnbuild);
    }
    Statement::read(rest)?;
    Ok(Arguments::Trigger(name, line.to_owned()))
}
