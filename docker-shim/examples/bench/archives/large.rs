//! A layer that is larger than memory should ever be, made while it is sent and nowhere on a disk.

use std::{
    io::{self, BufWriter, Read, Write},
    process::Stdio,
};

use aws_lc_rs::digest::{Context, SHA256};
use tar::{Builder, Header};

use super::{
    command::cost_of,
    image::{append, config, manifest},
    loader::Kind,
};
use crate::process::peak;

/// Loads an image with one layer of so many bytes that do not compress.
pub(crate) async fn load(size: u64) {
    println!("\nload of one streamed layer, {} MiB that do not compress", size >> 20);
    for kind in [Kind::Ours, Kind::OursEmbedded] {
        let mut loader = kind.start().await;
        let servers = loader.servers();
        let mut docker = loader.docker();
        docker.args(["load", "-q"]).stdin(Stdio::piped()).stdout(Stdio::null());
        let cost = cost_of(&servers, || {
            let mut client = docker.spawn().unwrap();
            write(client.stdin.take().unwrap(), size).expect("the client reads all of it");
            assert!(client.wait().unwrap().success());
        });
        let [service, shim] = [servers[0], servers[1]].map(peak);
        println!(
            "  {:<26} {:>9.2} s {:>8.2} s   VmHWM: image-service {service:.0} MiB, docker-shim {shim:.0} MiB",
            kind.name(),
            cost.wall.as_secs_f64(),
            cost.work.as_secs_f64()
        );
    }
}

/// The config comes after the layer, as only then its digest is known.
fn write(client: impl Write, size: u64) -> io::Result<()> {
    let mut builder = Builder::new(BufWriter::with_capacity(1 << 20, client));
    let mut header = Header::new_gnu();
    header.set_size(Layer::length(size));
    header.set_mode(0o644);
    let mut layer = Layer::new(size);
    builder.append_data(&mut header, "layer.tar", &mut layer)?;
    let diff_id = format!("sha256:{}", hex(layer.hash.finish().as_ref()));
    append(&mut builder, "config.json", &config(&[diff_id]));
    append(&mut builder, "manifest.json", &manifest(&["layer.tar".to_owned()]));
    builder.into_inner()?.flush()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A tar with one file, hashed while it is read.
struct Layer {
    head: io::Cursor<Vec<u8>>,
    noise: io::Take<Noise>,
    tail: io::Take<io::Repeat>,
    hash: Context,
}

impl Layer {
    /// `size` is that of the file, in whole blocks.
    fn new(size: u64) -> Self {
        let mut header = Header::new_gnu();
        header.set_path("noise").unwrap();
        header.set_size(size);
        header.set_cksum();
        Self {
            head: io::Cursor::new(header.as_bytes().to_vec()),
            noise: Noise(0x9E37_79B9_7F4A_7C15).take(size),
            tail: io::repeat(0).take(1024),
            hash: Context::new(&SHA256),
        }
    }

    fn length(size: u64) -> u64 {
        512 + size + 1024
    }
}

impl Read for Layer {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut read = self.head.read(buffer)?;
        if read == 0 {
            read = self.noise.read(buffer)?;
        }
        if read == 0 {
            read = self.tail.read(buffer)?;
        }
        self.hash.update(&buffer[..read]);
        Ok(read)
    }
}

/// Marsaglia's xorshift: cheap, and nothing that compresses.
pub(crate) struct Noise(pub(crate) u64);

impl Read for Noise {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        for piece in buffer.chunks_mut(8) {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            piece.copy_from_slice(&self.0.to_le_bytes()[..piece.len()]);
        }
        Ok(buffer.len())
    }
}
