//! What tells one request from another.

use std::fmt;
use std::time::SystemTime;

use uuid::{NoContext, Timestamp, Uuid};

/// The id of a request: a UUID of version 7, so ids sort by time. The host makes it; what a client
/// sends is not logged.
#[derive(Clone, Debug)]
pub struct RequestId(String);

impl RequestId {
    /// A new id.
    #[must_use]
    pub fn new() -> Self {
        Self::at(SystemTime::now())
    }

    /// A clock before 1970 makes ids of 1970: random digits still tell them apart.
    fn at(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let time = Timestamp::from_unix(NoContext, since.as_secs(), since.subsec_nanos());
        Self(Uuid::new_v7(time).to_string())
    }

    /// The id as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for RequestId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

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
