//! ECR Public as its clients see it: calls, and the data plane by host and by path.

mod calls;
mod clients;
mod pulling;
pub(crate) mod stage;
