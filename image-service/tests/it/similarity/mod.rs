//! Similarity, over gRPC: real processes, real images in archives and registries, and embedders that do not always do what they should.

mod embedders;
mod golden;
mod indexing;
mod refusals;
mod scale;
mod searching;
mod secrets;
mod world;
