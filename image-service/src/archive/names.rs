//! Names of members. They are keys and never paths.

use crate::model::Digest;

/// Where `path` leads from `folder`, both within the archive, whose root is what an absolute path begins at. Nothing if it leads outside.
pub(super) fn within(folder: &str, path: &str) -> Option<String> {
    let folder = if path.starts_with('/') { "" } else { folder };
    let mut parts: Vec<_> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The folder that a member is in.
pub(super) fn folder(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The digest that a member of this name should have, or its content before compression: `<hex>.tar`, `blobs/sha256/<hex>`. The folder of
/// `<hex>/layer.tar` has the ID of an image of old.
pub(super) fn promised(name: &str) -> Option<Digest> {
    let last = name.rsplit('/').next().unwrap_or_default();
    let hex = last.split('.').next().unwrap_or_default();
    Digest::from_sha256_hex(hex.strip_prefix("sha256:").unwrap_or(hex)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_within_the_archive_or_is_none() {
        for (folder, path, name) in [
            ("", "a/b", Some("a/b")),
            ("", "./a//b/", Some("a/b")),
            ("", "/a", Some("a")),
            ("x", "../a", Some("a")),
            ("x/y", "../z/a", Some("x/z/a")),
            ("x", "/a", Some("a")),
            ("", "a/../b", Some("b")),
            ("", "../a", None),
            ("", "a/../../b", None),
            ("x", "../../a", None),
            ("x", "/../a", None),
        ] {
            assert_eq!(within(folder, path).as_deref(), name, "{path} from {folder:?}");
        }
    }

    #[test]
    fn only_a_name_that_is_a_digest_promises_one() {
        let digest = Digest::of(b"");
        let hex = digest.hex();
        for name in ["", "blobs/sha256/", "layers/sha256:"] {
            assert_eq!(promised(&format!("{name}{hex}")), Some(digest.clone()));
            assert_eq!(promised(&format!("{name}{hex}.tar.gz")), Some(digest.clone()));
        }
        assert_eq!(promised(&format!("{hex}/layer.tar")), None);
        assert_eq!(promised("layer.tar"), None);
    }
}
