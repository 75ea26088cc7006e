//! One set of questions, asked three ways: of a local ECR, of what it has answered when the cassettes were made, and of moto's server where that
//! has the operation (`moto.rs`).
//!
//! A cassette is replayed in its order, so that the service must ask exactly what it asked then; where it looks again until time has passed, by
//! request. Whoever changes what the service asks makes them anew: `cargo test -p image-service --test it recorded -- --ignored`.

mod common;
mod manifests;
mod publishing;
mod replicating;
mod scanning;

pub(super) use common::{deletes_tags, gives_a_login, lists_images, lists_repositories, reads_policies};
pub(super) use manifests::{lists_referrers, moves_a_tag, reads_manifests};
pub(super) use publishing::publishes_images;
pub(super) use replicating::{compares_copies, lists_destinations, replicates_an_image};
pub(super) use scanning::{pages_findings, scans_an_image, scans_continuously};

/// Looks at a scan again without much ado.
const QUICK: &str = "scans = { first_poll_ms = 20, longest_poll_ms = 20 }";

macro_rules! suite {
    ($($mode:ident $scenario:ident;)*) => {
        mod local {
            use crate::ecr_services::world::World;

            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $scenario() {
                    super::$scenario(&World::local_with(super::QUICK).await).await;
                }
            )*
        }

        mod replayed {
            use ecr_local::cassette::Mode;

            use crate::ecr_services::world::World;

            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $scenario() {
                    let name = stringify!($scenario);
                    super::$scenario(&World::replayed(name, Mode::$mode, super::QUICK).await).await;
                }
            )*
        }

        mod recorded {
            use crate::ecr_services::world::World;

            $(
                #[tokio::test(flavor = "multi_thread")]
                #[ignore = "makes the cassettes anew"]
                async fn $scenario() {
                    super::$scenario(&World::recorded(stringify!($scenario), super::QUICK).await).await;
                }
            )*
        }
    };
}

suite! {
    Strict compares_copies;
    Strict deletes_tags;
    Strict gives_a_login;
    Strict lists_destinations;
    Strict lists_images;
    Strict lists_repositories;
    Strict moves_a_tag;
    Strict publishes_images;
    Strict reads_manifests;
    Strict reads_policies;
    Strict replicates_an_image;
    Match pages_findings;
    Match scans_an_image;
    Match scans_continuously;
}
