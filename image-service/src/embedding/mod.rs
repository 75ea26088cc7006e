//! Embedders: from documents to vectors. `hashing` computes them here; `http` asks a server.
//!
//! Invariant: nothing but a document, which is redacted, goes into a vector or over the wire.

mod hashing;
mod http;

use std::sync::Arc;

pub use hashing::FeatureHashing;
pub use http::HttpEmbedder;

use crate::{config::EmbedderConfig, ports::Embedder};

/// The embedder that is configured.
pub fn open(config: &EmbedderConfig) -> anyhow::Result<Arc<dyn Embedder>> {
    Ok(match config {
        EmbedderConfig::Builtin { dimensions } => Arc::new(FeatureHashing::new(*dimensions)),
        EmbedderConfig::Http(config) => Arc::new(HttpEmbedder::new(config)?),
    })
}
