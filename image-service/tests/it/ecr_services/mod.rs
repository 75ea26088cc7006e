//! ECR's services as their clients see them: gRPC to the service, and behind it a real local ECR, moto's server, or AWS by a script.

mod auth;
mod daily_operations;
mod deleting;
mod faults;
mod images;
mod manifests;
mod moto;
mod public;
mod reflection;
mod refusals;
mod replication;
mod repositories;
mod scans;
mod script;
mod seeds;
mod suite;
mod tagging;
mod task_platform;
mod world;
