//! The services of `ecr.v1`, all over the same calls.

use std::sync::Arc;

use super::{
    Ecr, auth::Auth, configs::Configs, downloads::Downloads, images::Images, manifests::Manifests,
    public::Public, replication::Replication, repositories::Repositories, scan_types::ScanTypes,
    scans::Scans,
};
use crate::{config::EcrConfig, ports::EcrServices};

impl Ecr {
    /// The services. Asks nothing of AWS.
    pub fn services(&self, config: &EcrConfig) -> anyhow::Result<EcrServices> {
        let calls = || Arc::clone(&self.calls);
        let scan_types = ScanTypes::new(calls());
        let configs = Configs { calls: calls(), downloads: Downloads::new()? };
        Ok(EcrServices {
            repositories: Arc::new(Repositories { calls: calls(), scan_types: scan_types.clone() }),
            images: Arc::new(Images { calls: calls(), configs: configs.clone() }),
            manifests: Arc::new(Manifests { calls: calls(), configs }),
            scans: Arc::new(Scans { calls: calls(), scan_types, patience: config.scans.clone() }),
            auth: Arc::new(Auth { tokens: self.tokens.clone() }),
            replication: Arc::new(Replication { calls: calls() }),
            public: Arc::new(Public { calls: calls(), tokens: self.tokens.clone() }),
        })
    }
}
