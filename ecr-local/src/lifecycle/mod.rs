//! Lifecycle policies: which images of a repository expire, by whose rule.
//!
//! Invariant: pure; the same policy, images and time give the same answer.

mod evaluate;
mod policy;

pub(crate) use evaluate::{Expiring, evaluate};
pub(crate) use policy::Policy;
