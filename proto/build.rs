//! Compiles the protocol with protox, so that no system protoc is needed.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message;

const FILES: [&str; 21] = [
    "ecr/v1/auth.proto",
    "ecr/v1/common.proto",
    "ecr/v1/images.proto",
    "ecr/v1/manifests.proto",
    "ecr/v1/public.proto",
    "ecr/v1/reasons.proto",
    "ecr/v1/replication.proto",
    "ecr/v1/repositories.proto",
    "ecr/v1/scans.proto",
    "imageservice/v1/archives.proto",
    "imageservice/v1/auth.proto",
    "imageservice/v1/credentials.proto",
    "imageservice/v1/events.proto",
    "imageservice/v1/images.proto",
    "imageservice/v1/keys.proto",
    "imageservice/v1/platform.proto",
    "imageservice/v1/push.proto",
    "imageservice/v1/reasons.proto",
    "imageservice/v1/resolve.proto",
    "imageservice/v1/similarity.proto",
    "imageservice/v1/system.proto",
];

/// Messages that say of themselves what may be shown.
const SECRET: [&str; 2] = ["ecr.v1.AuthorizationData", "ecr.v1.DockerCredentials"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=ecr");
    println!("cargo:rerun-if-changed=imageservice");
    let descriptors = protox::compile(FILES, ["."])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("imageservice.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().bytes(".").skip_debug(SECRET).compile_fds(descriptors)?;
    Ok(())
}
