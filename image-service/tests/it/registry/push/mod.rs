//! Writing to registries: blobs and manifests, up and down.

mod real;
mod world;
