//! An image of real files, with the names that `docker save` gives layers since Docker 25: what is measured depends on how well layers compress.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;
use tar::{Builder, Header};

use super::command::cost;

const LAYERS: usize = 4;
/// Where there is enough of what images are made of: programs, libraries, texts.
const SOURCE: &str = "/usr";
/// The image's name in the archive.
pub(crate) const NAME: &str = "bench:1";

/// The same image twice.
pub(crate) struct Archives {
    pub(crate) plain: PathBuf,
    /// Compressed as a whole.
    pub(crate) zstd: PathBuf,
}

/// Makes an image whose layers have about so many bytes altogether.
pub(crate) fn make(folder: &Path, size: u64) -> Archives {
    let mut files = files(Path::new(SOURCE));
    files.sort();
    let mut files = files.into_iter();
    let layers: Vec<_> = (0..LAYERS).map(|number| folder.join(format!("{number}.tar"))).collect();
    layers.iter().for_each(|path| write_layer(path, &mut files, size / LAYERS as u64));
    let archives = Archives { plain: folder.join("image.tar"), zstd: folder.join("image.tar.zst") };
    write_archive(&archives.plain, &layers);
    layers.iter().for_each(|path| fs::remove_file(path).unwrap());
    cost(Command::new("zstd").args(["-q", "-3", "-T0"]).arg(&archives.plain), &[]);
    archives
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files(&entry.path())),
            Ok(kind) if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
    found
}

fn write_layer(path: &Path, files: &mut impl Iterator<Item = PathBuf>, size: u64) {
    let mut builder = Builder::new(BufWriter::new(File::create(path).unwrap()));
    let mut written = 0;
    for file in files {
        // Somebody may be removing it just now.
        if let (Ok(metadata), Ok(name)) = (file.metadata(), file.strip_prefix("/")) {
            builder.append_path_with_name(&file, name).unwrap();
            written += metadata.len();
        }
        if written >= size {
            break;
        }
    }
    builder.into_inner().unwrap().flush().unwrap();
}

fn write_archive(path: &Path, layers: &[PathBuf]) {
    let digests: Vec<_> = layers.iter().map(|layer| sha256(layer)).collect();
    let diff_ids: Vec<_> = digests.iter().map(|hex| format!("sha256:{hex}")).collect();
    let config = config(&diff_ids);
    let names: Vec<_> = digests.iter().map(|hex| format!("blobs/sha256/{hex}")).collect();
    let mut builder = Builder::new(File::create(path).unwrap());
    for (layer, name) in layers.iter().zip(&names) {
        builder.append_path_with_name(layer, name).unwrap();
    }
    append(&mut builder, "config.json", &config);
    append(&mut builder, "manifest.json", &manifest(&names));
    builder.into_inner().unwrap();
}

/// A config for layers.
pub(crate) fn config(diff_ids: &[String]) -> Vec<u8> {
    let config = json!({
        "architecture": "amd64", "os": "linux", "config": { "Cmd": ["sh"] },
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
        "history": diff_ids.iter().map(|_| json!({ "created_by": "a layer" })).collect::<Vec<_>>(),
    });
    config.to_string().into_bytes()
}

/// `manifest.json` of an archive with one image.
pub(crate) fn manifest(layers: &[String]) -> Vec<u8> {
    json!([{ "Config": "config.json", "RepoTags": [NAME], "Layers": layers }]).to_string().into_bytes()
}

/// Adds a small file.
pub(crate) fn append(builder: &mut Builder<impl Write>, name: &str, content: &[u8]) {
    let mut header = Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, name, content).unwrap();
}

fn sha256(path: &Path) -> String {
    let output = Command::new("sha256sum").arg(path).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split_whitespace().next().unwrap().to_owned()
}
