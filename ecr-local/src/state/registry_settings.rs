//! Settings of a registry, each a JSON document under a name.

use super::{Result, State};
use crate::model::RegistryId;

/// The name of the policy.
pub(crate) const POLICY: &str = "policy";
/// Names of settings that pushes depend on.
pub(crate) const SCANNING: &str = "scanning";
pub(crate) const SIGNING: &str = "signing";

impl State {
    /// A setting, if it was made.
    pub(crate) async fn registry_setting(&self, registry: &RegistryId, name: &str) -> Result<Option<String>> {
        let select = "SELECT value FROM registry_settings WHERE account = $1 AND region = $2 AND name = $3";
        let query = sqlx::query_scalar(select).bind(&*registry.account).bind(&*registry.region);
        query.bind(name).fetch_optional(&self.reader).await
    }

    /// Makes a setting.
    pub(crate) async fn set_registry_setting(
        &self,
        registry: &RegistryId,
        name: &str,
        value: &str,
    ) -> Result<()> {
        let upsert = "INSERT INTO registry_settings (account, region, name, value) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (account, region, name) DO UPDATE SET value = excluded.value";
        let query = sqlx::query(upsert).bind(&*registry.account).bind(&*registry.region).bind(name);
        self.writer.execute(query.bind(value)).await.map(drop)
    }

    /// Takes a setting away, and gives what it was.
    pub(crate) async fn remove_registry_setting(
        &self,
        registry: &RegistryId,
        name: &str,
    ) -> Result<Option<String>> {
        let delete =
            "DELETE FROM registry_settings WHERE account = $1 AND region = $2 AND name = $3 RETURNING value";
        let query = sqlx::query_scalar(delete).bind(&*registry.account).bind(&*registry.region);
        self.writer.run(|pool| query.bind(name).fetch_optional(pool)).await
    }
}
