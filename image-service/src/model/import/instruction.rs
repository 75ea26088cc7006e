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
        // Here dockerd looks at flags first, elsewhere at the number of arguments; STOPSIGNAL never looks at any flags.
        if matches!(name.as_str(), "cmd" | "entrypoint" | "env" | "label" | "shell") {
            no_flags(&flags)?;
        }
        Ok(match (name.as_str(), arguments) {
            ("cmd", arguments) => Self::Cmd(command_line(arguments)),
            ("entrypoint", arguments) => Self::Entrypoint(command_line(arguments)),
            ("env", Arguments::Pairs(pairs)) => Self::Env(named("ENV", pairs)?),
            ("label", Arguments::Pairs(pairs)) => Self::Label(named("LABEL", pairs)?),
            ("expose", Arguments::Words(ports)) => Self::Expose(sorted(some("EXPOSE", ports, &flags)?)),
            ("healthcheck", Arguments::Check(kind, command)) => {
                Self::Healthcheck(Healthcheck::read(&kind, *command, &flags)?)
            }
            ("onbuild", Arguments::Trigger(name, line)) => Self::Onbuild(trigger(&name, line, &flags)?),
            ("shell", Arguments::Json(words)) => Self::Shell(some("SHELL", words, &[])?),
            ("shell", Arguments::Words(words)) => {
                some("SHELL", words, &[])?;
                return Err(ChangeError::NotJson("SHELL"));
            }
            ("stopsignal", Arguments::Words(words)) => Self::StopSignal(one("STOPSIGNAL", words, &[])?),
            ("user", Arguments::Words(words)) => Self::User(one("USER", words, &flags)?),
            ("volume", Arguments::Json(paths) | Arguments::Words(paths)) => {
                Self::Volume(volumes(paths, &flags)?)
            }
            ("workdir", Arguments::Words(words)) => Self::Workdir(one("WORKDIR", words, &flags)?),
            _ => return Err(ChangeError::NotAChange(name)),
        })
    }
}

fn no_flags(flags: &[String]) -> Result<(), ChangeError> {
    match flags.first().and_then(|flag| flag.get(2..)?.split('=').next()) {
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

fn some(instruction: &'static str, words: Vec<String>, flags: &[String]) -> Result<Vec<String>, ChangeError> {
    if words.is_empty() {
        return Err(ChangeError::NoArgument(instruction));
    }
    no_flags(flags).map(|()| words)
}

fn one(instruction: &'static str, words: Vec<String>, flags: &[String]) -> Result<String, ChangeError> {
    let word = words.into_iter().next().ok_or(ChangeError::NotOneArgument(instruction))?;
    no_flags(flags).map(|()| word)
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

fn trigger(name: &str, line: String, flags: &[String]) -> Result<String, ChangeError> {
    if name.is_empty() {
        return Err(ChangeError::NoArgument("ONBUILD"));
    }
    no_flags(flags)?;
    match name {
        "from" | "maintainer" => Err(ChangeError::NotATrigger(name.to_uppercase())),
        _ => Ok(line),
    }
}

fn volumes(paths: Vec<String>, flags: &[String]) -> Result<Vec<String>, ChangeError> {
    let paths: Vec<_> = some("VOLUME", paths, flags)?.iter().map(|path| path.trim().to_owned()).collect();
    if paths.iter().any(String::is_empty) { Err(ChangeError::EmptyVolume) } else { Ok(paths) }
}
