//! The control plane as its clients see it: calls over HTTP, and the data plane beside them.

mod backfills;
mod batches;
pub(crate) mod caller;
mod calls;
mod images;
mod lifecycle;
mod policies;
mod pull_through;
mod referrers;
mod replication;
mod repositories;
mod sdk;
mod signatures;
mod templates;
mod tokens;
mod uploads;
