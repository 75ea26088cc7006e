//! What a push sets off, in the transaction that records it: scans and signatures.

use super::{Change, Error, Result, SCANNING, SIGNING, State, scans, signings};
use crate::model::{SCANNABLE, ScanFrequency, ScanningConfiguration, SigningConfiguration};

impl State {
    /// Begins at a time, in seconds since 1970, what is set for the repository. The manifest is recorded.
    pub(super) async fn begin_on_push(
        &self,
        change: &mut Change,
        repository: i64,
        digest: &str,
        at: i64,
    ) -> Result<()> {
        let select = "SELECT r.name, r.scan_on_push, m.artifact_type, m.subject IS NULL, \
             (SELECT value FROM registry_settings s WHERE s.account = r.account AND s.region = r.region AND s.name = $3), \
             (SELECT value FROM registry_settings s WHERE s.account = r.account AND s.region = r.region AND s.name = $4) \
             FROM repositories r JOIN manifests m ON m.repository = r.id WHERE r.id = $1 AND m.digest = $2";
        let query = sqlx::query_as(select).bind(repository).bind(digest).bind(SCANNING).bind(SIGNING);
        let row: (String, bool, String, bool, Option<String>, Option<String>) =
            query.fetch_one(&mut **change).await?;
        let (name, on_push, artifact_type, is_signed, scanning, signing) = row;
        let scanning: ScanningConfiguration = scanning.map(read).transpose()?.unwrap_or_default();
        let (frequency, _) = scanning.for_repository(&name, on_push);
        if frequency != ScanFrequency::Manual && SCANNABLE.contains(&artifact_type.as_str()) {
            scans::begin_in(change, repository, digest, scanning.scan_type, self.scan_from(at)).await?;
        }
        let signing: Option<SigningConfiguration> = signing.map(read).transpose()?;
        for profile in signing.iter().filter(|_| is_signed).flat_map(|signing| signing.profiles(&name)) {
            signings::begin_in(change, repository, digest, profile, at).await?;
        }
        Ok(())
    }
}

fn read<C: serde::de::DeserializeOwned>(text: String) -> Result<C> {
    serde_json::from_str(&text).map_err(|error| Error::Decode(error.into()))
}
