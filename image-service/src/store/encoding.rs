//! How values are written into columns: times as text that sorts, lists and maps as JSON, names as references.

use std::{fmt::Display, str::FromStr};

use serde::{Serialize, de::DeserializeOwned};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use crate::{
    error::{Error, Result},
    model::{Digest, Reference, Repository, Tag},
};

/// RFC 3339 in UTC with nine decimals. Nothing for a date that this cannot hold, which then counts as absent.
pub(super) fn time_text(time: OffsetDateTime) -> Option<String> {
    let time = time.checked_to_offset(UtcOffset::UTC).filter(|time| (0..=9999).contains(&time.year()))?;
    let (date, clock) = (time.date(), time.time());
    let (hour, minute, second, nanos) = clock.as_hms_nano();
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z"))
}

/// The present.
pub(super) fn now_text() -> String {
    time_text(OffsetDateTime::now_utc()).unwrap_or_default()
}

/// A stored time.
pub(super) fn read_time(text: &str) -> Result<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|error| damaged(text, error))
}

/// A stored time, or the empty text that stands for none.
pub(super) fn read_optional_time(text: &str) -> Result<Option<OffsetDateTime>> {
    if text.is_empty() { Ok(None) } else { read_time(text).map(Some) }
}

/// A list or a map.
pub(super) fn json_text<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

/// A stored list or map.
pub(super) fn read_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| damaged(text, error))
}

/// A stored digest, repository or tag.
pub(super) fn read<T: FromStr<Err: Display>>(text: &str) -> Result<T> {
    text.parse().map_err(|error: T::Err| damaged(text, error))
}

/// Tags that a statement gathered as `repository:tag`, with spaces between them; sorted.
pub(super) fn read_tags(gathered: Option<&str>) -> Result<Vec<(Repository, Tag)>> {
    read_names(gathered, |reference| Some((reference.repository, reference.tag?)))
}

/// Repo digests that a statement gathered as `repository@digest`, with spaces between them; sorted.
pub(super) fn read_digests(gathered: Option<&str>) -> Result<Vec<(Repository, Digest)>> {
    read_names(gathered, |reference| Some((reference.repository, reference.digest?)))
}

fn read_names<T: Ord>(gathered: Option<&str>, part: impl Fn(Reference) -> Option<T>) -> Result<Vec<T>> {
    let names = gathered.unwrap_or_default().split_ascii_whitespace();
    let names = names.map(|name| part(read(name)?).ok_or_else(|| damaged(name, "incomplete")));
    let mut names = names.collect::<Result<Vec<T>>>()?;
    names.sort();
    Ok(names)
}

/// A name that nothing else has; nothing if the system gives no random numbers.
pub(super) fn random_name() -> Option<String> {
    let mut bytes = [0; 8];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(hex::encode(bytes))
}

/// Anything from nothing to one; all of it if the system gives no random numbers.
pub(super) fn random_fraction() -> f64 {
    let mut bytes = [0; 2];
    let filled = aws_lc_rs::rand::fill(&mut bytes);
    filled.map_or(1.0, |()| f64::from(u16::from_le_bytes(bytes)) / f64::from(u16::MAX))
}

fn damaged(text: &str, why: impl Display) -> Error {
    let shown: String = text.chars().take(100).collect();
    Error::internal(format!("the store holds {shown:?}, which cannot be read: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> OffsetDateTime {
        OffsetDateTime::parse(text, &Rfc3339).unwrap()
    }

    #[test]
    fn times_of_all_years_come_back_and_sort_as_text() {
        let times = [
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00Z",
            "1969-12-31T23:59:59.999999999Z",
            "2024-05-01T12:00:00+02:00",
            "2024-05-01T10:00:00.000000001Z",
            "9999-12-31T23:59:59.999999999Z",
        ];
        let texts: Vec<_> = times.iter().map(|text| time_text(time(text)).unwrap()).collect();
        assert!(texts.is_sorted(), "{texts:?}");
        for (stored, original) in texts.iter().zip(times) {
            assert_eq!(read_time(stored).unwrap(), time(original));
        }
    }

    #[test]
    fn a_time_beyond_the_calendar_counts_as_absent() {
        assert_eq!(time_text(time("9999-12-31T23:59:59-12:00")), None);
        assert_eq!(time_text(time("0000-01-01T00:00:00+12:00")), None);
        assert_eq!(read_optional_time("").unwrap(), None);
    }

    #[test]
    fn gathered_names_are_read_and_sorted() {
        let tags = read_tags(Some("docker.io/library/b:1 [::1]:5000/a:x docker.io/library/a:2")).unwrap();
        let tags: Vec<_> = tags.iter().map(|(repository, tag)| format!("{repository}:{tag}")).collect();
        assert_eq!(tags, ["[::1]:5000/a:x", "docker.io/library/a:2", "docker.io/library/b:1"]);
        assert!(read_digests(None).unwrap().is_empty());
        assert!(matches!(read_digests(Some("docker.io/library/a:2")), Err(Error::Internal(_))));
    }
}
