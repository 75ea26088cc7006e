//! Bytes of a layer that are encoded together.

use bytes::Bytes;

/// One block, in the pieces that it came in, which others may hold as well.
#[derive(Default)]
pub(super) struct Block {
    pieces: Vec<Bytes>,
    length: usize,
}

impl Block {
    pub(super) const fn len(&self) -> usize {
        self.length
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(super) fn push(&mut self, piece: Bytes) {
        self.length += piece.len();
        self.pieces.push(piece);
    }

    pub(super) fn pieces(&self) -> &[Bytes] {
        &self.pieces
    }

    /// All of it in one place, which is `scratch` if it came in several.
    pub(super) fn gathered<'a>(&'a self, scratch: &'a mut Vec<u8>) -> &'a [u8] {
        if let [piece] = &*self.pieces {
            return piece;
        }
        scratch.clear();
        self.pieces.iter().for_each(|piece| scratch.extend_from_slice(piece));
        scratch
    }
}
