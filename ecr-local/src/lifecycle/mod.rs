//! Lifecycle policies: which images of a repository expire or move to the archive, by whose rule.
//!
//! Invariant: pure; the same policy, images and time give the same answer.

mod evaluate;
mod policy;

pub(crate) use evaluate::{Due, evaluate};
pub(crate) use policy::{Action, Policy};
