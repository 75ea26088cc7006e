//! The token file: lines of `IDENTITY SHA256`. What comes after `#` is for people.
//!
//! Invariant: a line that cannot be used is nobody's token, and takes no other line along: whoever revokes a token and makes a mistake
//! elsewhere has revoked it. A file that is gone holds no token.

use std::{fs, io, path::Path, sync::Arc};

use anyhow::{Context as _, bail};

use crate::model::{Caller, TokenHash};

/// Nobody has so many tokens.
const MOST_BYTES: u64 = 1024 * 1024;

/// The tokens that are good.
#[derive(Debug)]
pub(super) struct Tokens {
    known: Vec<(TokenHash, Arc<Caller>)>,
    /// What cannot be used, by line.
    complaints: Vec<String>,
}

impl Tokens {
    /// Reads the file; complaints go to the log.
    pub(super) fn read(file: &Path, callers: &[Arc<Caller>]) -> anyhow::Result<Self> {
        let tokens = match fs::metadata(file)
            .and_then(|found| within(found.len()))
            .and_then(|()| fs::read_to_string(file))
        {
            Ok(text) => Self::parse(&text, callers),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::none("it is not there"),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        };
        for complaint in &tokens.complaints {
            tracing::error!("{}: {complaint}", file.display());
        }
        Ok(tokens)
    }

    fn none(complaint: &str) -> Self {
        Self { known: Vec::new(), complaints: vec![complaint.to_owned()] }
    }

    fn parse(text: &str, callers: &[Arc<Caller>]) -> Self {
        let (mut known, mut complaints) = (Vec::new(), Vec::new());
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default();
            match entry(line, callers) {
                Ok(entry) => known.extend(entry),
                Err(why) => complaints.push(format!("line {number}: {why}")),
            }
        }
        Self { known, complaints }
    }

    /// Whose token it is. Looks at all of them, so that time tells nothing.
    pub(super) fn owner(&self, shown: &TokenHash) -> Option<Arc<Caller>> {
        let mine = self.known.iter().filter(|(hash, _)| hash.is(shown));
        mine.fold(None, |found, (_, caller)| found.or(Some(caller))).cloned()
    }

    /// At a start nothing is to be overlooked.
    pub(super) fn sound(&self) -> anyhow::Result<()> {
        match self.complaints.first() {
            Some(complaint) => bail!("access.token_file: {complaint}"),
            None => Ok(()),
        }
    }
}

fn within(bytes: u64) -> io::Result<()> {
    if bytes > MOST_BYTES {
        return Err(io::Error::other(format!("it has more than {MOST_BYTES} bytes")));
    }
    Ok(())
}

fn entry(line: &str, callers: &[Arc<Caller>]) -> Result<Option<(TokenHash, Arc<Caller>)>, String> {
    let mut words = line.split_whitespace();
    let (Some(name), hash, rest) = (words.next(), words.next(), words.next()) else { return Ok(None) };
    let (Some(hash), None) = (hash, rest) else { return Err("write IDENTITY SHA256".to_owned()) };
    let hash = hash.parse()?;
    let caller = callers.iter().find(|caller| *caller.name == *name);
    let caller = caller.ok_or_else(|| format!("there is no identity {name:?} in access.identities"))?;
    Ok(Some((hash, Arc::clone(caller))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::BearerToken;

    fn runners() -> Vec<Arc<Caller>> {
        vec![Arc::new(Caller { name: "runners".into(), ..Caller::anyone() })]
    }

    #[test]
    fn a_token_is_known_by_its_line_and_an_identity_may_have_several() {
        let (old, new) = (BearerToken::random().unwrap(), BearerToken::random().unwrap());
        let text = format!("# tokens\n\nrunners {}\n  runners\t{} # new\n", old.hash(), new.hash());
        let tokens = Tokens::parse(&text, &runners());
        assert!(tokens.sound().is_ok());
        for token in [&old, &new] {
            assert_eq!(&*tokens.owner(&token.hash()).unwrap().name, "runners");
        }
        assert!(tokens.owner(&BearerToken::random().unwrap().hash()).is_none());
    }

    #[test]
    fn a_broken_line_is_named_and_takes_no_other_along() {
        let token = BearerToken::random().unwrap();
        let hash = token.hash();
        for line in [
            "runners".to_owned(),
            "runners secret".to_owned(),
            format!("strangers {hash}"),
            format!("runners {hash} more"),
        ] {
            let tokens = Tokens::parse(&format!("{line}\nrunners {hash}\n"), &runners());
            assert!(tokens.owner(&hash).is_some(), "{line}");
            let complaint = tokens.sound().unwrap_err().to_string();
            assert!(complaint.contains("line 1: ") && !complaint.contains("secret"), "{complaint}");
        }
    }

    #[test]
    fn a_file_that_is_gone_holds_no_token() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = Tokens::read(&folder.path().join("tokens"), &runners()).unwrap();
        assert!(tokens.sound().is_err());
    }
}
