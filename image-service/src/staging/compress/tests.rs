//! Blobs that every reader reads, and that are the same however they come about.

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use flate2::read::GzDecoder;

use super::*;
use crate::{model::Digest, staging::spool::Spool};

/// Compressible and not, over several blocks.
fn content(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_le_bytes()[3]
    };
    let noise = (0..length / 2).map(|_| next()).collect::<Vec<_>>();
    let words = b"usr/lib/x86_64-linux-gnu/".iter().copied().cycle();
    noise.into_iter().chain(words).take(length).collect()
}

fn compress(threads: usize, codec: Codec, content: &[u8], piece: usize) -> (Vec<u8>, Option<Digest>) {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::new(folder.path().to_owned(), u64::MAX, Duration::MAX).unwrap();
    let pool = Arc::new(Pool::new(threads).unwrap());
    let (mut feed, outcome) = Feed::new(pool, codec, spool.create(&Arc::default()).unwrap(), Arc::default());
    for piece in content.chunks(piece) {
        feed.write(Bytes::copy_from_slice(piece)).unwrap();
    }
    feed.finish().unwrap();
    let blob = outcome.blocking_recv().unwrap().unwrap();
    let mut bytes = vec![0; usize::try_from(blob.size).unwrap()];
    assert_eq!(blob.file.read_at(&mut bytes, 0).unwrap(), bytes.len());
    assert_eq!(spool.budget.bytes() + framing(codec), blob.size, "the budget knows what is held");
    (bytes, blob.digest)
}

fn framing(codec: Codec) -> u64 {
    if codec == Codec::Gzip { 20 } else { 0 }
}

/// Through a program as others have it.
fn through(program: &str, arguments: &[&str], input: Vec<u8>) -> Vec<u8> {
    let mut child =
        Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&input).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    output.stdout
}

#[test]
fn one_member_of_gzip_holds_the_whole_layer_for_every_reader() {
    for length in [0, 1, 1024, 256 * 1024, 256 * 1024 + 1, 700_000] {
        let content = content(length);
        let (blob, digest) = compress(2, Codec::Gzip, &content, 70_000);
        let mut read = Vec::new();
        GzDecoder::new(blob.as_slice()).read_to_end(&mut read).unwrap();
        assert!(read == content, "{length}");
        assert_eq!(digest, Some(Digest::of(&blob)));
        assert!(through("gzip", &["-dc"], blob) == content, "{length}");
    }
}

#[test]
fn frames_of_zstd_hold_the_whole_layer_for_every_reader() {
    for length in [0, 1, 1024 * 1024, 1_500_000] {
        let content = content(length);
        let (blob, digest) = compress(2, Codec::Zstd, &content, 70_000);
        assert!(zstd::decode_all(blob.as_slice()).unwrap() == content, "{length}");
        assert_eq!(digest, Some(Digest::of(&blob)));
        assert!(through("zstd", &["-dc"], blob) == content, "{length}");
    }
}

#[test]
fn what_is_stored_is_stored() {
    for length in [0, 1, 2_000_000] {
        let content = content(length);
        assert!(compress(2, Codec::Stored, &content, 70_000).0 == content, "{length}");
    }
}

#[test]
fn neither_threads_nor_the_pieces_a_layer_comes_in_change_its_blob() {
    let content = content(1_500_000);
    for codec in [Codec::Gzip, Codec::Zstd] {
        let (one, _) = compress(1, codec, &content, 1_500_000);
        for (threads, piece) in [(2, 512), (3, 300_000), (8, 1_000_000)] {
            assert!(compress(threads, codec, &content, piece).0 == one, "{codec:?} on {threads}");
        }
    }
}
