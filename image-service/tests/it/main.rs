//! The image service's parts as their users see them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at the first surprise")]

mod layering;
mod pulling;
mod registry;
mod store;
