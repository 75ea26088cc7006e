//! ECR Public as its clients see it: calls, and the data plane by host and by path.

mod clients;
mod pulling;
mod registries;
mod repositories;
pub(crate) mod stage;
