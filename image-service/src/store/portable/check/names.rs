//! The names that are gathered beside a config must be those of the tables of names.

use futures_util::TryStreamExt;

use super::{Connection, Finding, MAKE_ANEW, Result, Tell};

const GATHERED: &str =
    concat!("SELECT i.namespace, i.id, i.tags, i.repo_digests, ", gathered_names!(), " FROM image_configs i");

type Names = Option<String>;

pub(super) async fn gathered(connection: &mut Connection, tell: &mut Tell<'_>) -> Result<()> {
    let mut rows =
        sqlx::query_as::<_, (String, String, Names, Names, Names, Names)>(GATHERED).fetch(connection);
    while let Some((namespace, id, tags, digests, its_tags, its_digests)) = rows.try_next().await? {
        for (what, gathered, there) in [("tags", &tags, &its_tags), ("repo digests", &digests, &its_digests)]
        {
            if sorted(gathered) != sorted(there) {
                let object = format!("image {namespace} {id}");
                let wrong = format!("the {what} beside its config are not those that it has");
                tell(Finding { object, wrong, remedy: MAKE_ANEW });
            }
        }
    }
    Ok(())
}

/// They are gathered in any order.
fn sorted(names: &Names) -> Vec<&str> {
    let mut names: Vec<_> = names.iter().flat_map(|names| names.split(' ')).collect();
    names.sort_unstable();
    names
}
