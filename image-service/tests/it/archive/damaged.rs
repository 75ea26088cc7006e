//! Archives that are incomplete or none at all; and failures that are not theirs.

use std::io::{self, Read};

use image_service::{archive::Limits, error::Error, ports::Archives};

use super::world::{Recorder, Sample, Tar, amd64, fault, read, read_into, reader, refusal};

#[test]
fn an_archive_that_breaks_off_at_any_block_yields_no_image() {
    let archive = Sample::new(&["lower", "upper"]).archive(&["x:1"]);
    // The end is two blocks of zeros, which Go's reader does not miss either.
    let complete = archive.len() - 1024;
    for length in (0..complete).step_by(512) {
        let text = refusal(&archive[..length]);
        let agreed = text.starts_with("Error processing tar file(exit status 1): unexpected EOF")
            || text.starts_with("invalid archive: does not contain a manifest.json");
        assert!(agreed, "{length}: {text}");
    }
    for length in (complete..=archive.len()).step_by(512) {
        assert_eq!(read(&archive[..length]).unwrap().len(), 1, "{length}");
    }
}

#[test]
fn an_archive_that_breaks_off_within_a_block_is_incomplete() {
    let archive = Sample::new(&["a"]).archive(&["x:1"]);
    for length in (1..archive.len() - 1024).step_by(97).filter(|length| length % 512 != 0) {
        let text = refusal(&archive[..length]);
        assert!(text.contains("unexpected EOF: the archive is damaged or incomplete"), "{length}: {text}");
    }
}

#[test]
fn a_layer_that_breaks_off_is_never_finished() {
    let archive = Sample::new(&["a"]).archive(&["x:1"]);
    let mut recorder = Recorder::default();
    read_into(&archive[..1536], &mut recorder).unwrap_err();
    assert_eq!((recorder.begun().len(), recorder.taken().len()), (1, 0));
}

#[test]
fn what_is_no_tar_is_refused_in_gos_words() {
    let garbage: Vec<u8> = (0..2048_u32).map(|n| (n * 37 % 251) as u8).collect();
    assert!(refusal(&garbage).contains("archive/tar: invalid tar header"));
    assert!(refusal("<html>").contains("unexpected EOF"));
    assert!(refusal(vec![b'x'; 512]).contains("archive/tar: invalid tar header"));
}

#[test]
fn nothing_and_an_empty_tar_have_no_manifest() {
    for archive in [vec![], vec![0; 1024], vec![0; 512]] {
        assert!(refusal(archive).starts_with("invalid archive: does not contain a manifest.json"));
    }
}

#[test]
fn a_root_file_system_is_no_image_and_the_remedy_is_named() {
    let text = refusal(Tar::new().file("etc/passwd", "root").file("bin/sh", "#!").bytes());
    assert!(text.contains("is imported, not loaded"), "{text}");
}

#[test]
fn a_header_that_was_altered_is_an_invalid_one() {
    let mut archive = Sample::new(&["a"]).archive(&["x:1"]);
    archive[10] ^= 1;
    assert!(refusal(&archive).contains("archive/tar: invalid tar header"));
}

#[test]
fn a_layer_that_was_altered_is_another() {
    let sample = Sample::new(&["a"]);
    let mut archive = sample.archive(&["x:1"]);
    archive[512 + 512] ^= 1;
    assert!(
        refusal(&archive).starts_with(&format!(
            r#"invalid diffID for layer 0: expected "{}", got "#,
            sample.diff_ids()[0]
        ))
    );
}

/// Gives some bytes, and then an error.
struct Breaks<'a>(&'a [u8], Option<io::Error>);

impl Read for Breaks<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(self.1.take().expect("an error is final")),
            read => Ok(read),
        }
    }
}

#[test]
fn a_client_that_leaves_is_not_the_archives_fault() {
    let archive = Sample::new(&["a", "b"]).archive(&["x:1"]);
    for packed in [archive.clone(), super::world::gzip(&archive), super::world::zstd(&archive)] {
        for length in [0, 3, packed.len() / 2, packed.len()] {
            let outcome = |error| {
                let mut input = Breaks(&packed[..length], Some(error));
                let reader = reader(Limits::default());
                reader.read(&mut input, &amd64(), &mut Recorder::default()).unwrap_err()
            };
            let error = outcome(io::Error::other(Error::ReservedName("left".to_owned())));
            assert!(matches!(error, Error::ReservedName(name) if name == "left"), "{length}");
            let error = outcome(io::ErrorKind::ConnectionReset.into());
            assert!(matches!(error, Error::Internal(_)), "{length}: {error}");
        }
    }
}

#[test]
fn what_the_taker_of_a_layer_says_ends_the_reading() {
    let sample = Sample::new(&["a"]);
    for layer in
        [sample.layers[0].clone(), super::world::gzip(&sample.layers[0]), super::world::xz(&sample.layers[0])]
    {
        let archive = Tar::new().file("l", layer).bytes();
        let error = read_into(archive, &mut Recorder::refusing()).unwrap_err();
        assert!(matches!(error, Error::ReservedName(name) if name == "staging"));
    }
}

/// Gives a few bytes at a time, and is interrupted in between.
struct Trickles<'a>(&'a [u8], usize);

impl Read for Trickles<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 += 1;
        if self.1.is_multiple_of(3) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let most = buffer.len().min(self.1 % 7 + 1);
        self.0.read(&mut buffer[..most])
    }
}

#[test]
fn how_the_bytes_arrive_does_not_matter() {
    let sample = Sample::new(&["a", "b"]);
    let archive = sample.archive(&["x:1"]);
    let packed = [
        archive.clone(),
        super::world::gzip(&archive),
        super::world::zstd(&archive),
        super::world::xz(&archive),
    ];
    for packed in packed {
        let mut recorder = Recorder::default();
        let images =
            reader(Limits::default()).read(&mut Trickles(&packed, 0), &amd64(), &mut recorder).unwrap();
        assert_eq!(images, read(&archive).unwrap());
    }
}

#[test]
fn the_input_is_read_to_its_end_whatever_lies_behind_the_archive() {
    let mut input = &[Sample::new(&["a"]).archive(&["x:1"]), vec![b'x'; 100_000]].concat()[..];
    let images = reader(Limits::default()).read(&mut input, &amd64(), &mut Recorder::default());
    assert_eq!(images.unwrap().len(), 1);
    assert!(input.is_empty());
    assert!(fault(read([vec![0; 512], vec![b'x'; 512]].concat())).contains("invalid tar header"));
}
