//! W3C Trace Context: the place of a request in its client's trace.

use std::fmt;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header, of requests and of answers.
pub(super) static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The host's span of a request, and the trace it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trace {
    /// 32 hexadecimal digits.
    pub(super) trace_id: String,
    /// The client's span, of 16 digits, if it told one.
    pub(super) parent_id: Option<String>,
    /// The host's own, of 16 digits.
    pub(super) span_id: String,
    /// Whether it is kept: the client's word, or else the host's own.
    pub(super) is_sampled: bool,
}

impl Trace {
    /// The trace of a request; a new one where the client tells none that can be read. `random` are 32
    /// digits that no other request has; of traces that begin here, `percent` of a hundred are kept.
    pub(super) fn of(headers: &HeaderMap, random: &str, percent: u64) -> Self {
        let span_id = random.get(16..32).unwrap_or("0000000000000001").to_owned();
        match told(headers) {
            Some((trace_id, parent_id, is_sampled)) => {
                Self { trace_id, parent_id: Some(parent_id), span_id, is_sampled }
            }
            None => {
                let trace_id = random.to_owned();
                // The end of it is random: its beginning tells the time.
                let drawn = random.get(24..).and_then(|end| u64::from_str_radix(end, 16).ok());
                let is_sampled = drawn.unwrap_or_default() % 100 < percent;
                Self { trace_id, parent_id: None, span_id, is_sampled }
            }
        }
    }

    /// The header of the answer.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.to_string()).ok()
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.is_sampled);
        write!(f, "00-{}-{}-{flags:02x}", self.trace_id, self.span_id)
    }
}

/// What the client tells: trace, span, whether it is sampled. A second header, or one that is not of the
/// format, tells nothing: the specification wants a new trace then.
fn told(headers: &HeaderMap) -> Option<(String, String, bool)> {
    let mut values = headers.get_all(&TRACEPARENT).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let mut parts = value.split('-');
    let [version, trace_id, span_id, flags] =
        [parts.next(), parts.next(), parts.next(), parts.next()];
    let (version, trace_id) = (hex(version?, 2)?, hex(trace_id?, 32)?);
    let (span_id, flags) = (hex(span_id?, 16)?, hex(flags?, 2)?);
    // Later versions may say more behind these four; this one says nothing more.
    let is_readable = version != "ff" && (version != "00" || parts.next().is_none());
    let is_none = |id: &str| id.bytes().all(|digit| digit == b'0');
    if !is_readable || is_none(trace_id) || is_none(span_id) {
        return None;
    }
    let is_sampled = u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1);
    Some((trace_id.to_owned(), span_id.to_owned(), is_sampled))
}

fn hex(text: &str, digits: usize) -> Option<&str> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (text.len() == digits && text.bytes().all(is_digit)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANDOM: &str = "019300000000700080001234567890ab";

    fn of(values: &[&str]) -> Trace {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(&TRACEPARENT, HeaderValue::from_str(value).expect("a value"));
        }
        Trace::of(&headers, RANDOM, 0)
    }

    #[test]
    fn the_clients_trace_goes_on_under_a_span_of_the_hosts() {
        let trace = of(&["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"]);
        assert_eq!(trace.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(trace.parent_id.as_deref(), Some("00f067aa0ba902b7"));
        assert_eq!(trace.to_string(), "00-4bf92f3577b34da6a3ce929d0e0e4736-80001234567890ab-01");
        let later = of(&["cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-02-more"]);
        assert_eq!(later.trace_id, trace.trace_id);
        assert!(later.to_string().ends_with("-00"));
    }

    #[test]
    fn of_traces_that_begin_here_some_are_kept() {
        let kept = |random: &str, percent| Trace::of(&HeaderMap::new(), random, percent).is_sampled;
        let random = |end: u64| format!("0193000000007000800012340000{end:04x}");
        assert!((0..100).all(|end| kept(&random(end), 100) && !kept(&random(end), 0)));
        assert_eq!((0..100).filter(|end| kept(&random(*end), 30)).count(), 30);
    }

    #[test]
    fn what_is_not_of_the_format_begins_a_new_trace() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let new = of(&[]);
        assert_eq!((new.trace_id.as_str(), &new.parent_id), (RANDOM, &None));
        for values in [
            &["ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"][..],
            &["00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"],
            &["00-00000000000000000000000000000000-00f067aa0ba902b7-01"],
            &["00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"],
            &["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"],
            &["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"],
            &["ERIKSSON"],
            &[""],
            &[good, good],
        ] {
            assert_eq!(of(values), new, "{values:?}");
        }
    }
}
