//! Somebody's JSON, and reading its members: null, absent and of another type are one.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

/// A value that borrows its texts from where it was read, unless they are written with escapes.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) enum Json<'a> {
    /// Stands for numbers that are not whole, too.
    #[default]
    Null,
    Truth(bool),
    Number(i64),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    /// As they come; of members that are alike, the last one counts.
    Object(Vec<(Cow<'a, str>, Self)>),
}

/// A member; null if there is none.
pub(crate) fn member<'a>(object: &'a Json<'a>, key: &str) -> &'a Json<'a> {
    members(object).iter().rev().find(|(name, _)| name == key).map_or(&Json::Null, |(_, value)| value)
}

/// A text; empty if there is none.
pub(crate) fn text<'a>(object: &'a Json<'a>, key: &str) -> &'a str {
    as_text(member(object, key)).unwrap_or_default()
}

/// A truth; false if there is none.
pub(crate) fn truth(object: &Json<'_>, key: &str) -> bool {
    matches!(member(object, key), Json::Truth(true))
}

/// A whole number.
pub(crate) fn number(object: &Json<'_>, key: &str) -> Option<i64> {
    if let Json::Number(number) = member(object, key) { Some(*number) } else { None }
}

/// A list.
pub(crate) fn list<'a>(object: &'a Json<'a>, key: &str) -> Option<&'a [Json<'a>]> {
    if let Json::List(items) = member(object, key) { Some(items) } else { None }
}

/// A list of texts.
pub(crate) fn texts<'a>(object: &'a Json<'a>, key: &str) -> Option<Vec<&'a str>> {
    list(object, key)?.iter().map(as_text).collect()
}

/// A command: a list of texts, or one text that stands for such a list.
pub(crate) fn command<'a>(object: &'a Json<'a>, key: &str) -> Option<Vec<&'a str>> {
    as_text(member(object, key)).map_or_else(|| texts(object, key), |word| Some(vec![word]))
}

/// An object, sorted by key.
pub(crate) fn object<'a>(object: &'a Json<'a>, key: &str) -> Option<BTreeMap<&'a str, &'a Json<'a>>> {
    let object = member(object, key);
    let is_object = matches!(object, Json::Object(_));
    is_object.then(|| members(object).iter().map(|(name, value)| (&**name, value)).collect())
}

/// The texts of an object, by key.
pub(crate) fn labels<'a>(labels: &'a Json<'a>, key: &str) -> Option<BTreeMap<&'a str, &'a str>> {
    let members = object(labels, key)?.into_iter();
    Some(members.filter_map(|(name, value)| Some((name, as_text(value)?))).collect())
}

fn members<'a>(object: &'a Json<'a>) -> &'a [(Cow<'a, str>, Json<'a>)] {
    if let Json::Object(members) = object { members } else { &[] }
}

fn as_text<'a>(value: &'a Json<'a>) -> Option<&'a str> {
    if let Json::Text(text) = value { Some(text) } else { None }
}

impl<'a> Deserialize<'a> for Json<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'a> Visitor<'a> for AnyJson {
    type Value = Json<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json<'a>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Json<'a>, E> {
        Ok(Json::Truth(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json<'a>, E> {
        Ok(Json::Number(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json<'a>, E> {
        Ok(i64::try_from(number).map_or(Json::Null, Json::Number))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json<'a>, E> {
        Ok(Json::Null)
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Json<'a>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'a>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<Json<'a>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<Json<'a>, A::Error> {
        let mut object = Vec::new();
        while let Some((name, value)) = members.next_entry()? {
            if let Json::Text(name) = name {
                object.push((name, value));
            }
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_escaped_is_copied() {
        let json: Json<'_> = serde_json::from_str(r#"{"plain":"a","esc\u0061ped":"\n"}"#).unwrap();
        let Json::Object(members) = &json else { panic!("{json:?}") };
        let borrowed = |text: &Cow<'_, str>| matches!(text, Cow::Borrowed(_));
        let copied: Vec<_> = members.iter().map(|(name, _)| borrowed(name)).collect();
        assert_eq!(copied, [true, false]);
        assert_eq!((text(&json, "plain"), text(&json, "escaped")), ("a", "\n"));
    }

    #[test]
    fn of_members_that_are_alike_the_last_one_counts() {
        let json = serde_json::from_str(r#"{"a":"1","l":{"k":"1","b":"","k":"2"},"a":"2"}"#).unwrap();
        assert_eq!(text(&json, "a"), "2");
        assert_eq!(labels(&json, "l").unwrap(), BTreeMap::from([("b", ""), ("k", "2")]));
    }

    #[test]
    fn what_is_of_another_type_is_not_there() {
        let json = serde_json::from_str(r#"{"n":1.5,"big":9223372036854775808,"t":1,"m":[1]}"#).unwrap();
        assert_eq!((number(&json, "n"), number(&json, "big"), number(&json, "t")), (None, None, Some(1)));
        assert_eq!((text(&json, "t"), texts(&json, "m"), labels(&json, "m")), ("", None, None));
        assert!(!truth(&json, "t") && *member(&json, "x") == Json::Null);
    }
}
