//! A file with keys in it.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use zeroize::Zeroizing;

use super::{KeyError, text::MOST_BYTES};

const OTHERS: u32 = 0o007;

/// What is in it. One byte more than keys can have shows that it holds something else.
pub(super) fn read(file: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let (content, mode) = content(file).map_err(|cause| KeyError::File { file: file.to_owned(), cause })?;
    if mode & OTHERS != 0 {
        return Err(KeyError::Exposed { file: file.to_owned(), mode: mode & 0o777 });
    }
    Ok(content)
}

/// Into a buffer that does not grow: what it would leave behind then is not wiped.
fn content(file: &Path) -> io::Result<(Zeroizing<Vec<u8>>, u32)> {
    let file = File::open(file)?;
    let mode = file.metadata()?.permissions().mode();
    let mut content = Zeroizing::new(vec![0; MOST_BYTES + 1]);
    let mut length = 0;
    let mut file = file.take(MOST_BYTES as u64 + 1);
    while let Some(room) = content.get_mut(length..).filter(|room| !room.is_empty()) {
        match file.read(room)? {
            0 => break,
            read => length += read,
        }
    }
    content.truncate(length);
    Ok((content, mode))
}
