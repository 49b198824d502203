//! How long a client waits for an answer: what it says itself, within what the host allows.
//!
//! The time is that of everything from the head of the request on: the body, the turns of pages, the rules,
//! the queue and the model. Whatever stage a document is in when it is over, or when its client leaves,
//! nothing more is done for it.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName};

use super::ApiError;

/// Milliseconds, a whole number of 1 at least. Longer than `request_timeout_ms` is as that.
static TIMEOUT: HeaderName = HeaderName::from_static("x-request-timeout-ms");

/// More digits than any time has that makes sense.
const MOST_DIGITS: usize = 10;

/// How long the client of a request waits, at most `limit`.
///
/// # Errors
/// When the header stands twice, or is no number.
pub(super) fn timeout_of(headers: &HeaderMap, limit: Duration) -> Result<Duration, ApiError> {
    let mut values = headers.get_all(&TIMEOUT).iter();
    let Some(value) = values.next() else { return Ok(limit) };
    let digits = value.to_str().ok().filter(|text| {
        text.len() <= MOST_DIGITS && !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
    });
    let milliseconds = digits.and_then(|digits| digits.parse::<u64>().ok());
    match milliseconds.filter(|milliseconds| *milliseconds > 0 && values.next().is_none()) {
        Some(milliseconds) => Ok(Duration::from_millis(milliseconds).min(limit)),
        None => Err(ApiError::Timeout),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    fn of(values: &[&str]) -> Option<Duration> {
        let values = values.iter().map(|value| HeaderValue::from_str(value).expect("a value"));
        let headers = values.map(|value| (TIMEOUT.clone(), value)).collect();
        timeout_of(&headers, LIMIT).ok()
    }

    #[test]
    fn a_client_waits_less_than_the_host_allows_and_never_longer() {
        assert_eq!(of(&[]), Some(LIMIT));
        assert_eq!(of(&["1"]), Some(Duration::from_millis(1)));
        assert_eq!(of(&["0250"]), Some(Duration::from_millis(250)));
        assert_eq!(of(&["60000"]), Some(LIMIT));
        assert_eq!(of(&["60001"]), Some(LIMIT));
        assert_eq!(of(&["9999999999"]), Some(LIMIT));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for values in
            [&[""][..], &["0"], &["-1"], &["+1"], &["1.5"], &["1 "], &["1s"], &["10000000000"]]
        {
            assert_eq!(of(values), None, "{values:?}");
        }
        assert_eq!(of(&["1", "1"]), None, "it stands twice");
    }
}
