//! Something that should not be so.

use std::fmt;

/// One thing that is wrong in a state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// What it is about: `tag default docker.io/library/app:1`.
    pub object: String,
    /// What is wrong with it; one clause.
    pub wrong: String,
    /// What helps; one clause.
    pub remedy: &'static str,
}

impl fmt::Display for Finding {
    /// One line, whatever a damaged database holds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = format!("{}: {}; {}", self.object, self.wrong, self.remedy);
        for c in line.chars() {
            if c.is_control() { write!(f, "{}", c.escape_unicode())? } else { write!(f, "{c}")? }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line() {
        let finding = Finding { object: "tag a\nb".into(), wrong: "it is wrong".into(), remedy: "do this" };
        assert_eq!(finding.to_string(), "tag a\\u{a}b: it is wrong; do this");
    }
}
