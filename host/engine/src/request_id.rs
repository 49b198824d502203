//! What tells one request from another.

use std::fmt;

/// The id of a request: a UUID of version 7, so ids sort by time. The host makes it; what a client
/// sends is not logged.
#[derive(Clone, Debug)]
pub struct RequestId(String);

impl RequestId {
    /// A new id.
    #[must_use]
    pub fn new() -> Self {
        Self(uuid::Uuid::now_v7().to_string())
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
