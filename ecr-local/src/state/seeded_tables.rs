//! The tables whose rows a document holds as they are, since nothing else in it makes them.

use super::rows::{
    Column,
    Kind::{self, Account, Backfill, Flag, Json, Number, Status, Text, Upstream, Word},
    Table,
};

const fn of(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, is_optional: false }
}

const fn maybe(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, is_optional: true }
}

const fn of_registry(
    name: &'static str,
    key: &'static [&'static str],
    order: &'static str,
    columns: &'static [Column],
) -> Table {
    Table { name, is_of_repository: false, columns, key, order }
}

const fn of_repository(
    name: &'static str,
    key: &'static [&'static str],
    order: &'static str,
    columns: &'static [Column],
) -> Table {
    Table { name, is_of_repository: true, columns, key, order }
}

/// All of them; one stands behind those that its rows refer to.
pub(crate) const TABLES: [Table; 16] = [
    of_registry(
        "public_aliases",
        &["alias"],
        "alias",
        &[of("alias", Text), of("account", Account), of("is_default", Flag)],
    ),
    of_registry(
        "creation_templates",
        &["account", "region", "prefix"],
        "account, region, prefix",
        &[
            of("account", Account),
            of("region", Text),
            of("prefix", Text),
            of("document", Json),
            of("repository", Json),
            of("created", Number),
            of("updated", Number),
        ],
    ),
    of_registry(
        "pull_through_rules",
        &["account", "region", "prefix"],
        "account, region, prefix",
        &[
            of("account", Account),
            of("region", Text),
            of("prefix", Text),
            of("url", Text),
            of("upstream", Upstream),
            maybe("from_prefix", Text),
            maybe("credential", Text),
            maybe("role", Text),
            of("created", Number),
            of("updated", Number),
        ],
    ),
    of_registry(
        "pull_time_exclusions",
        &["account", "region", "principal"],
        "account, region, principal",
        &[of("account", Account), of("region", Text), of("principal", Text), of("created", Number)],
    ),
    of_registry(
        "scan_scripts",
        &["account", "region", "repository", "digest"],
        "account, region, repository, digest",
        &[
            of("account", Account),
            of("region", Text),
            of("repository", Text),
            of("digest", Text),
            maybe("outcome", Json),
            maybe("held", Number),
        ],
    ),
    of_registry(
        "replicated_deletions",
        &[],
        "id",
        &[
            of("from_account", Account),
            of("from_region", Text),
            of("account", Account),
            of("region", Text),
            of("repository", Text),
            of("manifest", Kind::Digest),
            maybe("tag", Text),
            of("queued", Number),
        ],
    ),
    of_registry(
        "backfills",
        &["id"],
        "seq",
        &[
            of("id", Text),
            of("account", Account),
            of("region", Text),
            of("to_account", Account),
            of("to_region", Text),
            of("status", Status),
            maybe("failure", Text),
            of("started", Number),
            of("stepped", Number),
            of("prepared", Flag),
            maybe("ended", Number),
        ],
    ),
    of_registry(
        "backfill_images",
        &["backfill", "position"],
        "backfill, position",
        &[
            of("backfill", Backfill),
            of("position", Number),
            of("repository", Text),
            of("manifest", Kind::Digest),
            maybe("tag", Text),
            of("is_index", Flag),
            maybe("status", Word(&["COMPLETE", "FAILED"])),
            maybe("failure", Text),
        ],
    ),
    of_registry(
        "task_definitions",
        &["account", "region", "family", "revision"],
        "account, region, family, revision",
        &[
            of("account", Account),
            of("region", Text),
            of("family", Text),
            of("revision", Number),
            of("status", Word(&["ACTIVE", "INACTIVE"])),
            of("document", Json),
            of("tags", Json),
        ],
    ),
    of_registry(
        "tasks",
        &["account", "region", "id"],
        "number",
        &[
            of("account", Account),
            of("region", Text),
            of("id", Text),
            of("family", Text),
            of("launch_type", Text),
            maybe("started_by", Text),
            maybe("client_token", Text),
            of("request", Text),
            maybe("stopped", Number),
            of("document", Json),
        ],
    ),
    of_repository(
        "absent_children",
        &["repository", "child", "manifest"],
        "child, manifest",
        &[of("child", Kind::Digest), of("manifest", Kind::Digest)],
    ),
    of_repository("upstream_tags", &["repository", "tag"], "tag", &[of("tag", Text), of("asked", Number)]),
    of_repository(
        "scans",
        &["repository", "manifest", "kind"],
        "manifest, kind",
        &[
            of("manifest", Kind::Digest),
            of("kind", Word(&["BASIC", "ENHANCED"])),
            of("started", Number),
            of("ends", Number),
        ],
    ),
    of_repository(
        "signings",
        &["repository", "manifest", "profile"],
        "manifest, profile",
        &[of("manifest", Kind::Digest), of("profile", Text), of("started", Number)],
    ),
    of_repository(
        "replications",
        &["repository", "manifest", "tag", "account", "region"],
        "manifest, tag, account, region",
        &[
            of("manifest", Kind::Digest),
            of("tag", Text),
            of("account", Account),
            of("region", Text),
            of("status", Word(&["COMPLETE", "FAILED", "IN_PROGRESS"])),
            maybe("failure", Text),
            of("queued", Number),
        ],
    ),
    of_repository(
        "upload_parts",
        &["repository", "id"],
        "id",
        &[of("id", Text), of("parts", Number), of("last_bytes", Number), maybe("least", Number)],
    ),
];
