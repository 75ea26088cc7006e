//! Archives that chance has altered: no panic, and no image whose layers did not pass.

use image_service::{archive::Limits, model::Digest, ports::Archives};
use proptest::prelude::*;
use serde_json::json;

use super::world::{Recorder, Sample, Tar, amd64, gzip, header, reader, xz, zstd};

/// A change somewhere.
#[derive(Clone, Debug)]
enum Change {
    Byte(usize, u8),
    Cut(usize),
    Drop(usize, usize),
    Repeat(usize, usize),
    /// With a checksum made right again.
    Header(usize, usize, u8),
}

fn change() -> impl Strategy<Value = Change> {
    let block = 0..64_usize;
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        any::<usize>().prop_map(Change::Cut),
        (block.clone(), 1..8_usize).prop_map(|(at, count)| Change::Drop(at, count)),
        (block.clone(), 1..8_usize).prop_map(|(at, count)| Change::Repeat(at, count)),
        (block, 0..512_usize, any::<u8>()).prop_map(|(at, place, byte)| Change::Header(at, place, byte)),
    ]
}

fn apply(change: &Change, archive: &mut Vec<u8>) {
    let length = archive.len().max(1);
    let blocks = |at: usize, count: usize| (at * 512 % length, (at * 512 % length + count * 512).min(length));
    match *change {
        Change::Byte(at, byte) => archive.iter_mut().skip(at % length).take(1).for_each(|b| *b = byte),
        Change::Cut(at) => archive.truncate(at % length),
        Change::Drop(at, count) => {
            let (from, to) = blocks(at, count);
            archive.drain(from..to.min(archive.len()));
        }
        Change::Repeat(at, count) => {
            let (from, to) = blocks(at, count);
            let copy = archive.get(from..to).unwrap_or_default().to_vec();
            archive.splice(from..from, copy);
        }
        Change::Header(at, place, byte) => {
            let (from, to) = blocks(at, 1);
            if let Some(block) = archive.get_mut(from..to).and_then(|block| block.first_chunk_mut::<512>()) {
                block[place] = byte;
                let mut header = tar::Header::from_byte_slice(block).clone();
                header.set_cksum();
                *block = *header.as_bytes();
            }
        }
    }
}

fn archive() -> Vec<u8> {
    let sample = Sample::new(&["lower", "upper"]);
    let tar = Tar::new()
        .json("manifest.json", &json!([{"Config": "c", "RepoTags": ["x:1"], "Layers": ["l", "k"]}]))
        .file("c", &sample.config)
        .file("l", gzip(&sample.layers[0]))
        .symlink("k", "upper/layer.tar")
        .file("upper/layer.tar", &sample.layers[1]);
    tar.bytes()
}

fn check(archive: &[u8]) -> Result<(), TestCaseError> {
    let mut recorder = Recorder::default();
    let Ok(images) = reader(Limits::default()).read(&mut &*archive, &amd64(), &mut recorder) else {
        return Ok(());
    };
    let taken: Vec<_> = recorder.taken().into_iter().map(|taken| taken.layer).collect();
    for image in images {
        prop_assert_eq!(&image.id, &Digest::of(&image.config));
        prop_assert!(image.layers.iter().all(|layer| taken.contains(layer)));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn an_altered_archive_is_refused_or_verified(changes in prop::collection::vec(change(), 1..6)) {
        let mut archive = archive();
        changes.iter().for_each(|change| apply(change, &mut archive));
        check(&archive)?;
    }

    #[test]
    fn an_altered_stream_is_refused_or_verified(changes in prop::collection::vec(change(), 1..3), method in 0..3) {
        let mut stream = [gzip, xz, zstd][method as usize](&archive());
        changes.iter().for_each(|change| apply(change, &mut stream));
        check(&stream)?;
    }

    /// Two parsers that see different members are how archives smuggle: ours must see what the tar crate sees, or refuse.
    #[test]
    fn members_are_those_that_another_parser_sees(changes in prop::collection::vec(change(), 0..3)) {
        let mut archive = archive();
        changes.iter().for_each(|change| apply(change, &mut archive));
        let mut recorder = Recorder::default();
        if reader(Limits::default()).read(&mut &archive[..], &amd64(), &mut recorder).is_err() {
            return Ok(());
        }
        let mut theirs = Vec::new();
        for entry in tar::Archive::new(&archive[..]).entries().unwrap() {
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut entry.unwrap(), &mut content).unwrap();
            theirs.push(content);
        }
        for taken in recorder.taken() {
            prop_assert!(theirs.contains(&taken.bytes));
        }
    }

    #[test]
    fn any_bytes_in_a_header_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 512), size in 0..2048_u64) {
        let mut random = tar::Header::from_byte_slice(&bytes).clone();
        random.set_size(size);
        random.set_cksum();
        let fine = header("x", tar::EntryType::Regular, 0);
        check(&[random.as_bytes(), fine.as_bytes(), &[0; 512][..]].concat())?;
    }
}
