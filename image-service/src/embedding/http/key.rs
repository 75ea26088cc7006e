//! The key that an embedder wants to see, from a file.

use std::{fs::File, io::Read, path::Path};

use anyhow::Context as _;
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

/// A longer file holds something else.
const MOST: u64 = 16 * 1024;

/// `Bearer …`, marked as sensitive.
pub(super) fn authorization(file: &Path) -> anyhow::Result<HeaderValue> {
    let key = read(file).with_context(|| format!("similarity.api_key_file {}", file.display()))?;
    let header = SecretString::from(format!("Bearer {}", key.expose_secret()));
    let mut value = HeaderValue::from_str(header.expose_secret())
        .map_err(|_| anyhow::anyhow!("similarity.api_key_file {}: it holds no key", file.display()))?;
    value.set_sensitive(true);
    Ok(value)
}

fn read(file: &Path) -> anyhow::Result<SecretString> {
    let mut content = zeroize::Zeroizing::new(String::new());
    File::open(file)?.take(MOST).read_to_string(&mut content)?;
    let key = content.trim();
    let is_key = !key.is_empty() && key.bytes().all(|b| b.is_ascii_graphic());
    anyhow::ensure!(is_key, "it holds no key");
    Ok(key.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_without_its_lines_end_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "s3cret\n").unwrap();
        let header = authorization(&file).unwrap();
        assert_eq!(header.to_str().unwrap(), "Bearer s3cret");
        assert!(!format!("{header:?}").contains("s3cret"));
        for content in ["", "\n", "two words", "s3cret\nsecond line"] {
            std::fs::write(&file, content).unwrap();
            let error = format!("{:#}", authorization(&file).unwrap_err());
            assert!(error.contains("similarity.api_key_file") && !error.contains("s3cret"), "{error}");
        }
        assert!(authorization(&folder.path().join("none")).is_err());
    }
}
