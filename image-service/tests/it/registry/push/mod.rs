//! Writing to registries: blobs and manifests, up and down.

mod blobs;
mod downloads;
mod failures;
mod locations;
mod manifests;
mod methods;
mod real;
mod refusals;
mod world;
