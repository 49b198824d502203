//! Whose documents they are.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Whoever documents are read for: what belongs to one tenant is bounded together, and keeps no other
/// tenant from its share. Clones are cheap.
///
/// Where nobody is told apart, all documents belong to the tenant [`Tenant::anonymous`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tenant(Arc<str>);

/// A text is not the name of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a tenant's name is 1 to {} of a-z, A-Z, 0-9, `-`, `_`, `.` and `@`", Tenant::MAX_BYTES)]
pub struct InvalidTenant;

impl Tenant {
    /// Longest name in bytes.
    pub const MAX_BYTES: usize = 64;

    /// Whoever asks where nobody is told apart. No text is its name.
    #[must_use]
    pub fn anonymous() -> Self {
        Self(Arc::from(""))
    }

    /// Whether this is [`Tenant::anonymous`].
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.0.is_empty()
    }

    /// The name as text; nothing for the anonymous.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Tenant {
    fn default() -> Self {
        Self::anonymous()
    }
}

impl FromStr for Tenant {
    type Err = InvalidTenant;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'@');
        if text.is_empty() || text.len() > Self::MAX_BYTES || !text.bytes().all(is_plain) {
            return Err(InvalidTenant);
        }
        Ok(Self(Arc::from(text)))
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
