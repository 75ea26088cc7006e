//! What a registry says of a name.

use imageservice_proto::v1::{DistributionInspectResponse, Platform};

use crate::dto::distribution::{Descriptor, DistributionAnswer, PlatformItem};

/// Renders the answer of a registry.
pub(crate) fn distribution(found: &DistributionInspectResponse) -> DistributionAnswer<'_> {
    let DistributionInspectResponse { media_type, digest, size, platforms } = found;
    DistributionAnswer {
        descriptor: Descriptor { media_type, digest, size: *size },
        platforms: (!platforms.is_empty()).then(|| platforms.iter().map(platform_item).collect()),
    }
}

fn platform_item(platform: &Platform) -> PlatformItem<'_> {
    let Platform { os, architecture, variant, os_version } = platform;
    PlatformItem { architecture, os, os_version, variant }
}
