//! Routes as metrics and traces name them: without the version, and without what clients put into their paths.

use super::Call;

/// Of requests that have no call.
pub(crate) const UNKNOWN_TEMPLATE: &str = "_OTHER";

impl Call<'_> {
    /// The path with a word for each name.
    pub(crate) const fn template(self) -> &'static str {
        match self {
            Self::Options => "*",
            Self::Ping => "/_ping",
            Self::Version => "/version",
            Self::Info => "/info",
            Self::Auth => "/auth",
            Self::Events => "/events",
            Self::SystemDf => "/system/df",
            Self::ImageList => "/images/json",
            Self::ImageInspect { .. } => "/images/{name}/json",
            Self::ImageHistory { .. } => "/images/{name}/history",
            Self::ImageCreate => "/images/create",
            Self::ImageTag { .. } => "/images/{name}/tag",
            Self::ImageRemove { .. } => "/images/{name}",
            Self::ImageLoad => "/images/load",
            Self::ImageSave { .. } => "/images/get",
            Self::ImagePush { .. } => "/images/{name}/push",
            Self::ImagePrune => "/images/prune",
            Self::ImageSearch => "/images/search",
            Self::Distribution { .. } => "/distribution/{name}/json",
            Self::Build => "/build",
            Self::BuildPrune => "/build/prune",
            Self::Upgrade => "/session",
            Self::ContainerList => "/containers/json",
            Self::ContainerCreate => "/containers/create",
            Self::ContainerPrune => "/containers/prune",
            Self::Container { .. } => "/containers/{id}",
            Self::Exec { .. } => "/exec/{id}",
            Self::Commit => "/commit",
            Self::NetworkList => "/networks",
            Self::NetworkCreate => "/networks/create",
            Self::NetworkPrune => "/networks/prune",
            Self::Network { .. } => "/networks/{id}",
            Self::VolumeList => "/volumes",
            Self::VolumeCreate => "/volumes/create",
            Self::VolumePrune => "/volumes/prune",
            Self::Volume { .. } => "/volumes/{name}",
            Self::PluginList => "/plugins",
            Self::PluginInstall => "/plugins/pull",
            Self::Plugin { .. } => "/plugins/{name}",
            Self::Swarm => "/swarm",
        }
    }
}
