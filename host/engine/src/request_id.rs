//! What tells one request from another.

use std::fmt;
use std::time::SystemTime;

use uuid::{NoContext, Timestamp, Uuid};

/// The id of a request: a UUID of version 7, so ids sort by time, or one that its client chose.
///
/// Whatever the client chose, the host makes one of its own: what it decides by an id, nobody else decides.
#[derive(Clone, Debug)]
pub struct RequestId {
    own: String,
    chosen: Option<String>,
}

impl RequestId {
    /// Longest id that a client may choose, in bytes.
    pub const MAX_BYTES: usize = 128;

    /// A new id.
    #[must_use]
    pub fn new() -> Self {
        Self::at(SystemTime::now())
    }

    /// A clock before 1970 makes ids of 1970: random digits still tell them apart.
    fn at(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let time = Timestamp::from_unix(NoContext, since.as_secs(), since.subsec_nanos());
        Self { own: Uuid::new_v7(time).to_string(), chosen: None }
    }

    /// A new id that is written as the client wants it. None where that is no id: 1 to 128 letters, digits,
    /// `-`, `_` and `.`.
    #[must_use]
    pub fn chosen(text: &str) -> Option<Self> {
        let is_plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let is_id = (1..=Self::MAX_BYTES).contains(&text.len()) && text.bytes().all(is_plain);
        is_id.then(|| Self { chosen: Some(text.to_owned()), ..Self::new() })
    }

    /// The host's own, whatever the client chose.
    #[must_use]
    pub fn own(&self) -> &str {
        &self.own
    }

    /// The id as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.chosen.as_deref().unwrap_or(&self.own)
    }
}

impl Default for RequestId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_client_chooses_what_is_written_and_nothing_else() {
        let id = RequestId::chosen("order-17.a_B").expect("an id");
        assert_eq!(id.as_str(), "order-17.a_B");
        assert!(Uuid::parse_str(id.own()).is_ok());
        assert!(RequestId::chosen(&"x".repeat(RequestId::MAX_BYTES)).is_some());
        let long = "x".repeat(RequestId::MAX_BYTES + 1);
        for text in ["", "a b", "a\nb", "ä", "a,b", &long] {
            assert!(RequestId::chosen(text).is_none(), "{text}");
        }
    }

    #[test]
    fn any_clock_makes_ids_that_differ() {
        let epoch = SystemTime::UNIX_EPOCH;
        let far = Duration::from_secs(40_000_000_000);
        for time in [epoch - far, epoch - Duration::from_nanos(1), epoch, epoch + far] {
            let (first, second) = (RequestId::at(time), RequestId::at(time));
            assert_ne!(first.as_str(), second.as_str());
            assert_eq!(Uuid::parse_str(first.as_str()).expect("a UUID").get_version_num(), 7);
        }
    }
}
