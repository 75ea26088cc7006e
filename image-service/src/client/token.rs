//! The token that a caller shows with each call.

use std::{fs::File, io::Read as _, path::Path};

use anyhow::{Context as _, ensure};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::Interceptor,
};
use zeroize::Zeroizing;

/// A token is much shorter.
const LONGEST: u64 = 4096;

/// Shows a token with each call, if there is one. `Debug` shows nothing of it.
#[derive(Clone, Default, Debug)]
pub struct Bearer(Option<MetadataValue<Ascii>>);

impl Bearer {
    /// Reads the token from a file, which may be a pipe.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let mut bytes = Zeroizing::new(Vec::new());
        let read = File::open(file).and_then(|open| open.take(LONGEST + 1).read_to_end(&mut bytes));
        read.with_context(|| format!("cannot read {}", file.display()))?;
        let token = bytes.trim_ascii();
        let is_short = u64::try_from(bytes.len()).is_ok_and(|length| length <= LONGEST);
        let is_token = is_short && !token.is_empty() && token.iter().all(u8::is_ascii_graphic);
        ensure!(is_token, "there is no token in {}", file.display());
        let mut value = MetadataValue::try_from([b"Bearer ", token].concat())?;
        value.set_sensitive(true);
        Ok(Self(Some(value)))
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> anyhow::Result<Bearer> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, text).unwrap();
        Bearer::read(&file)
    }

    #[test]
    fn what_is_no_token_is_refused_and_not_told() {
        for text in ["", " \n", "two words", "gr\u{fc}n", &"x".repeat(4097)] {
            let why = read(text).unwrap_err().to_string();
            assert!(why.contains("there is no token in") && !why.contains("words"), "{why}");
        }
        assert!(Bearer::read(Path::new("/no/token")).unwrap_err().to_string().contains("/no/token"));
    }

    #[test]
    fn a_token_is_shown_with_each_call_and_printed_nowhere() {
        let mut bearer = read("ist_12\n").unwrap();
        let request = bearer.call(Request::new(())).unwrap();
        assert_eq!(request.metadata().get("authorization").unwrap(), "Bearer ist_12");
        assert!(!format!("{bearer:?}{request:?}").contains("ist_12"));
    }
}
