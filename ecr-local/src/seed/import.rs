//! A document becomes a state: repositories, then their blobs, then their manifests with tags.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::{Seed, SeedError, SeedImage, SeedRepository};
use crate::{
    lifecycle, manifest,
    model::{Digest, Mutability, RegistryId, RepositoryName, Tag},
    state::{ImageHistory, NewRepository, Pushed, PutOutcome, RepositoryHistory},
    store::Store,
};

impl Store {
    /// Adds what a document holds. It may be added again.
    pub(crate) async fn import(&self, seed: &Seed) -> Result<(), SeedError> {
        for setting in &seed.settings {
            let registry = registry(&setting.account, &setting.region)?;
            self.state.set_registry_setting(&registry, &setting.name, &setting.value).await?;
        }
        for repository in &seed.repositories {
            self.import_repository(seed, repository).await?;
        }
        self.import_rows(None, &seed.rows).await?;
        Ok(self.state.wake().await?)
    }

    async fn import_repository(&self, seed: &Seed, wanted: &SeedRepository) -> Result<(), SeedError> {
        let id = self.import_settings(wanted).await?;
        for (number, blob) in wanted.blobs.iter().enumerate() {
            let place = || format!("{}: blob {}", wanted.name, number + 1);
            self.import_blob(seed, id, blob).await.map_err(|error| error.within(place))?;
        }
        let within = |error: SeedError| error.within(|| wanted.name.clone());
        let waiting = waiting(&wanted.rows);
        self.import_images(id, &wanted.images, &waiting).await.map_err(within)?;
        for upload in &wanted.uploads {
            let place = || format!("{}: upload {}", wanted.name, upload.id);
            self.import_upload(seed, id, upload).await.map_err(|error| error.within(place))?;
        }
        self.import_rows(Some(id), &wanted.rows).await.map_err(within)
    }

    /// Manifests wait for those that they refer to.
    async fn import_images(
        &self,
        repository: i64,
        images: &[SeedImage],
        indexes: &HashSet<&str>,
    ) -> Result<(), SeedError> {
        let mut left: Vec<_> = images.iter().collect();
        while !left.is_empty() {
            let (before, mut missing) = (left.len(), None);
            let mut waiting = Vec::new();
            for image in left {
                if let Some(digest) = self.import_image(repository, image, indexes).await? {
                    missing = Some(digest);
                    waiting.push(image);
                }
            }
            if let Some(digest) = missing.filter(|_| waiting.len() == before) {
                return Err(SeedError::at("manifest", format!("it refers to {digest}, which is missing")));
            }
            left = waiting;
        }
        Ok(())
    }

    /// The id of the repository, as it is to be set up.
    async fn import_settings(&self, wanted: &SeedRepository) -> Result<i64, SeedError> {
        let fault = |why: &str| SeedError::at(&wanted.name, why);
        let registry = registry(&wanted.account, &wanted.region)?;
        let name: RepositoryName =
            wanted.name.parse().map_err(|_| fault("this is no name of a repository"))?;
        let mutability = wanted.image_tag_mutability.as_deref().unwrap_or("MUTABLE");
        let filters = wanted.image_tag_mutability_exclusion_filters.clone();
        let mutability = Mutability::parse(mutability, filters)
            .ok_or_else(|| fault("imageTagMutability does not go with its filters, or is none"))?;
        if let Some(policy) = &wanted.lifecycle_policy {
            lifecycle::Policy::parse(policy).map_err(|why| fault(&format!("lifecyclePolicy: {why}")))?;
        }
        let encryption =
            wanted.encryption.clone().unwrap_or_else(|| serde_json::json!({ "encryptionType": "AES256" }));
        let new = NewRepository {
            mutability,
            scan_on_push: wanted.scan_on_push,
            encryption: encryption.to_string(),
            tags: wanted.tags.clone().into_iter().collect(),
            policy: None,
            lifecycle_policy: None,
            catalog: None,
        };
        let state = &self.state;
        let id = match state.set_up_repository(&registry, &name, &new).await? {
            Some(made) => made.id,
            None => {
                let id = state.create_repository(&registry, &name).await?;
                state.set_mutability(id, &new.mutability).await?;
                state.set_scan_on_push(id, new.scan_on_push).await?;
                if !state.set_resource_tags(id, &new.tags).await? {
                    return Err(fault("a repository has at most 50 tags"));
                }
                id
            }
        };
        state.set_repository_policy(id, wanted.policy.as_deref()).await?;
        state.set_lifecycle_policy(id, wanted.lifecycle_policy.as_deref()).await?;
        let history = RepositoryHistory {
            created: wanted.created_at,
            lifecycle_evaluated: wanted.lifecycle_evaluated_at,
            preview_policy: wanted.preview_policy.clone(),
            preview_started: wanted.preview_started_at,
        };
        state.set_repository_history(id, &history).await?;
        if let Some(catalog) = &wanted.catalog {
            state.set_catalog(id, catalog).await?;
        }
        Ok(id)
    }

    /// What the manifest refers to and is not there, if it cannot be recorded for that.
    async fn import_image(
        &self,
        repository: i64,
        image: &SeedImage,
        indexes: &HashSet<&str>,
    ) -> Result<Option<Digest>, SeedError> {
        let digest = Digest::of(image.manifest.as_bytes());
        let place = || format!("manifest {digest}");
        let media_type = image.media_type.as_deref().unwrap_or_default();
        let manifest = manifest::read(image.manifest.as_bytes(), media_type, digest.clone());
        let manifest = manifest.map_err(|error| SeedError::at(place(), error))?;
        let tags = image.tags.iter().map(|tag| tag.parse());
        let tags = tags.collect::<Result<Vec<Tag>, _>>();
        let tags = tags.map_err(|_| SeedError::at(place(), "a tag is none"))?;
        let pushed = Pushed::Seeded { may_wait: indexes.contains(digest.to_string().as_str()) };
        match self.state.put_manifest(repository, &manifest, &tags, pushed).await? {
            PutOutcome::Recorded | PutOutcome::Known => {}
            PutOutcome::Missing(missing) => return Ok(Some(missing)),
            PutOutcome::TagImmutable(tag) => {
                return Err(SeedError::at(
                    place(),
                    format!("the tag {tag} points elsewhere and must not move"),
                ));
            }
        }
        let history = ImageHistory {
            pushed: image.pushed_at,
            pulled: image.pulled_at,
            is_archived: image.is_archived,
            archived: image.archived_at,
            activated: image.activated_at,
            tagged: &image.tagged_at,
        };
        self.state.set_image_history(repository, &digest, &history).await?;
        Ok(None)
    }
}

impl SeedError {
    /// Says more of the place of a mistake.
    pub(super) fn within(self, place: impl FnOnce() -> String) -> Self {
        match self {
            Self::Content { place: inner, why } => {
                Self::Content { place: format!("{}: {inner}", place()), why }
            }
            other => other,
        }
    }
}

/// The indexes that refer to what is upstream.
fn waiting(rows: &BTreeMap<String, Vec<Value>>) -> HashSet<&str> {
    let absent = rows.get("absent_children").map(Vec::as_slice).unwrap_or_default();
    absent.iter().filter_map(|row| row["manifest"].as_str()).collect()
}

fn registry(account: &str, region: &str) -> Result<RegistryId, SeedError> {
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    if !is_account || region.is_empty() {
        return Err(SeedError::at(format!("{account}/{region}"), "this is no account with its Region"));
    }
    Ok(RegistryId { account: account.into(), region: region.into() })
}
