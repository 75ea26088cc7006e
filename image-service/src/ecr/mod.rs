//! Amazon ECR, ECR Public and ECS, behind one door: every call but those of KMS (`kms`) goes through `Calls`, where a Region and an identity are chosen, writes refused
//! if they may not be, failures told apart, and calls made again if that does no harm. The operations above know none of that.
//!
//! Invariant: as long as nobody asks for anything of AWS, no client is made, no file read and no address asked, the instance's least of all.
//! Invariant: a call that may have been done is not made again unless it does no more when it is done twice.
//! Invariant: no secret leaves in an error, a log or a `Debug` output: what AWS's types would print is wrapped where it arrives.

mod answer_limit;
mod attempts;
mod auth;
mod calls;
mod clients;
mod clock;
mod configs;
mod convert;
mod describe;
mod downloads;
mod error;
mod fetch;
mod identity;
mod images;
mod kms;
mod manifests;
mod metrics;
mod operation;
mod paging;
mod patience;
mod place;
mod public;
mod referrers;
mod registries;
mod replication;
mod repositories;
mod request;
mod request_id;
mod scan_types;
mod scans;
mod services;
mod task_platform;
mod token;
mod tokens;

use std::sync::Arc;

use crate::{
    config::{CreateRepository, EcrConfig},
    model::Repository,
};

pub use calls::{Calls, SdkFailure};
pub use clock::Clock;
pub use kms::Kms;
pub use operation::{Operation, OperationClass, Service};
pub use place::Place;
pub use token::RegistryToken;
pub use tokens::Tokens;

/// The adapter; one per process, as it keeps clients and what was learned of AWS's patience.
#[derive(Debug)]
pub struct Ecr {
    calls: Arc<Calls>,
    tokens: Tokens,
    policy: Policy,
}

/// What this service may do at registries in its own name.
#[derive(Debug)]
struct Policy {
    private: bool,
    public: bool,
    create: CreateRepository,
    staging: Vec<Repository>,
}

impl Ecr {
    /// From the configuration, of which every mistake is told at once. Asks nothing of AWS.
    pub fn new(config: &EcrConfig) -> anyhow::Result<Self> {
        Self::on(Clock::default(), config)
    }

    /// What keeps a configuration from being used; each begins with its key.
    #[must_use]
    pub fn mistakes(config: &EcrConfig) -> Vec<String> {
        let known = |key: &String| Operation::ALL.iter().any(|operation| operation.key() == *key);
        let unknown = config.rates.keys().filter(|key| !known(key));
        let unknown = unknown.map(|key| format!("ecr.rates.{key}: there is no such operation"));
        config.mistakes().into_iter().chain(unknown).collect()
    }

    /// With a clock of the caller's choice.
    pub fn on(clock: Clock, config: &EcrConfig) -> anyhow::Result<Self> {
        let mistakes = Self::mistakes(config);
        anyhow::ensure!(mistakes.is_empty(), "{}", mistakes.join("; "));
        let calls = Arc::new(Calls::new(config));
        let policy = Policy {
            private: config.registry_credentials,
            public: config.registry_credentials && config.public_registry,
            create: config.create_repository,
            staging: Vec::new(),
        };
        let tokens = Tokens::new(calls.clone(), config.token_refresh_buffer, clock);
        Ok(Self { calls, tokens, policy })
    }

    /// Knows the repositories where images are staged.
    #[must_use]
    pub fn staging_in(mut self, repositories: Vec<Repository>) -> Self {
        self.policy.staging = repositories;
        self
    }

    /// Passwords for registries.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// How AWS is called.
    #[must_use]
    pub fn calls(&self) -> &Calls {
        &self.calls
    }
}
