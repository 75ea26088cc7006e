//! The log of events: written within each change, read in its order, swept from its old end.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::{Connection, change::Change};
use crate::{
    error::{Error, Result},
    model::{Event, EventAction, EventSubject, Namespace},
    ports::{Deed, EventPage, EventSpan},
    store::encoding::{now_text, read, read_json, read_time, time_text},
};

/// With the image's labels, if they are not longer than a log has room for.
const NOTE: &str = "INSERT INTO events (sequence, namespace, time, action, image_id, name, attributes) VALUES \
     ((SELECT COALESCE(MAX(sequence), 0) + 1 FROM events), $1, $2, $3, $4, $5, \
      COALESCE((SELECT labels FROM images WHERE namespace = $1 AND id = $4 AND length(labels) <= 8192), '{}'))";
/// One row without an event if there is none: the bounds are of the same moment as the events.
const PAGE: &str = "SELECT b.oldest, b.newest, e.sequence, e.time, e.action, e.image_id, e.name, e.attributes \
     FROM (SELECT (SELECT MIN(sequence) FROM events) AS oldest, (SELECT MAX(sequence) FROM events) AS newest) b \
     LEFT JOIN (SELECT sequence, time, action, image_id, name, attributes FROM events \
      WHERE namespace = $1 AND sequence > $2 AND time >= $3 AND time <= $4 ORDER BY sequence LIMIT $5) e \
     ON 1 = 1 ORDER BY e.sequence";
const NEWEST: &str = "SELECT MAX(sequence) FROM events";
const OLDEST: &str = "SELECT MIN(sequence) FROM events";
/// The oldest that is young enough, among those that one sweep may take. Services' clocks differ, and nothing may go before what is older by its
/// number.
const YOUNG: &str =
    "SELECT sequence FROM events WHERE sequence < $2 AND time >= $1 ORDER BY sequence LIMIT 1";
const SWEEP: &str = "DELETE FROM events WHERE sequence < $1";
/// Events that one sweep takes away.
const SWEPT: i64 = 1000;

/// Sorts behind every time.
const AFTER_THE_LAST: &str = "~";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: [&str; 6] = [NOTE, PAGE, NEWEST, OLDEST, YOUNG, SWEEP];

type PageRow = (
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

/// Writes down what a change does, within its transaction. An image that is deleted must still be there, for its labels.
pub(super) async fn note(
    connection: &mut Connection,
    namespace: &str,
    action: EventAction,
    image: &str,
    name: &str,
) -> sqlx::Result<()> {
    let query = sqlx::query(NOTE).bind(namespace).bind(now_text()).bind(action.as_str());
    query.bind(image).bind(name).execute(connection).await.map(drop)
}

pub(super) async fn page(
    connection: &mut Connection,
    namespace: &Namespace,
    span: &EventSpan,
    limit: u32,
) -> Result<EventPage> {
    let bound =
        |time: Option<OffsetDateTime>, open: &str| time.and_then(time_text).unwrap_or(open.to_owned());
    let query = sqlx::query_as(PAGE).bind(namespace.as_str());
    let query = query.bind(i64::try_from(span.after).unwrap_or(i64::MAX));
    let query = query.bind(bound(span.since, "")).bind(bound(span.until, AFTER_THE_LAST));
    let rows: Vec<PageRow> = query.bind(i64::from(limit)).fetch_all(connection).await?;
    let number = |number: Option<i64>| number.unwrap_or_default().unsigned_abs();
    let (oldest, newest) = rows.first().map_or((0, 0), |row| (number(row.0), number(row.1)));
    let events = rows.into_iter().filter_map(read_event).collect::<Result<Vec<_>>>()?;
    let is_last = events.len() < limit as usize;
    let next = match events.last() {
        Some(event) if !is_last => event.sequence,
        _ => newest.max(span.after),
    };
    Ok(EventPage { events, next, is_last, oldest, newest })
}

/// Nothing if the row holds the bounds alone.
fn read_event((_, _, sequence, time, action, image, name, attributes): PageRow) -> Option<Result<Event>> {
    let (sequence, time, action) = (sequence?, time?, action?);
    let (image, name, attributes) = (image?, name?, attributes?);
    let event = || {
        let action: EventAction = read(&action)?;
        let labels: BTreeMap<String, String> = read_json(&attributes)?;
        let (sequence, time) = (sequence.unsigned_abs(), read_time(&time)?);
        Ok(Event { sequence, time, action, subject: subject(action, &image, &name)?, labels })
    };
    Some(event())
}

fn subject(action: EventAction, image: &str, name: &str) -> Result<EventSubject> {
    if action.concerns_credential() {
        return Ok(EventSubject::Credential(read(name)?));
    }
    let reference = if name.is_empty() { None } else { Some(read(name)?) };
    Ok(EventSubject::Image { id: read(image)?, reference })
}

/// What changed nothing but the log.
pub(super) struct NoteDeeds(pub(super) Vec<Deed>);

impl Change for NoteDeeds {
    type Answer = ();

    async fn apply(&self, connection: &mut Connection) -> Result<()> {
        for Deed { namespace, action, image, reference } in &self.0 {
            let name = reference.as_ref().map(ToString::to_string).unwrap_or_default();
            note(connection, namespace.as_str(), *action, &image.to_string(), &name).await?;
        }
        Ok(())
    }
}

/// Some of the oldest events. Answers how many.
pub(super) struct SweepEvents {
    pub(super) keep: u64,
    pub(super) before: OffsetDateTime,
}

impl Change for SweepEvents {
    type Answer = u64;

    async fn apply(&self, connection: &mut Connection) -> Result<u64> {
        let newest: Option<i64> = sqlx::query_scalar(NEWEST).fetch_one(&mut *connection).await?;
        let oldest: Option<i64> = sqlx::query_scalar(OLDEST).fetch_one(&mut *connection).await?;
        let (Some(newest), Some(oldest)) = (newest, oldest) else { return Ok(0) };
        let before =
            time_text(self.before).ok_or_else(|| Error::internal("no time to sweep events before"))?;
        let most = oldest.saturating_add(SWEPT);
        let young = sqlx::query_scalar(YOUNG).bind(before).bind(most);
        let young: Option<i64> = young.fetch_optional(&mut *connection).await?;
        let kept = newest.saturating_sub(i64::try_from(self.keep).unwrap_or(i64::MAX)).saturating_add(1);
        let first = kept.max(young.unwrap_or(newest)).min(newest).min(most);
        if first <= oldest {
            return Ok(0);
        }
        Ok(sqlx::query(SWEEP).bind(first).execute(connection).await?.rows_affected())
    }
}

/// The number of the newest event; 0 if there never was one.
pub(super) async fn newest(connection: &mut Connection) -> Result<i64> {
    let newest: Option<i64> = sqlx::query_scalar(NEWEST).fetch_one(connection).await?;
    Ok(newest.unwrap_or_default())
}
