//! Instructions that change a config, with arguments of the right number and form.

use super::{
    error::ChangeError,
    healthcheck::Healthcheck,
    statement::{Arguments, Statement},
};

const CHANGES: [&str; 12] = [
    "cmd",
    "entrypoint",
    "env",
    "expose",
    "healthcheck",
    "label",
    "onbuild",
    "shell",
    "stopsignal",
    "user",
    "volume",
    "workdir",
];

/// One change. Variables are not expanded yet.
#[derive(Debug)]
pub(super) enum Instruction {
    Cmd(CommandLine),
    Entrypoint(CommandLine),
    Env(Vec<(String, String)>),
    Expose(Vec<String>),
    Healthcheck(Healthcheck),
    Label(Vec<(String, String)>),
    Onbuild(String),
    Shell(Vec<String>),
    StopSignal(String),
    User(String),
    Volume(Vec<String>),
    Workdir(String),
}

/// What a container runs.
#[derive(Debug)]
pub(super) enum CommandLine {
    /// The words themselves.
    Exec(Vec<String>),
    /// A text for the shell; without one, the shell alone.
    Shell(Option<String>),
}

/// Whether an instruction, in lower case, needs no build.
pub(super) fn is_change(name: &str) -> bool {
    CHANGES.contains(&name)
}

impl TryFrom<Statement> for Instruction {
    type Error = ChangeError;

    fn try_from(Statement { name, flags, arguments }: Statement) -> Result<Self, ChangeError> {
        // The flags of a check are read with it; STOPSIGNAL never looks at any.
        if !matches!(name.as_str(), "healthcheck" | "stopsignal") {
            no_flags(&flags)?;
        }
        Ok(match (name.as_str(), arguments) {
            ("cmd", arguments) => Self::Cmd(command_line(arguments)),
            ("entrypoint", arguments) => Self::Entrypoint(command_line(arguments)),
            ("env", Arguments::Pairs(pairs)) => Self::Env(named("ENV", pairs)?),
            ("label", Arguments::Pairs(pairs)) => Self::Label(named("LABEL", pairs)?),
            ("expose", Arguments::Words(ports)) => Self::Expose(sorted(some("EXPOSE", ports)?)),
            ("healthcheck", Arguments::Check(kind, command)) => {
                Self::Healthcheck(Healthcheck::read(&kind, *command, &flags)?)
            }
            ("onbuild", Arguments::Trigger(name, line)) => Self::Onbuild(trigger(&name, line)?),
            ("shell", Arguments::Json(words)) => Self::Shell(some("SHELL", words)?),
            ("shell", Arguments::Words(words)) => {
                some("SHELL", words)?;
                return Err(ChangeError::NotJson("SHELL"));
            }
            ("stopsignal", Arguments::Words(words)) => Self::StopSignal(one("STOPSIGNAL", words)?),
            ("user", Arguments::Words(words)) => Self::User(one("USER", words)?),
            ("volume", Arguments::Json(paths) | Arguments::Words(paths)) => Self::Volume(volumes(paths)?),
            ("workdir", Arguments::Words(words)) => Self::Workdir(one("WORKDIR", words)?),
            _ => return Err(ChangeError::NotAChange(name)),
        })
    }
}

fn no_flags(flags: &[String]) -> Result<(), ChangeError> {
    match flags.first().and_then(|flag| flag.trim_start_matches("--").split('=').next()) {
        Some(name) => Err(ChangeError::UnknownFlag(name.to_owned())),
        None => Ok(()),
    }
}

fn command_line(arguments: Arguments) -> CommandLine {
    match arguments {
        Arguments::Json(words) => CommandLine::Exec(words),
        Arguments::Words(words) => CommandLine::Shell(words.into_iter().next()),
        _ => CommandLine::Shell(None),
    }
}

fn some(instruction: &'static str, words: Vec<String>) -> Result<Vec<String>, ChangeError> {
    if words.is_empty() { Err(ChangeError::NoArgument(instruction)) } else { Ok(words) }
}

fn one(instruction: &'static str, words: Vec<String>) -> Result<String, ChangeError> {
    words.into_iter().next().ok_or(ChangeError::NotOneArgument(instruction))
}

/// In the order in which dockerd looks for mistakes.
fn sorted(mut words: Vec<String>) -> Vec<String> {
    words.sort();
    words
}

fn named(
    instruction: &'static str,
    pairs: Vec<(String, String)>,
) -> Result<Vec<(String, String)>, ChangeError> {
    if pairs.is_empty() {
        return Err(ChangeError::NoArgument(instruction));
    }
    if pairs.iter().any(|(name, _)| name.is_empty()) {
        return Err(ChangeError::BlankName(instruction));
    }
    Ok(pairs)
}

fn trigger(name: &str, line: String) -> Result<String, ChangeError> {
    match name {
        "" => Err(ChangeError::NoArgument("ONBUILD")),
        "from" | "maintainer" => Err(ChangeError::NotATrigger(name.to_uppercase())),
        _ => Ok(line),
    }
}

fn volumes(paths: Vec<String>) -> Result<Vec<String>, ChangeError> {
    let paths: Vec<_> = some("VOLUME", paths)?.iter().map(|path| path.trim().to_owned()).collect();
    if paths.iter().any(String::is_empty) { Err(ChangeError::EmptyVolume) } else { Ok(paths) }
}
