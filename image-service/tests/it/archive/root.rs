//! Tars of root file systems, as `docker import` takes them.

use image_service::{
    archive::Limits,
    error::Result,
    ports::{Archives, Compression, ReadLayer},
};

use super::world::{Recorder, Tar, bzip2, fault, gzip, header, layer, reader, xz, zstd};

fn import(body: &[u8]) -> (Result<ReadLayer>, Recorder) {
    let mut recorder = Recorder::default();
    (reader(Limits::default()).read_root(&mut &*body, &mut recorder), recorder)
}

#[test]
fn however_it_was_packed_the_same_tar_is_the_same_layer() {
    let tar = Tar::new().file("etc/passwd", "root").file("bin/sh", vec![1; 100_000]).bytes();
    for body in [tar.clone(), gzip(&tar), bzip2(&tar), xz(&tar), zstd(&tar)] {
        let (layer, recorder) = import(&body);
        let [taken] = recorder.taken().try_into().unwrap();
        assert_eq!(taken.bytes, tar);
        assert_eq!((layer.unwrap().compression, taken.offered.size), (Compression::None, None));
    }
}

#[test]
fn what_lies_behind_the_end_belongs_to_the_layer() {
    let tar = [layer("a"), vec![0; 10_240], b"and more".to_vec()].concat();
    assert_eq!(import(&tar).0.unwrap().size, tar.len() as u64);
}

#[test]
fn names_links_and_sparse_files_are_the_engines_affair() {
    let mut sparse = header("sparse", tar::EntryType::GNUSparse, 512);
    sparse.as_gnu_mut().unwrap().set_real_size(1 << 40);
    sparse.as_gnu_mut().unwrap().set_is_extended(true);
    sparse.set_cksum();
    let map = [[0; 512], [7; 512]].concat();
    let tar = Tar::new().symlink("lib", "../../usr/lib").file("/x", "x").raw(&sparse, &map).file("y", "y");
    let tar = tar.file("y", "again").bytes();
    assert_eq!(import(&tar).0.unwrap().size, tar.len() as u64);
}

#[test]
fn what_is_no_complete_tar_is_refused_in_dockers_words_and_never_finished() {
    let tar = Tar::new().file("x", vec![1; 5000]).bytes();
    let end = "ApplyLayer exit status 1 stdout:  stderr: unexpected EOF";
    for body in [&b""[..], b"not a tar", &tar[..600], &tar[..3000], &tar[..100]] {
        let (outcome, recorder) = import(body);
        assert_eq!(fault(outcome), end);
        assert!(recorder.taken().is_empty());
    }
    assert!(fault(import(&gzip(&tar)[..50]).0).starts_with("ApplyLayer exit status 1 stdout:  stderr: "));
    let garbage = fault(import(&[b'x'; 1024]).0);
    assert_eq!(garbage, "ApplyLayer exit status 1 stdout:  stderr: archive/tar: invalid tar header");
}

#[test]
fn a_bomb_is_limited_here_too() {
    let limits = Limits { expansion: 1 << 20, ratio: 1000, ..Limits::default() };
    let bomb = zstd(&Tar::new().file("zeros", vec![0; 8 << 20]).bytes());
    let text = fault(reader(limits).read_root(&mut &bomb[..], &mut Recorder::default()));
    assert!(text.contains("grows beyond the limit"), "{text}");
}
