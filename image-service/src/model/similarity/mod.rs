//! What makes images alike: a document of words for each, vectors that embedders make of documents, and the layers that two images share.

mod best;
mod config;
mod document;
mod layers;
mod redaction;
mod vector;
mod words;

pub use best::{Best, score};
pub use document::{Document, Field};
pub use layers::{LayerMarks, ReferenceLayers, SharedLayers};
pub use vector::Vector;
