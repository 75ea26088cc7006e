//! What to do about a key or a word that nobody knows.

use super::{
    path::{Shown, Step},
    tree::{Node, Value},
};

/// Below it two words have no more in common than any two.
const ALIKE: f64 = 0.8;

/// What was probably meant, else what there is.
pub(super) fn among(found: &str, known: &[&str]) -> String {
    match nearest(found, known) {
        Some(meant) => format!("did you mean {meant}?"),
        None => format!("possible are {}", listed(known)),
    }
}

/// For a key: the table that it belongs to may be another. A key after the wrong `[table]` line is the commonest mistake of all.
pub(super) fn for_key(found: &str, known: &[&str], example: &Node) -> String {
    if nearest(found, known).is_none()
        && let Some(way) = elsewhere(found, example)
    {
        return match way.split_last() {
            Some((_, [])) => "it belongs to the top of the file, before the first [table]".into(),
            Some((_, table)) => format!("it belongs to [{}]", Shown(table)),
            None => String::new(),
        };
    }
    among(found, known)
}

/// The word that is most like another, if any is.
pub(super) fn nearest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    let alike = known.iter().map(|word| (strsim::jaro_winkler(found, word), *word));
    let best = alike.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (best.0 >= ALIKE).then_some(best.1)
}

/// Where else there is a key of that name.
fn elsewhere(found: &str, node: &Node) -> Option<Vec<Step>> {
    let Value::Table(entries) = &node.value else { return None };
    if entries.contains_key(found) {
        return Some(vec![Step::Key(found.to_owned())]);
    }
    entries.iter().find_map(|(key, inner)| {
        let mut way = elsewhere(found, inner)?;
        way.insert(0, Step::Key(key.clone()));
        Some(way)
    })
}

fn listed(known: &[&str]) -> String {
    match known {
        [] => "none".into(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
