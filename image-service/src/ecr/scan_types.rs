//! How registries are scanned, which repositories only show together with their registry.

use std::{collections::HashMap, sync::Arc, time::Duration};

use aws_sdk_ecr::operation::get_registry_scanning_configuration::GetRegistryScanningConfigurationOutput;
use imageservice_proto::ecr::v1;
use moka::future::Cache;

use super::{calls::Calls, convert::repositories, operation::Operation, place::Place};
use crate::error::{EcrReason, Error, Result};

/// Registries that are remembered.
const MOST_REGISTRIES: u64 = 1000;
/// A registry's kind of scanning changes once in its life, if ever.
const KEPT: Duration = Duration::from_secs(5 * 60);
/// How many repositories one call may name.
const BATCH: usize = 25;

/// The scanners of registries, each asked for now and then.
#[derive(Clone, Debug)]
pub(super) struct ScanTypes {
    calls: Arc<Calls>,
    known: Cache<Place, Scanner>,
}

/// What scans a registry.
#[derive(Clone, Debug)]
struct Scanner {
    /// Empty if the caller may not know.
    registry_id: String,
    scan_type: v1::ScanType,
}

impl ScanTypes {
    pub(super) fn new(calls: Arc<Calls>) -> Self {
        let known = Cache::builder().max_capacity(MOST_REGISTRIES).time_to_live(KEPT).build();
        Self { calls, known }
    }

    /// Completes what repositories say of their scans.
    pub(super) async fn fill(
        &self,
        place: &Place,
        repositories: &mut [v1::Repository],
        frequencies: bool,
    ) -> Result<()> {
        if repositories.is_empty() {
            return Ok(());
        }
        let scanner = self.known.try_get_with_by_ref(place, self.ask(place)).await.map_err(Error::Shared)?;
        // Both calls know the caller's own registry only.
        let own = repositories.iter_mut().filter(|repository| repository.registry_id == scanner.registry_id);
        let mut own: Vec<_> = own.collect();
        for repository in &mut own {
            scanning(repository).scan_type = scanner.scan_type.into();
        }
        if frequencies {
            for batch in own.chunks_mut(BATCH) {
                self.fill_frequencies(place, batch).await?;
            }
        }
        Ok(())
    }

    /// Whether Inspector scans the registry, as of now.
    pub(super) async fn is_enhanced(&self, place: &Place) -> Result<bool> {
        Ok(self.ask(place).await?.scan_type == v1::ScanType::Enhanced)
    }

    /// A caller who may not know lists repositories all the same.
    async fn ask(&self, place: &Place) -> Result<Scanner> {
        let answer = self.calls.ecr(Operation::GetRegistryScanningConfiguration, place, |ecr| {
            ecr.get_registry_scanning_configuration().send()
        });
        match answer.await {
            Ok(answer) => Ok(scanner(answer)),
            Err(Error::Ecr(error))
                if matches!(error.reason, EcrReason::AccessDenied | EcrReason::UnknownOperation) =>
            {
                Ok(Scanner { registry_id: String::new(), scan_type: v1::ScanType::Unspecified })
            }
            Err(error) => Err(error),
        }
    }

    async fn fill_frequencies(&self, place: &Place, repositories: &mut [&mut v1::Repository]) -> Result<()> {
        let names: Vec<_> =
            repositories.iter().map(|repository| repository.repository_name.clone()).collect();
        let answer = self.calls.ecr(Operation::BatchGetRepositoryScanningConfiguration, place, |ecr| {
            let call = ecr.batch_get_repository_scanning_configuration();
            call.set_repository_names(Some(names.clone())).send()
        });
        let found = answer.await?.scanning_configurations.unwrap_or_default().into_iter();
        let found: HashMap<_, _> = found
            .filter_map(|found| {
                Some((found.repository_name?, repositories::scan_frequency(&found.scan_frequency?)))
            })
            .collect();
        for repository in repositories {
            if let Some(frequency) = found.get(&repository.repository_name) {
                scanning(repository).scan_frequency = (*frequency).into();
            }
        }
        Ok(())
    }
}

fn scanner(answer: GetRegistryScanningConfigurationOutput) -> Scanner {
    let scan_type = answer.scanning_configuration.and_then(|scanning| scanning.scan_type);
    Scanner {
        registry_id: answer.registry_id.unwrap_or_default(),
        scan_type: scan_type.as_ref().map_or(v1::ScanType::Unspecified, repositories::scan_type),
    }
}

fn scanning(repository: &mut v1::Repository) -> &mut v1::ScanConfig {
    repository.image_scanning_configuration.get_or_insert_default()
}
