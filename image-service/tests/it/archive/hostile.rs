//! Archives that mean ill.

use image_service::archive::Limits;
use serde_json::json;
use tar::EntryType;

use super::world::{
    Recorder, Sample, Tar, fault, header, layer, read, read_into, read_one, read_within, refusal,
};

/// A PAX header with these records, for the member that follows.
fn pax(tar: Tar, records: &[(&str, &str)]) -> Tar {
    let mut content = Vec::new();
    for (key, value) in records {
        let rest = format!(" {key}={value}\n");
        let length = (rest.len()..).find(|length| length.to_string().len() + rest.len() == *length).unwrap();
        content.extend(format!("{length}{rest}").bytes());
    }
    let mut header = header("pax", EntryType::XHeader, content.len() as u64);
    header.set_cksum();
    tar.raw(&header, &content)
}

#[test]
fn a_name_that_leads_outside_is_refused_by_name() {
    for name in ["../x", "a/../../x", "/../x", ".."] {
        let text = refusal(Tar::new().file(name, "{}").file("manifest.json", "[]").bytes());
        assert_eq!(text, format!("invalid archive: the name {name:?} points outside the archive"));
    }
}

#[test]
fn an_absolute_name_begins_at_the_archives_root() {
    let sample = Sample::new(&["a"]);
    let manifest = json!([{"Config": "/c", "Layers": ["./x/../l"]}]);
    let tar = Tar::new().file("/c", &sample.config).file("/./l", &sample.layers[0]);
    assert_eq!(read_one(tar.json("/manifest.json", &manifest).bytes()).id.to_string(), sample.id());
}

#[test]
fn a_document_that_names_something_outside_is_refused() {
    for (config, layer) in [("../c", "l"), ("c", "../../etc/passwd")] {
        let sample = Sample::new(&["a"]);
        let tar = Tar::new().file("c", &sample.config).file("l", &sample.layers[0]);
        let manifest = json!([{"Config": config, "Layers": [layer]}]);
        assert!(refusal(tar.json("manifest.json", &manifest).bytes()).contains("points outside the archive"));
    }
}

#[test]
fn a_member_may_appear_twice_only_with_the_same_content() {
    let sample = Sample::new(&["a"]);
    let archive = |tar: Tar| {
        tar.file("c", &sample.config)
            .file("l", &sample.layers[0])
            .json("manifest.json", &json!([{"Config": "c", "Layers": ["l"]}]))
            .bytes()
    };
    let twice = Tar::new().file("l", &sample.layers[0]).file("./c", &sample.config);
    assert_eq!(read_one(archive(twice)).id.to_string(), sample.id());
    for (name, content) in [("l", layer("b")), ("c", b"{}".to_vec()), ("manifest.json", b"[]".to_vec())] {
        let text = refusal(archive(Tar::new().file(name, content)));
        assert_eq!(text, format!("invalid archive: {name:?} appears twice with different content"));
    }
    assert!(refusal(archive(Tar::new().symlink("c", "l"))).contains(r#""c" appears twice"#));
}

#[test]
fn two_sizes_of_one_member_are_refused() {
    let sample = Sample::new(&["a"]);
    for size in ["1", "512", "1024"] {
        let tar = pax(Tar::new(), &[("size", size)]).file("l", &sample.layers[0]);
        let text = refusal(tar.bytes());
        assert!(text.contains("a member has two sizes"), "{text}");
    }
}

#[test]
fn a_size_that_only_the_pax_record_has_counts() {
    let sample = Sample::new(&["a"]);
    let size = sample.layers[0].len().to_string();
    let mut header = header("short", EntryType::Regular, 0);
    header.set_cksum();
    let tar = pax(Tar::new(), &[("path", "l"), ("size", &size)]).raw(&header, &sample.layers[0]);
    let tar = tar.file("c", &sample.config);
    let image = read_one(tar.json("manifest.json", &json!([{"Config": "c", "Layers": ["l"]}])).bytes());
    assert_eq!(image.id.to_string(), sample.id());
}

#[test]
fn long_names_are_read_in_both_ways() {
    let sample = Sample::new(&["a"]);
    let long = format!("{}/layer.tar", "x".repeat(300));
    let mut gnu = header("././@LongLink", EntryType::GNULongName, long.len() as u64 + 1);
    gnu.set_cksum();
    let content = format!("{long}\0");
    for tar in [pax(Tar::new(), &[("path", &long)]), Tar::new().raw(&gnu, content.as_bytes())] {
        let tar = tar.file("short", &sample.layers[0]).file("c", &sample.config);
        let manifest = json!([{"Config": "c", "Layers": [long]}]);
        assert_eq!(read_one(tar.json("manifest.json", &manifest).bytes()).id.to_string(), sample.id());
    }
}

#[test]
fn a_name_of_a_gigabyte_is_refused_before_it_is_read() {
    for kind in [EntryType::GNULongName, EntryType::GNULongLink, EntryType::XHeader] {
        let mut header = header("x", kind, 1 << 30);
        header.set_cksum();
        let text = refusal(header.as_bytes());
        assert!(text.contains("larger than the limit of 1048576 bytes"), "{text}");
    }
}

#[test]
fn a_size_that_no_archive_has_is_an_invalid_header() {
    let mut header = header("x", EntryType::Regular, u64::MAX);
    header.set_cksum();
    assert!(refusal(header.as_bytes()).contains("archive/tar: invalid tar header"));
}

#[test]
fn an_extension_without_a_member_is_incomplete() {
    assert!(refusal(pax(Tar::new(), &[("path", "x")]).bytes()).contains("unexpected EOF"));
}

#[test]
fn a_sparse_file_is_not_expanded() {
    let sample = Sample::new(&["a"]);
    let mut sparse = header("l", EntryType::GNUSparse, 512);
    sparse.as_gnu_mut().unwrap().set_real_size(1 << 40);
    sparse.set_cksum();
    let pax = pax(Tar::new(), &[("GNU.sparse.major", "1"), ("GNU.sparse.realsize", "1099511627776")]);
    for tar in [Tar::new().raw(&sparse, &[1; 512]), pax.file("l", [1; 512])] {
        let tar = tar.file("c", &sample.config);
        let text = refusal(tar.json("manifest.json", &json!([{"Config": "c", "Layers": ["l"]}])).bytes());
        assert!(text.contains(r#"layer "l" cannot be used: it is a sparse file"#), "{text}");
    }
}

#[test]
fn devices_and_folders_are_passed_over_and_have_no_content() {
    let mut tar = Tar::new();
    for kind in [EntryType::Directory, EntryType::Char, EntryType::Block, EntryType::Fifo] {
        let mut header = header("x", kind, 4096);
        header.set_cksum();
        tar = tar.raw(&header, &[]);
    }
    assert!(read(tar.file("manifest.json", "[]").bytes()).unwrap().is_empty());
}

#[test]
fn a_name_that_is_no_text_is_passed_over() {
    let mut header = header("x", EntryType::Regular, 2);
    header.as_old_mut().name[0] = 0xff;
    header.set_cksum();
    assert!(read(Tar::new().raw(&header, b"{}").file("manifest.json", "[]").bytes()).unwrap().is_empty());
}

#[test]
fn a_config_of_fifty_megabytes_is_refused_by_name_and_limit() {
    let config = format!(r#"{{"rootfs":{{}},"x":"{}"}}"#, "x".repeat(50 << 20));
    let archive = Tar::new().file("c", config).file("manifest.json", r#"[{"Config":"c"}]"#).bytes();
    assert_eq!(
        refusal(archive),
        r#"invalid archive: "c" cannot be used: it is larger than the limit of 8388608 bytes"#
    );
}

#[test]
fn a_manifest_that_is_too_large_is_refused_by_name_and_limit() {
    let archive = Tar::new().file("manifest.json", format!("[{}]", " ".repeat(9 << 20))).bytes();
    assert!(refusal(archive).starts_with(r#"invalid archive: "manifest.json" cannot be used: it is larger"#));
}

#[test]
fn a_large_file_that_nobody_names_is_no_harm() {
    let archive =
        Tar::new().file("notes.json", format!("[{}]", " ".repeat(9 << 20))).file("manifest.json", "[]");
    assert!(read(archive.bytes()).unwrap().is_empty());
}

#[test]
fn json_that_is_nested_without_end_is_refused() {
    let deep = |times: usize| format!("{}{}", "[".repeat(times), "]".repeat(times));
    for manifest in [deep(10_000), format!(r#"[{{"Config":"c","x":{}}}]"#, deep(10_000)), "[".repeat(10_000)]
    {
        refusal(Tar::new().file("manifest.json", manifest).bytes());
    }
    let config = |times| {
        let config = format!(r#"{{"x":{},"y":"{}\"[","rootfs":{{}}}}"#, deep(times), "[".repeat(200));
        Tar::new().file("c", config).file("manifest.json", r#"[{"Config":"c"}]"#).bytes()
    };
    assert_eq!(read(config(127)).unwrap().len(), 1);
    for times in [128, 10_000] {
        let text = refusal(config(times));
        assert_eq!(text, "invalid image JSON, it is nested deeper than the limit of 128");
    }
}

#[test]
fn more_images_layers_or_names_than_an_archive_has_are_refused() {
    let array = |element: &str, times: usize| format!("[{}]", vec![element; times].join(","));
    let sample = Sample::new(&["a"]);
    for manifest in [
        array("{}", 1025),
        format!(r#"[{{"Config":"c","Layers":{}}}]"#, array(r#""l""#, 1025)),
        format!(r#"[{{"Config":"c","RepoTags":{}}}]"#, array(r#""x:1""#, 1025)),
    ] {
        let text = refusal(Tar::new().file("c", &sample.config).file("manifest.json", manifest).bytes());
        assert!(text.contains("an array has more than 1024 elements"), "{text}");
    }
}

#[test]
fn compressed_junk_that_nobody_names_is_no_harm() {
    let sample = Sample::new(&["a"]);
    let tar = Tar::new().file("README.gz", b"\x1f\x8b\x08 and not more");
    let archive = sample.members(tar).json("manifest.json", &json!([sample.entry(&json!(["x:1"]))]));
    let mut recorder = Recorder::default();
    assert_eq!(read_into(archive.bytes(), &mut recorder).unwrap().len(), 1);
    assert_eq!((recorder.begun().len(), recorder.taken().len()), (2, 1));
}

#[test]
fn limits_of_a_layer_end_the_reading() {
    let archive = Tar::new().file("one", layer("1")).file("two", layer("2")).bytes();
    let text = fault(read_within(Limits { layers: 1, ..Limits::default() }, archive));
    assert_eq!(text, "the archive has more than the limit of 1 layers");
}

#[test]
fn what_an_archive_says_of_itself_is_shown_neither_at_length_nor_as_it_is() {
    let name = format!("../\u{1b}[2J{}", "x".repeat(100_000));
    let tar = pax(Tar::new(), &[("path", &name)]).file("x", "{}");
    let text = refusal(tar.bytes());
    assert!(text.len() < 2000 && !text.contains('\u{1b}'), "{text}");
    let text = refusal(Sample::new(&["a"]).archive(&["x:\u{1b}[2J\n"]));
    assert_eq!(text, "invalid tag \"x:\u{fffd}[2J\u{fffd}\": invalid reference format");
}

#[test]
fn a_folder_with_content_is_refused_as_readers_differ_over_it() {
    assert!(refusal(Tar::new().file("x/", "{}").bytes()).contains("archive/tar: invalid tar header"));
    assert!(read(Tar::new().file("x/", "").file("manifest.json", "[]").bytes()).unwrap().is_empty());
}
