//! Whose a database is, and how old: told by the migrations that were applied to it.

use sqlx::migrate::Migration;

/// What the history of a database says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum History {
    /// There is nothing in it.
    Empty,
    /// It is this program's; the last migration.
    Ours(i64),
    /// This program's in a later version; the first migration that is not known here.
    Newer(i64),
    /// Another program's.
    Foreign,
}

impl History {
    /// From what was applied, in order, with checksums. The first migration, which never changes, tells whose database it is: others number
    /// theirs in the same table.
    pub(super) fn of(applied: &[(i64, Vec<u8>)], known: &[Migration]) -> Self {
        let is_known = |(version, checksum): &(i64, Vec<u8>)| {
            known.iter().any(|one| one.version == *version && *one.checksum == **checksum)
        };
        let is_newer = |version: &i64| !known.iter().any(|one| one.version == *version);
        match (applied.first(), applied.last()) {
            (Some(first), Some((last, _))) if is_known(first) => {
                match applied.iter().find(|one| !is_known(one)) {
                    None => Self::Ours(*last),
                    Some((version, _)) if is_newer(version) => Self::Newer(*version),
                    Some(_) => Self::Foreign,
                }
            }
            (Some(_), _) => Self::Foreign,
            _ => Self::Empty,
        }
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{SqlSafeStr, migrate::MigrationType};

    use super::*;

    fn known() -> Vec<Migration> {
        let sql = ["SELECT 1", "SELECT 2", "SELECT 3"];
        let migration = |(number, sql): (i64, &'static str)| {
            Migration::new(number, "step".into(), MigrationType::Simple, sql.into_sql_str(), false)
        };
        (1..).zip(sql).map(migration).collect()
    }

    fn applied(versions: &[i64]) -> Vec<(i64, Vec<u8>)> {
        let checksum = |version| {
            let known = known().into_iter().find(|one| one.version == version);
            known.map(|one| one.checksum.to_vec()).unwrap_or_default()
        };
        versions.iter().map(|version| (*version, checksum(*version))).collect()
    }

    #[test]
    fn the_first_migration_tells_whose_a_database_is() {
        for (versions, history) in [
            (&[][..], History::Empty),
            (&[1, 2, 3], History::Ours(3)),
            (&[1, 2, 98, 99], History::Newer(98)),
            (&[99], History::Foreign),
            (&[20_240_101_000_000, 20_240_102_000_000], History::Foreign),
        ] {
            assert_eq!(History::of(&applied(versions), &known()), history, "{versions:?}");
        }
    }

    #[test]
    fn a_migration_that_was_another_is_not_ours() {
        for changed in [0, 1] {
            let mut applied = applied(&[1, 2]);
            applied[changed].1 = b"another".to_vec();
            assert_eq!(History::of(&applied, &known()), History::Foreign);
        }
    }
}
