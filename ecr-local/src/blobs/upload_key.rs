//! What an upload is known by.

use std::io;

/// The id of a repository, and that of an upload to it: an upload is unknown in every other repository.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct UploadKey {
    pub(crate) repository: i64,
    pub(crate) id: Box<str>,
}

impl UploadKey {
    /// An upload that does not exist yet (a UUID, version 4). Fails without randomness.
    pub(crate) fn fresh(repository: i64) -> io::Result<Self> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes).map_err(|_| io::Error::other("the system gives no random numbers"))?;
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let parts = [0..4, 4..6, 6..8, 8..10, 10..16].map(|part| hex::encode(&bytes[part]));
        Ok(Self { repository, id: parts.join("-").into() })
    }

    /// The upload that a client names. Nothing for a text that was never given out.
    pub(crate) fn named(repository: i64, id: &str) -> Option<Self> {
        let is_part = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte) || byte == b'-';
        (id.len() == 36 && id.bytes().all(is_part)).then(|| Self { repository, id: id.into() })
    }

    pub(super) fn file_name(&self) -> String {
        format!("{}_{}", self.repository, self.id)
    }

    pub(super) fn of_file_name(name: &str) -> Option<Self> {
        let (repository, id) = name.split_once('_')?;
        Self::named(repository.parse().ok()?, id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_from_its_file_name() {
        let key = UploadKey::fresh(7).unwrap();
        assert_eq!(UploadKey::of_file_name(&key.file_name()), Some(key));
    }

    #[test]
    fn an_id_that_was_never_given_out_names_no_file() {
        for id in ["", "../lock", "/etc/passwd/etc/passwd/etc/passwd/etc", &"A".repeat(36)] {
            assert_eq!(UploadKey::named(1, id), None, "{id}");
        }
    }
}
