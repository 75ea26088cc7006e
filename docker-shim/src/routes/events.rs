//! `GET /events`: a line for each, as it is done, until the end that the client has set or the server's own.

use std::io;

use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use imageservice_proto::v1::{EventFilter, WatchEventsRequest, WatchEventsResponse};
use prost_types::Timestamp;
use time::OffsetDateTime;

use super::Asked;
use crate::{
    answer::{self, Answer},
    error::Failure,
    event_filters::EventFilters,
    query::Query,
    service::Shim,
    timestamp,
    translate::event::event_line,
    upstream::Events,
};

pub(crate) async fn events(shim: &Shim, asked: Asked<'_>) -> Result<Answer, Failure> {
    let query = asked.query()?;
    let request = watch_request(&query, OffsetDateTime::now_utc())?;
    let filters = EventFilters::parse(query.text("filters"))?;
    let mut events = shim.upstream.watch_events(request).await?;
    // Tells where the watch begins: whatever is done from here on is told.
    events.next().await?;
    let ending = shim.ending();
    Ok(answer::json_stream(lines(events, filters).take_until(ending).boxed()))
}

/// Without a time to begin at, one to end at means that all from the oldest on is wanted.
fn watch_request(query: &Query<'_>, now: OffsetDateTime) -> Result<WatchEventsRequest, Failure> {
    let (since, until) = (time_of(query, "since", now)?, time_of(query, "until", now)?);
    if let (Some(begin), Some(end)) = (since, until)
        && (end.seconds, end.nanos) < (begin.seconds, begin.nanos)
    {
        let (since, until) = (query.text("since"), query.text("until"));
        return Err(Failure::invalid(format!(
            "`since` time ({since}) cannot be after `until` time ({until})"
        )));
    }
    let after = (since.is_none() && until.is_some()).then_some(0);
    Ok(WatchEventsRequest { after, filter: Some(EventFilter { since, until, ..EventFilter::default() }) })
}

/// A zero is the beginning of time here, and not a duration before now.
fn time_of(query: &Query<'_>, key: &str, now: OffsetDateTime) -> Result<Option<Timestamp>, Failure> {
    match query.text(key) {
        "" => Ok(None),
        "0" => Ok(Some(Timestamp::default())),
        text => {
            let time = timestamp::parse_filter(text, now);
            let mistake = || Failure::invalid(format!("failed to parse value as time or duration: {text:?}"));
            time.map(Some).ok_or_else(mistake)
        }
    }
}

fn lines(
    events: Events<WatchEventsResponse>,
    filters: EventFilters,
) -> BoxStream<'static, io::Result<Bytes>> {
    let lines = stream::try_unfold((events, filters), move |(mut events, filters)| async move {
        loop {
            let told = events
                .next()
                .await
                .map_err(|error| io::Error::other(Failure::from(error).told_late("events")))?;
            let Some(told) = told else { return Ok(None) };
            let line = told.event.as_ref().and_then(event_line).filter(|line| filters.pass(line));
            if let Some(line) = line {
                let line = answer::rendered(&line).map_err(|failure| io::Error::other(failure.message))?;
                return Ok(Some((line, (events, filters))));
            }
        }
    });
    lines.boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(query: &str) -> Result<WatchEventsRequest, String> {
        let now = OffsetDateTime::from_unix_timestamp(1000).unwrap();
        watch_request(&Query::parse(Some(query)).unwrap(), now)
            .map_err(|failure| failure.message.into_owned())
    }

    #[test]
    fn only_what_is_done_from_now_on_is_told_unless_a_time_is_given() {
        let live = request("").unwrap();
        assert_eq!((live.after, live.filter.unwrap()), (None, EventFilter::default()));
        assert_eq!(request("until=5").unwrap().after, Some(0));
        let ago = request("since=10m&until=2000").unwrap();
        assert_eq!((ago.after, ago.filter.unwrap().since.unwrap().seconds), (None, 400));
        assert_eq!(request("since=0").unwrap().filter.unwrap().since, Some(Timestamp::default()));
    }

    #[test]
    fn times_that_make_no_sense_are_refused() {
        assert_eq!(
            request("since=20&until=10").unwrap_err(),
            "`since` time (20) cannot be after `until` time (10)"
        );
        assert!(request("since=soon").unwrap_err().contains("\"soon\""));
    }
}
