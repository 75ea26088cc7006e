//! The context as headers: W3C Trace Context's `traceparent`, version 00, and the request's ID. `tracestate` is other systems' and is not passed on.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// An ID goes into every log line of its request.
const LONGEST_ID: usize = 64;

/// An ID that may stand in a log: letters, digits and `-_.`
pub(crate) fn request_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let id = headers.get(REQUEST_ID)?;
    let bytes = id.as_bytes();
    let plain = bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte));
    (plain && (1..=LONGEST_ID).contains(&bytes.len())).then(|| id.clone())
}

pub(crate) fn traceparent(headers: &HeaderMap) -> Option<SpanContext> {
    let mut parts = headers.get(TRACEPARENT)?.to_str().ok()?.split('-');
    let version = hex(parts.next()?, 2)?;
    let trace = TraceId::from_hex(hex(parts.next()?, 32)?).ok()?;
    let span = SpanId::from_hex(hex(parts.next()?, 16)?).ok()?;
    let flags = u8::from_str_radix(hex(parts.next()?, 2)?, 16).ok()?;
    // A later version may go on, and 255 will never be one.
    if version == "ff" || (version == "00" && parts.next().is_some()) {
        return None;
    }
    let flags = TraceFlags::new(flags) & TraceFlags::SAMPLED;
    let context = SpanContext::new(trace, span, flags, true, TraceState::NONE);
    context.is_valid().then_some(context)
}

pub(crate) fn write(id: Option<&HeaderValue>, span: Option<&SpanContext>, headers: &mut HeaderMap) {
    if let Some(id) = id {
        let mut id = id.clone();
        // Each comes once: none is worth a place in a connection's table of headers.
        id.set_sensitive(true);
        headers.insert(REQUEST_ID, id);
    }
    if let Some(span) = span {
        let sampled = span.trace_flags() & TraceFlags::SAMPLED;
        let text = format!("00-{}-{}-{sampled:02x}", span.trace_id(), span.span_id());
        if let Ok(mut value) = HeaderValue::from_str(&text) {
            value.set_sensitive(true);
            headers.insert(TRACEPARENT, value);
        }
    }
}

/// Lower-case digits, as many as there have to be.
fn hex(text: &str, digits: usize) -> Option<&str> {
    let is_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (text.len() == digits && is_hex).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn parent(text: &str) -> Option<SpanContext> {
        traceparent(&HeaderMap::from_iter([(TRACEPARENT, HeaderValue::from_str(text).unwrap())]))
    }

    fn id(text: &str) -> Option<HeaderValue> {
        request_id(&HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_bytes(text.as_bytes()).unwrap())]))
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut headers = HeaderMap::new();
        write(id("a-1").as_ref(), parent(WELL).as_ref(), &mut headers);
        assert_eq!(headers[TRACEPARENT], WELL);
        assert_eq!(request_id(&headers).unwrap(), "a-1");
        assert_eq!(traceparent(&headers), parent(WELL));
    }

    #[test]
    fn a_parent_that_is_not_well_formed_is_none() {
        for text in [
            "",
            "00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c8031-b7ad6b7169203331-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        ] {
            assert_eq!(parent(text), None, "{text}");
        }
        assert!(parent("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more").is_some());
    }

    #[test]
    fn an_id_cannot_write_log_lines_of_its_own() {
        for text in ["", "a b", "a\tb", "a=\"b\"", "ä", &"x".repeat(65)] {
            assert_eq!(id(text), None, "{text:?}");
        }
        assert!(id("host-7.2_x").is_some());
    }

    proptest::proptest! {
        #[test]
        fn no_header_can_hurt(text in "[ -~]{0,80}") {
            let _ = (parent(&text), id(&text));
        }
    }
}
