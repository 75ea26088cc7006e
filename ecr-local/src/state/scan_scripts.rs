//! What scans come to, as tests and operators say it.

use super::{Result, State};
use crate::model::RegistryId;

/// A script for the scans of a registry, of a repository, of an image wherever it is, or of an image of a repository.
#[derive(Clone, Debug)]
pub(crate) struct ScriptRow<'s> {
    pub(crate) registry: &'s RegistryId,
    /// Empty for all.
    pub(crate) repository: &'s str,
    /// Empty for all.
    pub(crate) digest: &'s str,
    /// A JSON object. As it was, if there is none.
    pub(crate) outcome: Option<String>,
    /// Whether scans are held back. As it was, if that is not said.
    pub(crate) held: Option<bool>,
}

impl State {
    /// Keeps a script. It holds for scans that there are, too; those that were held back and are no more end now.
    pub(crate) async fn keep_script(&self, script: &ScriptRow<'_>) -> Result<()> {
        let mut change = self.change().await?;
        let (account, region) = (&*script.registry.account, &*script.registry.region);
        if script.held == Some(false) {
            let release = "UPDATE scans SET ends = $5 WHERE ($4 = '' OR manifest = $4) AND repository IN \
                 (SELECT id FROM repositories WHERE account = $1 AND region = $2 AND ($3 = '' OR name = $3)) \
                 AND ends > (SELECT held FROM scan_scripts \
                  WHERE account = $1 AND region = $2 AND repository = $3 AND digest = $4)";
            let query = sqlx::query(release).bind(account).bind(region).bind(script.repository);
            query.bind(script.digest).bind(self.now()).execute(&mut *change).await?;
        }
        let upsert = "INSERT INTO scan_scripts (account, region, repository, digest, outcome, held) \
             VALUES ($1, $2, $3, $4, $5, CASE WHEN $6 THEN $7 END) \
             ON CONFLICT (account, region, repository, digest) DO UPDATE SET \
             outcome = coalesce(excluded.outcome, outcome), \
             held = CASE WHEN $6 IS NULL THEN held WHEN $6 THEN coalesce(held, $7) END";
        let query = sqlx::query(upsert).bind(account).bind(region).bind(script.repository);
        let query = query.bind(script.digest).bind(&script.outcome).bind(script.held).bind(self.now());
        query.execute(&mut *change).await?;
        change.commit().await
    }
}
