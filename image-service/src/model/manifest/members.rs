//! The members of a JSON object, kept apart so that none can hide another.
//!
//! Go reads keys without regard to case and takes the last of several; serde does neither. Where the two would differ, nothing is read.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// Names and raw values in document order.
pub(super) struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Members<'a> {
    /// Reads an object; the error says in one clause what is wrong.
    pub(super) fn of(json: &'a str) -> Result<Self, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    /// The raw value of a member; null counts as absent.
    pub(super) fn raw(&self, name: &str) -> Result<Option<&'a str>, String> {
        let mut found = None;
        for (key, value) in self.0.iter().filter(|(key, _)| folds_to(key, name)) {
            if key != name {
                return Err(format!("it has a member {key:?} that some readers take for {name:?}"));
            }
            if found.replace(value.get()).is_some() {
                return Err(format!("it has the member {name:?} twice"));
            }
        }
        Ok(found.filter(|value| *value != "null"))
    }

    /// The value of a member.
    pub(super) fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, String> {
        let Some(raw) = self.raw(name)? else { return Ok(None) };
        serde_json::from_str(raw).map(Some).map_err(|error| format!("its {name} cannot be read: {error}"))
    }

    /// A member that is an object.
    pub(super) fn object(&self, name: &str) -> Result<Option<Self>, String> {
        let Some(raw) = self.raw(name)? else { return Ok(None) };
        Self::of(raw).map(Some).map_err(|error| format!("its {name} cannot be read: {error}"))
    }

    /// A member that is an array of objects.
    pub(super) fn objects(&self, name: &str) -> Result<Option<Vec<Self>>, String> {
        let Some(raw) = self.raw(name)? else { return Ok(None) };
        serde_json::from_str(raw).map(Some).map_err(|error| format!("its {name} cannot be read: {error}"))
    }
}

/// Whether Go's reader takes `key` for `name`; it folds two characters beyond ASCII.
fn folds_to(key: &str, name: &str) -> bool {
    let folded = |c: char| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        c => c.to_ascii_lowercase(),
    };
    key.chars().map(folded).eq(name.chars().map(folded))
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Object).map(Self)
    }
}
