//! The control plane as its clients see it: calls over HTTP, and the data plane beside them.

mod account_settings;
mod archive;
mod awscli;
mod backfills;
mod batches;
pub(crate) mod caller;
mod calls;
mod enhanced_scans;
mod images;
mod lifecycle;
mod policies;
mod pull_through;
mod pull_times;
mod referrers;
mod replication;
mod repositories;
mod scan_scripts;
mod scanning;
mod scans;
mod sdk;
mod signatures;
mod signing;
mod templates;
mod tokens;
mod uploads;
