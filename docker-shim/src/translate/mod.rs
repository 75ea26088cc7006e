//! From the image service's messages to Docker's shapes, by API version. Nothing here asks anybody.

pub(crate) mod container_config;
pub(crate) mod distribution;
pub(crate) mod event;
pub(crate) mod image_history;
pub(crate) mod image_inspect;
pub(crate) mod image_list;
pub(crate) mod image_remove;
pub(crate) mod json;

use crate::api_version::ApiVersion;

/// Both lists of names are never null, and `<none>` is gone.
pub(crate) const NO_PLACEHOLDERS: ApiVersion = ApiVersion::new(1, 43);
/// `VirtualSize` is gone, and an unknown `Created` is left out.
pub(crate) const NO_VIRTUAL_SIZE: ApiVersion = ApiVersion::new(1, 44);
/// `Container` and `ContainerConfig` are gone from inspect.
pub(crate) const NO_CONTAINER: ApiVersion = ApiVersion::new(1, 45);
/// `Config` has no member that only a container can have.
pub(crate) const LEAN_CONFIG: ApiVersion = ApiVersion::new(1, 50);
/// The number of containers of an image is a real one.
pub(crate) const CONTAINER_COUNT: ApiVersion = ApiVersion::new(1, 51);
