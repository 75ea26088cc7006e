//! The one large member of a document: a text of base64 that is taken out while the document arrives, so that no more of it is there than a
//! piece. What is left says `""` in its place.
//!
//! Invariant: what is left is a document if and only if the whole was one.

/// Takes the text of one member of the outermost object out of a document that arrives in pieces.
pub(super) struct BlobMember {
    name: &'static str,
    at: At,
    /// How many objects and lists are open.
    depth: usize,
    /// Whether a text that begins now is a name in the outermost object.
    is_name_next: bool,
    /// Whether what begins now is the value of the member.
    is_value_next: bool,
    /// The last name in the outermost object, as far as it can be the member's.
    last_name: Vec<u8>,
    texts: usize,
}

/// What the next byte is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Structure,
    Name,
    Text,
    /// Behind a backslash in a name or a text.
    Escape(InText),
    Blob,
    /// Behind a backslash in the blob.
    BlobEscape,
    /// Behind `\u` in the blob: the code so far, and how many digits are to come.
    BlobCode(u32, u8),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum InText {
    Name,
    Text,
}

/// So many bytes are looked through at once for the end of the blob.
const STRIDE: usize = 256;
/// No digit of base64: what holds it cannot be decoded.
const NO_DIGIT: u8 = b'\\';

impl BlobMember {
    /// Looks for a member by its name, which needs no escapes.
    pub(super) fn named(name: &'static str) -> Self {
        Self {
            name,
            at: At::Structure,
            depth: 0,
            is_name_next: false,
            is_value_next: false,
            last_name: Vec::new(),
            texts: 0,
        }
    }

    /// How often the member came with a text.
    pub(super) fn texts(&self) -> usize {
        self.texts
    }

    /// Takes the next piece: what the text of the member says goes behind `blob`, all else behind `rest`.
    pub(super) fn take(&mut self, mut piece: &[u8], rest: &mut Vec<u8>, blob: &mut Vec<u8>) {
        loop {
            if self.at == At::Blob {
                let (text, behind) = split_at_end(piece);
                blob.extend_from_slice(text);
                piece = behind;
            }
            let Some((byte, behind)) = piece.split_first() else { return };
            piece = behind;
            self.step(*byte, rest, blob);
        }
    }

    fn step(&mut self, byte: u8, rest: &mut Vec<u8>, blob: &mut Vec<u8>) {
        match self.at {
            At::Blob if byte == b'\\' => self.at = At::BlobEscape,
            At::Blob => {
                self.at = At::Structure;
                rest.push(byte);
            }
            At::BlobEscape if byte == b'u' => self.at = At::BlobCode(0, 4),
            At::BlobEscape => {
                self.at = At::Blob;
                blob.push(if byte == b'/' { byte } else { NO_DIGIT });
            }
            At::BlobCode(code, left) => self.unescape(code, left, byte, blob),
            _ => {
                rest.push(byte);
                self.pass(byte);
            }
        }
    }

    fn unescape(&mut self, code: u32, left: u8, byte: u8, blob: &mut Vec<u8>) {
        // No code is as large as one with a mistake in it.
        let digit = char::from(byte).to_digit(16).unwrap_or(u32::from(u8::MAX));
        let code = (code << 4).saturating_add(digit);
        self.at = match left {
            1 => {
                blob.push(u8::try_from(code).ok().filter(u8::is_ascii).unwrap_or(NO_DIGIT));
                At::Blob
            }
            _ => At::BlobCode(code, left - 1),
        };
    }

    /// A byte that is not the blob's.
    fn pass(&mut self, byte: u8) {
        match (self.at, byte) {
            (At::Structure, b'"') => self.begin_text(),
            (At::Structure, b'{' | b'[') => {
                self.depth += 1;
                self.is_name_next = byte == b'{' && self.depth == 1;
                self.is_value_next = false;
            }
            (At::Structure, b'}' | b']') => self.depth = self.depth.saturating_sub(1),
            (At::Structure, b',') => self.is_name_next = self.depth == 1,
            (At::Structure, b':') => {
                self.is_value_next = self.depth == 1 && self.last_name == self.name.as_bytes();
            }
            (At::Structure, b' ' | b'\t' | b'\n' | b'\r') => {}
            (At::Structure, _) => self.is_value_next = false,
            (At::Name | At::Text, b'"') => self.at = At::Structure,
            (At::Name, b'\\') => self.at = At::Escape(InText::Name),
            (At::Text, b'\\') => self.at = At::Escape(InText::Text),
            (At::Escape(InText::Text), _) => self.at = At::Text,
            (At::Name | At::Escape(InText::Name), _) => {
                self.at = At::Name;
                if self.last_name.len() <= self.name.len() {
                    self.last_name.push(byte);
                }
            }
            (At::Text | At::Blob | At::BlobEscape | At::BlobCode(..), _) => {}
        }
    }

    fn begin_text(&mut self) {
        self.at = match (self.is_name_next, self.is_value_next) {
            (true, _) => At::Name,
            (_, true) => At::Blob,
            _ => At::Text,
        };
        self.texts += usize::from(self.at == At::Blob);
        if self.at == At::Name {
            self.last_name.clear();
        }
        (self.is_name_next, self.is_value_next) = (false, false);
    }
}

/// Splits before the end of a text, or an escape in it.
fn split_at_end(piece: &[u8]) -> (&[u8], &[u8]) {
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\');
    // Not `any`, which would look at one byte at a time.
    let has_end = |stride: &[u8]| stride.iter().fold(false, |so_far, byte| so_far | ends(byte));
    let clear = piece.chunks(STRIDE).take_while(|stride| !has_end(stride)).map(<[u8]>::len).sum::<usize>();
    let within = piece.iter().skip(clear).position(ends).unwrap_or(piece.len() - clear);
    piece.split_at_checked(clear + within).unwrap_or((piece, &[]))
}

#[cfg(test)]
#[path = "blob_member_tests.rs"]
mod tests;
