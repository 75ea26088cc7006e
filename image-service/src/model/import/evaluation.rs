//! Evaluates instructions one after the other, each with the variables that those before it have set.

use super::{
    container_config::ContainerConfig,
    error::ChangeError,
    expansion::Expansion,
    instruction::{CommandLine, Instruction},
    ports::Ports,
    signal,
};

/// Of all that variables stand for together: a name of two letters can stand for a text that names another one many times.
const MOST_EXPANDED: usize = 512 * 1024;
/// Every port is a member of the config; a few letters can name all of them.
const MOST_PORTS: usize = 2 * 65_536;
const DEFAULT_SHELL: [&str; 2] = ["/bin/sh", "-c"];

/// The config so far.
#[derive(Debug, Default)]
pub(super) struct Evaluation {
    config: ContainerConfig,
    /// By an instruction that names a command: only then an entrypoint leaves it in place.
    has_cmd: bool,
    expanded: usize,
    ports: usize,
}

impl Evaluation {
    /// The config behind the last instruction.
    pub(super) fn into_config(self) -> ContainerConfig {
        self.config
    }

    /// Evaluates the next instruction.
    pub(super) fn apply(&mut self, instruction: Instruction) -> Result<(), ChangeError> {
        match instruction {
            Instruction::Cmd(line) => self.cmd(line),
            Instruction::Entrypoint(line) => self.entrypoint(line),
            Instruction::Env(pairs) => {
                for (name, value) in self.expanded_pairs(pairs)? {
                    self.set_variable(&name, &value);
                }
            }
            Instruction::Expose(words) => self.expose(&words)?,
            Instruction::Healthcheck(check) => self.config.healthcheck = Some(check),
            Instruction::Label(pairs) => {
                let labels = self.expanded_pairs(pairs)?;
                self.config.labels.extend(labels);
            }
            Instruction::Onbuild(line) => self.config.on_build.push(line),
            Instruction::Shell(words) => self.config.shell = words,
            Instruction::StopSignal(word) => {
                let signal = self.expand(&word)?.text;
                signal::check(&signal)?;
                self.config.stop_signal = signal;
            }
            Instruction::User(word) => self.config.user = self.expand(&word)?.text,
            Instruction::Volume(words) => self.volume(&words)?,
            Instruction::Workdir(word) => self.workdir(&word)?,
        }
        Ok(())
    }

    fn cmd(&mut self, line: CommandLine) {
        self.has_cmd |= !is_empty(&line);
        self.config.cmd = Some(self.words(line));
    }

    fn entrypoint(&mut self, line: CommandLine) {
        self.config.entrypoint = if is_empty(&line) { Vec::new() } else { self.words(line) };
        if !self.has_cmd {
            self.config.cmd = None;
        }
    }

    fn words(&self, line: CommandLine) -> Vec<String> {
        let shell = match self.config.shell.as_slice() {
            [] => DEFAULT_SHELL.map(str::to_owned).to_vec(),
            shell => shell.to_vec(),
        };
        match line {
            CommandLine::Exec(words) => words,
            CommandLine::Shell(text) => shell.into_iter().chain(text).collect(),
        }
    }

    fn set_variable(&mut self, name: &str, value: &str) {
        let variable = format!("{name}={value}");
        let same = |old: &&mut String| old.split('=').next() == Some(name);
        match self.config.env.iter_mut().find(same) {
            Some(old) => *old = variable,
            None => self.config.env.push(variable),
        }
    }

    /// One word can become several.
    fn expose(&mut self, words: &[String]) -> Result<(), ChangeError> {
        let mut found = Vec::new();
        for word in words {
            found.extend(self.expand(word)?.words);
        }
        let all = found.iter().map(|word| Ports::parse(word)).collect::<Result<Vec<_>, _>>()?;
        self.ports += all.iter().map(|ports| ports.range.len()).sum::<usize>();
        if self.ports > MOST_PORTS {
            return Err(ChangeError::TooManyPorts { limit: MOST_PORTS });
        }
        for Ports { range, protocol } in all {
            self.config.exposed_ports.extend(range.map(|port| format!("{port}/{protocol}")));
        }
        Ok(())
    }

    fn volume(&mut self, words: &[String]) -> Result<(), ChangeError> {
        for word in words {
            let path = self.expand(word)?.text;
            if path.is_empty() {
                return Err(ChangeError::EmptyVolume);
            }
            self.config.volumes.insert(path);
        }
        Ok(())
    }

    /// An absolute path is kept as it is written.
    fn workdir(&mut self, word: &str) -> Result<(), ChangeError> {
        let path = self.expand(word)?.text;
        self.config.working_dir = match path.as_str() {
            "" => return Err(ChangeError::EmptyWorkdir),
            path if path.starts_with('/') => path.to_owned(),
            path => below(&self.config.working_dir, path),
        };
        Ok(())
    }

    /// All by the variables as they were before the instruction.
    fn expanded_pairs(&mut self, pairs: Vec<(String, String)>) -> Result<Vec<(String, String)>, ChangeError> {
        pairs.iter().map(|(name, value)| Ok((self.expand(name)?.text, self.expand(value)?.text))).collect()
    }

    fn expand(&mut self, word: &str) -> Result<Expansion, ChangeError> {
        let left = MOST_EXPANDED.saturating_sub(self.expanded);
        let expansion = Expansion::of(word, &self.config.env, left)
            .map_err(|fault| ChangeError::Expansion { word: word.to_owned(), fault })?;
        self.expanded += expansion.text.len();
        Ok(expansion)
    }
}

fn is_empty(line: &CommandLine) -> bool {
    match line {
        CommandLine::Exec(words) => words.is_empty(),
        CommandLine::Shell(text) => text.is_none(),
    }
}

/// A path below another, without `.`, `..` and doubled slashes.
fn below(current: &str, path: &str) -> String {
    let mut names = Vec::new();
    for name in current.split('/').chain(path.split('/')) {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    format!("/{}", names.join("/"))
}
