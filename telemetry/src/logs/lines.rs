//! Marks lines with the request, the trace and the span that they belong to, as far as there are any.

use std::fmt;

use tracing::{Event, Subscriber};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{Format, Full, Json, Writer},
    },
    registry::LookupSpan,
};

use crate::Context;

/// A format, and where its lines are marked.
pub(super) struct Marked<F> {
    inner: F,
    mark: fn(&mut String, &[(&str, &str)]),
}

impl Marked<Format<Full>> {
    pub(super) fn for_eyes(inner: Format<Full>) -> Self {
        Self { inner, mark: mark_text }
    }
}

impl<T> Marked<Format<Json, T>> {
    pub(super) fn as_json(inner: Format<Json, T>) -> Self {
        Self { inner, mark: mark_object }
    }
}

impl<S, N, F> FormatEvent<S, N> for Marked<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'writer> FormatFields<'writer> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let current = Context::current();
        if current == Context::default() {
            return self.inner.format_event(context, writer, event);
        }
        let mut line = String::new();
        self.inner.format_event(context, Writer::new(&mut line), event)?;
        let (trace, span) = current.trace().unwrap_or_default();
        let ids = [("request_id", current.request_id()), ("trace_id", &trace), ("span_id", &span)];
        let ids = ids.into_iter().filter(|(_, id)| !id.is_empty()).collect::<Vec<_>>();
        (self.mark)(&mut line, &ids);
        writer.write_str(&line)
    }
}

/// At the end of the line.
fn mark_text(line: &mut String, ids: &[(&str, &str)]) {
    line.truncate(line.trim_end_matches('\n').len());
    for (name, id) in ids {
        line.extend([" ", name, "=", id]);
    }
    line.push('\n');
}

/// As the first fields of the object. Nothing in an ID has to be escaped.
fn mark_object(line: &mut String, ids: &[(&str, &str)]) {
    let fields: String = ids.iter().map(|(name, id)| format!("\"{name}\":\"{id}\",")).collect();
    if line.starts_with('{') {
        line.insert_str(1, &fields);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: &[(&str, &str)] = &[("request_id", "a-1"), ("trace_id", "0f")];

    #[test]
    fn a_line_for_eyes_ends_with_its_ids() {
        let mut line = "INFO pulled\n".to_owned();
        mark_text(&mut line, IDS);
        assert_eq!(line, "INFO pulled request_id=a-1 trace_id=0f\n");
    }

    #[test]
    fn an_object_begins_with_its_ids() {
        let mut line = "{\"message\":\"pulled\"}\n".to_owned();
        mark_object(&mut line, IDS);
        assert_eq!(line, "{\"request_id\":\"a-1\",\"trace_id\":\"0f\",\"message\":\"pulled\"}\n");
    }
}
