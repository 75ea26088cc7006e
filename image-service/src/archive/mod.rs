//! Archives of images, read in one pass: `docker save` of every age, OCI layouts, and tars of root file systems.
//!
//! Invariant: no name of an archive ever becomes a path. Members are told apart by what they are, layers are hashed and handed on while they
//! pass, documents are kept under a cap, and what all this means is looked up at the end.

mod assemble;
mod compression;
mod contents;
mod digesting;
mod docker;
mod fault;
mod input;
mod layer;
mod leaves;
mod legacy;
mod legacy_config;
mod limits;
mod members;
mod meter;
mod names;
mod oci;
mod oci_names;
mod pax;
mod read;
mod root;
mod save;
mod tap;
mod walk;

use std::io::Read;

use crate::{
    error::Result,
    model::Platform,
    ports::{ArchivedImage, Archives, LayerIntake, ReadLayer},
};

pub use limits::Limits;
pub use save::SaveLayout;

/// Reads archives within limits.
#[derive(Clone, Copy, Default, Debug)]
pub struct ArchiveReader {
    limits: Limits,
    other_architectures: bool,
}

impl ArchiveReader {
    /// With the default limits, an archive of any size that is not made to do harm can be read. `other_architectures`: see
    /// `Platform::candidates`.
    #[must_use]
    pub const fn new(limits: Limits, other_architectures: bool) -> Self {
        Self { limits, other_architectures }
    }
}

impl Archives for ArchiveReader {
    fn read(
        &self,
        input: &mut (dyn Read + Send),
        wanted: &Platform,
        intake: &mut dyn LayerIntake,
    ) -> Result<Vec<ArchivedImage>> {
        let contents = walk::contents(input, self.limits, intake)?;
        if let Some(manifest) = contents.document(docker::MANIFEST)? {
            return docker::images(&contents, &manifest);
        }
        if let Some(index) = contents.document(oci::INDEX)? {
            return oci::images(&contents, &index, wanted, self.other_architectures);
        }
        if let Some(repositories) = contents.document(legacy::REPOSITORIES)? {
            return legacy::images(&contents, &repositories);
        }
        Err(fault::invalid(
            "does not contain a manifest.json: it was not made by docker save (the tar of a root file system is imported, not loaded)",
        ))
    }

    fn read_root(&self, input: &mut (dyn Read + Send), intake: &mut dyn LayerIntake) -> Result<ReadLayer> {
        root::layer(input, self.limits, intake)
    }
}
