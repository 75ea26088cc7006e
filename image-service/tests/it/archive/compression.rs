//! How archives and their layers are compressed.

use image_service::{archive::Limits, ports::Compression};
use serde_json::json;

use super::world::{
    Recorder, Sample, Tar, bzip2, diff_ids, fault, gzip, read_into, read_one, read_within, refusal, xz, zstd,
};

type Pack = fn(&[u8]) -> Vec<u8>;
const ALL: [(&str, Pack); 4] = [("gzip", gzip), ("bzip2", bzip2), ("xz", xz), ("zstd", zstd)];

#[test]
fn an_archive_may_be_compressed_by_any_of_dockers_methods() {
    let sample = Sample::new(&["a"]);
    for (method, pack) in ALL {
        assert_eq!(read_one(pack(&sample.archive(&["x:1"]))).id.to_string(), sample.id(), "{method}");
    }
}

#[test]
fn a_compressed_archive_may_come_in_several_members() {
    let sample = Sample::new(&["a"]);
    let archive = sample.archive(&["x:1"]);
    let (head, tail) = archive.split_at(700);
    for (method, pack) in ALL {
        assert_eq!(read_one([pack(head), pack(tail)].concat()).id.to_string(), sample.id(), "{method}");
    }
}

#[test]
fn skippable_frames_are_skipped_wherever_they_are() {
    let sample = Sample::new(&["a"]);
    let frame = [&[0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"xyz"].concat();
    let archive = sample.archive(&["x:1"]);
    let (head, tail) = archive.split_at(512);
    let stream = [&frame, &zstd(head), &frame, &frame, &zstd(tail), &frame].map(|part| &part[..]).concat();
    assert_eq!(read_one(stream).id.to_string(), sample.id());
}

#[test]
fn layers_that_registries_can_have_are_handed_on_as_they_are_and_others_decompressed() {
    let sample = Sample::new(&["a"]);
    for (method, pack) in ALL {
        let packed = pack(&sample.layers[0]);
        let tar = Tar::new().file("c", &sample.config).file("l", &packed);
        let archive = tar.json("manifest.json", &json!([{"Config": "c", "Layers": ["l"]}])).bytes();
        let mut recorder = Recorder::default();
        read_into(zstd(&archive), &mut recorder).unwrap();
        let [taken] = recorder.taken().try_into().unwrap();
        let (compression, bytes) = match method {
            "gzip" => (Compression::Gzip, packed),
            "zstd" => (Compression::Zstd, packed),
            _ => (Compression::None, sample.layers[0].clone()),
        };
        assert_eq!((taken.layer.compression, &taken.bytes), (compression, &bytes), "{method}");
        assert_eq!(taken.layer.diff_id.to_string(), sample.diff_ids()[0]);
        assert_eq!(taken.offered.size.is_some(), compression != Compression::None, "{method}");
    }
}

#[test]
fn a_layer_in_several_members_is_handed_on_whole() {
    let sample = Sample::new(&["a"]);
    let (head, tail) = sample.layers[0].split_at(100);
    for pack in [gzip as Pack, zstd] {
        let packed = [pack(head), pack(tail)].concat();
        let tar = Tar::new().file("c", &sample.config).file("l", &packed);
        let archive = tar.json("manifest.json", &json!([{"Config": "c", "Layers": ["l"]}])).bytes();
        let image = read_one(archive);
        assert_eq!(image.layers[0].size, packed.len() as u64);
        assert_eq!(diff_ids(&image), sample.diff_ids());
    }
}

#[test]
fn a_stream_that_breaks_off_is_refused() {
    let archive = Sample::new(&["a"]).archive(&["x:1"]);
    for (method, pack) in ALL {
        let packed = pack(&archive);
        for length in [7, packed.len() / 4, packed.len() / 2] {
            let text = refusal(&packed[..length]);
            assert!(text.starts_with("Error processing tar file(exit status 1): "), "{method}: {text}");
        }
    }
}

#[test]
fn a_stream_that_is_damaged_is_refused() {
    let archive = Sample::new(&["a", "b"]).archive(&["x:1"]);
    for (method, pack) in ALL {
        let mut packed = pack(&archive);
        let middle = packed.len() / 2;
        packed[middle..middle + 8].fill(0x5a);
        refusal(&packed);
        assert!(!packed.is_empty(), "{method}");
    }
}

#[test]
fn a_window_that_takes_more_memory_than_agreed_is_refused() {
    use std::io::Write;
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(28).unwrap();
    encoder.write_all(&Sample::new(&["a"]).archive(&["x:1"])).unwrap();
    let text = refusal(encoder.finish().unwrap());
    assert!(text.contains("memory"), "{text}");
}

#[test]
fn what_a_bomb_becomes_is_limited() {
    let zeros = vec![0; 3 << 20];
    let limits = Limits { expansion: 1 << 20, ratio: 1000, ..Limits::default() };
    for pack in [xz as Pack, zstd, bzip2] {
        let outside = Tar::new().file("zeros", &zeros).bytes();
        let within = Tar::new().file("l", pack(&zeros)).bytes();
        for archive in [pack(&outside), within] {
            let text = fault(read_within(limits, archive));
            assert!(
                text.contains("grows beyond the limit of 1000 times its size and 1048576 bytes"),
                "{text}"
            );
        }
    }
}

#[test]
fn gzip_cannot_be_a_bomb_at_the_default_ratio() {
    let limits = Limits { expansion: 0, ..Limits::default() };
    let zeros = Tar::new().file("zeros", vec![0; 2 << 20]).file("manifest.json", "[]").bytes();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &zeros).unwrap();
    assert!(read_within(limits, encoder.finish().unwrap()).unwrap().is_empty());
}

#[test]
fn all_that_is_decompressed_counts_together() {
    let sample = Sample::new(&["a"]);
    let tar = Tar::new().file("c", &sample.config).file("l", gzip(&sample.layers[0]));
    let archive = tar.json("manifest.json", &json!([{"Config": "c", "Layers": ["l"]}])).bytes();
    let together = (archive.len() + sample.layers[0].len()) as u64;
    let within = |decompressed| read_within(Limits { decompressed, ..Limits::default() }, &archive);
    assert_eq!(within(together).unwrap().len(), 1);
    let text = fault(within(archive.len() as u64 - 1));
    assert!(text.contains("is larger than the limit of"), "{text}");
}
