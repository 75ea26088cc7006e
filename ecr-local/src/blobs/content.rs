//! A file, or a part of one, as the body of an answer: read in large pieces, one ahead of the client.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::task::JoinHandle;

const PIECE: u64 = 256 * 1024;

type Piece = JoinHandle<io::Result<(File, Vec<u8>)>>;

/// The bytes of a range. An error in it, a file that is too short included, breaks the answer off.
#[derive(Debug)]
pub(crate) struct FileContent {
    next: Option<Piece>,
    /// What the client has not got yet.
    left: u64,
}

impl FileContent {
    /// The range must lie within the file.
    pub(crate) fn new(mut file: File, range: Range<u64>) -> io::Result<Self> {
        file.seek(SeekFrom::Start(range.start))?;
        let left = range.end.saturating_sub(range.start);
        Ok(Self { next: read_ahead(file, left), left })
    }
}

fn read_ahead(file: File, left: u64) -> Option<Piece> {
    let wanted = left.min(PIECE);
    let read = move || {
        let mut piece = Vec::with_capacity(usize::try_from(wanted).unwrap_or_default());
        (&file).take(wanted).read_to_end(&mut piece)?;
        if (piece.len() as u64) < wanted {
            Err(io::ErrorKind::UnexpectedEof.into())
        } else {
            Ok((file, piece))
        }
    };
    (wanted > 0).then(|| tokio::task::spawn_blocking(read))
}

impl http_body::Body for FileContent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let Some(reading) = &mut self.next else { return Poll::Ready(None) };
        let read = ready!(Pin::new(reading).poll(context)).map_err(io::Error::other).flatten();
        self.next = None;
        Poll::Ready(Some(read.map(|(file, piece)| {
            self.left -= piece.len() as u64;
            self.next = read_ahead(file, self.left);
            Frame::data(piece.into())
        })))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
