//! Certificates that are let in no more: SHA-256 fingerprints as `openssl x509 -fingerprint -sha256` prints them, one in a line. What comes
//! after `#` is for people.
//!
//! Invariant: a line that cannot be read takes no other line along.

use std::{collections::HashSet, fs, path::Path};

use anyhow::{Context as _, bail};

/// The fingerprints.
#[derive(Debug)]
pub(super) struct Revoked {
    fingerprints: HashSet<[u8; 32]>,
    /// Lines that cannot be read.
    unreadable: Vec<usize>,
}

impl Revoked {
    /// Reads the file; lines that cannot be read go to the log.
    pub(super) fn read(file: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let revoked = Self::parse(&text);
        for line in &revoked.unreadable {
            tracing::error!("{}: line {line} is no fingerprint: it revokes nothing", file.display());
        }
        Ok(revoked)
    }

    fn parse(text: &str) -> Self {
        let (mut fingerprints, mut unreadable) = (HashSet::new(), Vec::new());
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            let Some(written) = line.rsplit('=').next().filter(|written| !written.is_empty()) else {
                continue;
            };
            let mut fingerprint = [0; 32];
            match hex::decode_to_slice(written.replace(':', ""), &mut fingerprint) {
                Ok(()) => drop(fingerprints.insert(fingerprint)),
                Err(_) => unreadable.push(number),
            }
        }
        Self { fingerprints, unreadable }
    }

    pub(super) fn has(&self, fingerprint: &[u8; 32]) -> bool {
        self.fingerprints.contains(fingerprint)
    }

    /// At a start nothing is to be overlooked.
    pub(super) fn sound(&self) -> anyhow::Result<()> {
        match self.unreadable.first() {
            Some(line) => bail!("access.revoked_file: line {line}: a fingerprint is 64 hex digits"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_read_as_openssl_writes_them_and_plainly() {
        let with_colons = vec!["AB"; 32].join(":");
        let text = format!("# lost\nsha256 Fingerprint={with_colons}\n\n{} # stolen\n", "cd".repeat(32));
        let revoked = Revoked::parse(&text);
        assert!(revoked.has(&[0xab; 32]) && revoked.has(&[0xcd; 32]) && !revoked.has(&[0; 32]));
        assert!(revoked.sound().is_ok());
    }

    #[test]
    fn a_line_that_is_no_fingerprint_is_named_and_takes_no_other_along() {
        let revoked = Revoked::parse(&format!("# none\nrunner-1\n{}\n", "cd".repeat(32)));
        let why = revoked.sound().unwrap_err().to_string();
        assert!(why.contains("line 2") && revoked.has(&[0xcd; 32]), "{why}");
    }
}
