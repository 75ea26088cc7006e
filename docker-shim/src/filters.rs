//! The `filters` parameter: `{"key":["v"]}` or `{"key":{"v":true}}`.

use std::collections::BTreeMap;

use imageservice_proto::v1::ListFilters;
use serde_json::Value;
use time::OffsetDateTime;

use crate::{error::Failure, timestamp};

type Values = BTreeMap<String, Vec<String>>;

/// Reads the filters of an image list. An empty text means none.
pub(crate) fn parse_image_filters(text: &str, now: OffsetDateTime) -> Result<ListFilters, Failure> {
    let mut filters = ListFilters::default();
    for (key, values) in parse(text)? {
        match key.as_str() {
            "dangling" => filters.dangling = Some(truth(&key, &values)?),
            "label" => filters.labels = values,
            "reference" => filters.references = values,
            "before" => filters.before = values,
            "since" => filters.since = values,
            "until" => filters.until = earliest(&values, now)?,
            _ => return Err(Failure::invalid(format!("invalid filter '{key}'"))),
        }
    }
    Ok(filters)
}

/// In the map form a value with `false` still counts: Docker only looks the key up.
pub(crate) fn parse(text: &str) -> Result<Values, Failure> {
    if text.is_empty() {
        return Ok(Values::new());
    }
    let invalid = || Failure::invalid("invalid filter");
    let members = match serde_json::from_str(text) {
        Ok(Value::Object(members)) => members,
        Ok(Value::Null) => return Ok(Values::new()),
        _ => return Err(invalid()),
    };
    let members = members.into_iter().map(|(key, value)| {
        let values = match value {
            Value::Object(values) => values.into_iter().map(|(value, _)| value).collect(),
            Value::Array(values) => {
                values.into_iter().map(text_of).collect::<Option<_>>().ok_or_else(invalid)?
            }
            Value::Null => Vec::new(),
            _ => return Err(invalid()),
        };
        Ok((key, values))
    });
    members.collect()
}

fn text_of(value: Value) -> Option<String> {
    if let Value::String(text) = value { Some(text) } else { None }
}

fn truth(key: &str, values: &[String]) -> Result<bool, Failure> {
    let any = |words: [&str; 2]| values.iter().any(|value| words.contains(&value.as_str()));
    match (any(["1", "true"]), any(["0", "false"])) {
        (true, false) => Ok(true),
        (false, true) => Ok(false),
        _ => Err(Failure::invalid(format!("invalid filter '{key}=[{}]'", values.join(" ")))),
    }
}

/// An image must be older than all of the times.
fn earliest(values: &[String], now: OffsetDateTime) -> Result<Option<prost_types::Timestamp>, Failure> {
    let times = values.iter().map(|text| {
        let time = timestamp::parse_filter(text, now);
        time.ok_or_else(|| Failure::invalid(format!("failed to parse value as time or duration: {text:?}")))
    });
    let times: Vec<_> = times.collect::<Result<_, _>>()?;
    Ok(times.into_iter().min_by_key(|time| (time.seconds, time.nanos)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<ListFilters, String> {
        parse_image_filters(text, OffsetDateTime::UNIX_EPOCH).map_err(|failure| {
            assert_eq!(failure.status, 400);
            failure.message.into_owned()
        })
    }

    #[test]
    fn both_shapes_mean_the_same() {
        let expected = ListFilters {
            dangling: Some(true),
            labels: vec!["a".to_owned(), "b=c".to_owned()],
            references: vec!["nginx*".to_owned()],
            ..ListFilters::default()
        };
        assert_eq!(
            read(r#"{"dangling":["true"],"label":["a","b=c"],"reference":["nginx*"]}"#),
            Ok(expected.clone())
        );
        assert_eq!(
            read(r#"{"dangling":{"1":true},"label":{"a":true,"b=c":false},"reference":{"nginx*":true}}"#),
            Ok(expected)
        );
    }

    #[test]
    fn no_filter_is_no_filter() {
        assert_eq!(read(""), Ok(ListFilters::default()));
        assert_eq!(read("{}"), Ok(ListFilters::default()));
        assert_eq!(read("null"), Ok(ListFilters::default()));
        assert_eq!(read(r#"{"label":null}"#), Ok(ListFilters::default()));
    }

    #[test]
    fn a_truth_may_be_said_twice_and_with_other_words() {
        for (text, truth) in
            [(r#"["true","1"]"#, true), (r#"["1","maybe"]"#, true), (r#"{"0":true,"false":true}"#, false)]
        {
            let filters = read(&format!(r#"{{"dangling":{text}}}"#)).unwrap();
            assert_eq!(filters.dangling, Some(truth), "{text}");
        }
    }

    #[test]
    fn until_is_the_earliest_of_its_times() {
        let until = read(r#"{"until":["20","10.5","2026-01-02"]}"#).unwrap().until.unwrap();
        assert_eq!((until.seconds, until.nanos), (10, 500_000_000));
    }

    #[test]
    fn mistakes_are_named() {
        for (text, message) in [
            ("xx", "invalid filter"),
            ("[]", "invalid filter"),
            (r#"{"dangling":"true"}"#, "invalid filter"),
            (r#"{"label":[1]}"#, "invalid filter"),
            (r#"{"foo":["bar"]}"#, "invalid filter 'foo'"),
            (r#"{"dangling":["maybe"]}"#, "invalid filter 'dangling=[maybe]'"),
            (r#"{"dangling":{"true":true,"false":true}}"#, "invalid filter 'dangling=[false true]'"),
            (r#"{"dangling":[]}"#, "invalid filter 'dangling=[]'"),
            (r#"{"until":["soon"]}"#, "failed to parse value as time or duration: \"soon\""),
        ] {
            assert_eq!(read(text), Err(message.to_owned()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in "\\PC*") {
            let _ = read(&text);
        }
    }
}
