//! A config's labels, read up to a size: every listing carries them.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};

const MOST: usize = 10_000;
/// Of names and values together. Buildpacks keep some hundred kilobytes of what they did in labels.
const MOST_BYTES: usize = 1024 * 1024;

/// Labels within the bounds; what is beyond them is an error as soon as it is met.
#[derive(Default)]
pub(super) struct Labels(pub(super) BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object).map(Self)
    }
}

/// Whether an image has a label: `key`, or `key=value` with that value.
#[must_use]
pub fn has_label(labels: &BTreeMap<String, String>, wanted: &str) -> bool {
    match wanted.split_once('=') {
        Some((key, value)) => labels.get(key).is_some_and(|held| held == value),
        None => labels.contains_key(wanted),
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = BTreeMap<String, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut labels, mut bytes) = (BTreeMap::new(), 0);
        while let Some((name, value)) = map.next_entry::<String, String>()? {
            bytes += name.len() + value.len();
            labels.insert(name, value);
            if labels.len() > MOST {
                return Err(A::Error::custom(format_args!("it has more than {MOST} labels")));
            }
            if bytes > MOST_BYTES {
                return Err(A::Error::custom(format_args!("its labels have more than {MOST_BYTES} bytes")));
            }
        }
        Ok(labels)
    }
}
