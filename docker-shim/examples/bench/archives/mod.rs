//! Archives of images: loads beside `docker load` + `docker push` and beside `skopeo copy`, and our registry beside Debian's.

mod command;
mod image;
mod large;
mod layout;
mod leaving;
mod loader;
mod loads;
mod registries;

pub(crate) use large::Noise;

/// How much is moved, and how often.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) rounds: u32,
    /// MiB of layers in the archive.
    pub(crate) image: u64,
    /// MiB in the one layer that never is a file; none if 0.
    pub(crate) large: u64,
}

/// Measures all of it.
pub(crate) async fn compare(extent: Extent) {
    let folder = tempfile::tempdir().unwrap();
    let archives = image::make(folder.path(), extent.image << 20);
    for archive in [&archives.plain, &archives.zstd] {
        loads::compare(archive, extent.rounds).await;
    }
    leaving::compare(&archives.plain, extent.rounds).await;
    if extent.large > 0 {
        large::load(extent.large << 20).await;
    }
    registries::compare(folder.path(), extent.rounds).await;
}
