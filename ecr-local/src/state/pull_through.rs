//! Rules by which images are fetched from upstream, and when it was last asked.

use std::sync::atomic::Ordering;

use sqlx::{Row, sqlite::SqliteRow};

use super::{Error, Result, State};
use crate::model::{RegistryId, Tag, UpstreamKind};

/// Whether any registry has a rule.
pub(super) const HAS_RULES: &str = "SELECT EXISTS (SELECT 1 FROM pull_through_rules)";
/// So many in a registry.
const MOST: i64 = 50;

/// A rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PullThroughRule {
    pub(crate) registry: RegistryId,
    /// Of names here. `ROOT` takes all that no other rule takes.
    pub(crate) prefix: String,
    /// A host.
    pub(crate) url: String,
    pub(crate) kind: UpstreamKind,
    /// Of names there. Without it, and with `ROOT`, they have none.
    pub(crate) upstream_prefix: Option<String>,
    /// The name of a secret among all of AWS's resources.
    pub(crate) credential: Option<String>,
    pub(crate) role: Option<String>,
    /// Seconds since 1970.
    pub(crate) created: i64,
    /// Seconds since 1970.
    pub(crate) updated: i64,
}

/// What became of a wish to make one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RuleOutcome {
    Created,
    Exists,
    TooMany,
}

impl PullThroughRule {
    /// What a repository that the rule takes is called there.
    pub(crate) fn upstream_name(&self, name: &str) -> String {
        let rest = name.strip_prefix(&self.prefix).and_then(|rest| rest.strip_prefix('/'));
        match self.upstream_prefix.as_deref().filter(|prefix| *prefix != "ROOT") {
            Some(prefix) => format!("{prefix}/{}", rest.unwrap_or(name)),
            None => rest.unwrap_or(name).to_owned(),
        }
    }
}

impl State {
    /// Makes a rule, unless there is one for the prefix.
    pub(crate) async fn create_pull_through_rule(&self, rule: &PullThroughRule) -> Result<RuleOutcome> {
        let (account, region) = (&*rule.registry.account, &*rule.registry.region);
        let mut change = self.change().await?;
        let select = "SELECT count(*), count(*) FILTER (WHERE prefix = $3) FROM pull_through_rules \
             WHERE account = $1 AND region = $2";
        let query = sqlx::query_as(select).bind(account).bind(region).bind(&rule.prefix);
        let (all, same): (i64, i64) = query.fetch_one(&mut *change).await?;
        if same > 0 {
            return Ok(RuleOutcome::Exists);
        }
        if all >= MOST {
            return Ok(RuleOutcome::TooMany);
        }
        let insert = "INSERT INTO pull_through_rules \
             (account, region, prefix, url, upstream, from_prefix, credential, role, created, updated) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)";
        let query = sqlx::query(insert).bind(account).bind(region).bind(&rule.prefix).bind(&rule.url);
        let query = query.bind(rule.kind.name()).bind(&rule.upstream_prefix).bind(&rule.credential);
        query.bind(&rule.role).bind(rule.created).execute(&mut *change).await?;
        change.commit().await?;
        self.has_rules.store(true, Ordering::Relaxed);
        Ok(RuleOutcome::Created)
    }

    /// Looks whether any registry has a rule.
    pub(super) async fn look_for_rules(&self) -> Result<()> {
        let has_rules = sqlx::query_scalar(HAS_RULES).fetch_one(&self.reader).await?;
        self.has_rules.store(has_rules, Ordering::Relaxed);
        Ok(())
    }

    /// Sets how a rule is let in upstream.
    pub(crate) async fn update_pull_through_rule(&self, rule: &PullThroughRule) -> Result<()> {
        let update = "UPDATE pull_through_rules SET credential = $4, role = $5, updated = $6 \
             WHERE account = $1 AND region = $2 AND prefix = $3";
        let query = sqlx::query(update).bind(&*rule.registry.account).bind(&*rule.registry.region);
        let query = query.bind(&rule.prefix).bind(&rule.credential).bind(&rule.role).bind(rule.updated);
        self.writer.execute(query).await.map(drop)
    }

    /// Takes a rule away. What was fetched by it stays.
    pub(crate) async fn delete_pull_through_rule(&self, registry: &RegistryId, prefix: &str) -> Result<()> {
        let delete = "DELETE FROM pull_through_rules WHERE account = $1 AND region = $2 AND prefix = $3";
        let query = sqlx::query(delete).bind(&*registry.account).bind(&*registry.region).bind(prefix);
        self.writer.execute(query).await.map(drop)
    }

    /// A rule.
    pub(crate) async fn pull_through_rule(
        &self,
        registry: &RegistryId,
        prefix: &str,
    ) -> Result<Option<PullThroughRule>> {
        let select = "SELECT * FROM pull_through_rules WHERE account = $1 AND region = $2 AND prefix = $3";
        let query = sqlx::query(select).bind(&*registry.account).bind(&*registry.region).bind(prefix);
        query.fetch_optional(&self.reader).await?.map(|row| read(&row)).transpose()
    }

    /// The rules behind `last`, at most `count`, sorted by prefix.
    pub(crate) async fn pull_through_rules(
        &self,
        registry: &RegistryId,
        last: &str,
        count: u32,
    ) -> Result<Vec<PullThroughRule>> {
        let select = "SELECT * FROM pull_through_rules WHERE account = $1 AND region = $2 AND prefix > $3 \
             ORDER BY prefix LIMIT $4";
        let query = sqlx::query(select).bind(&*registry.account).bind(&*registry.region).bind(last);
        query.bind(count).fetch_all(&self.reader).await?.iter().map(read).collect()
    }

    /// The rule that takes a repository, which is the one with the longest prefix.
    pub(crate) async fn pull_through_rule_for(
        &self,
        registry: &RegistryId,
        name: &str,
    ) -> Result<Option<PullThroughRule>> {
        let select = "SELECT * FROM pull_through_rules WHERE account = $1 AND region = $2 \
             AND (prefix = 'ROOT' OR substr($3, 1, length(prefix) + 1) = prefix || '/') \
             ORDER BY prefix = 'ROOT', length(prefix) DESC LIMIT 1";
        if !self.has_rules.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let query = sqlx::query(select).bind(&*registry.account).bind(&*registry.region).bind(name);
        query.fetch_optional(&self.reader).await?.map(|row| read(&row)).transpose()
    }

    /// When upstream was last asked what a tag points at, in seconds since 1970.
    pub(crate) async fn upstream_asked(&self, repository: i64, tag: &Tag) -> Result<Option<i64>> {
        let select = "SELECT asked FROM upstream_tags WHERE repository = $1 AND tag = $2";
        let query = sqlx::query_scalar(select).bind(repository).bind(tag.as_str());
        query.fetch_optional(&self.reader).await
    }

    /// Notes that upstream was asked now.
    pub(crate) async fn note_upstream_asked(&self, repository: i64, tag: &Tag) -> Result<()> {
        let upsert = "INSERT INTO upstream_tags (repository, tag, asked) VALUES ($1, $2, $3) \
             ON CONFLICT (repository, tag) DO UPDATE SET asked = excluded.asked";
        let query = sqlx::query(upsert).bind(repository).bind(tag.as_str()).bind(self.now());
        self.writer.jot(query).await
    }
}

fn read(row: &SqliteRow) -> Result<PullThroughRule> {
    let kind = UpstreamKind::parse(row.try_get("upstream")?);
    let (account, region): (String, String) = (row.try_get("account")?, row.try_get("region")?);
    Ok(PullThroughRule {
        registry: RegistryId { account: account.into(), region: region.into() },
        prefix: row.try_get("prefix")?,
        url: row.try_get("url")?,
        kind: kind.ok_or_else(|| Error::Decode("kind of an upstream".into()))?,
        upstream_prefix: row.try_get("from_prefix")?,
        credential: row.try_get("credential")?,
        role: row.try_get("role")?,
        created: row.try_get("created")?,
        updated: row.try_get("updated")?,
    })
}
