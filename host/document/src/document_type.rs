//! The identifier of a document type.

use std::fmt;
use std::str::FromStr;

/// The identifier of a document type, such as `utopia/passport/2024`.
///
/// Two to six segments of `[a-z0-9-]`, joined by `/`; at most 128 bytes. The identifier is also a
/// relative path (of adapters, manifests and samples), so segments can't be `.` or `..`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocumentTypeId(String);

/// A text is not a document type identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a document type reads `utopia/passport/2024`: 2 to 6 segments of a-z, 0-9 and `-`, at most 128 bytes"
)]
pub struct InvalidDocumentTypeId;

impl DocumentTypeId {
    /// Longest identifier in bytes.
    pub const MAX_BYTES: usize = 128;

    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DocumentTypeId {
    type Err = InvalidDocumentTypeId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let segments = text.split('/').collect::<Vec<_>>();
        let is_segment = |segment: &&str| {
            !segment.is_empty()
                && segment
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if text.len() <= Self::MAX_BYTES
            && (2..=6).contains(&segments.len())
            && segments.iter().all(is_segment)
        {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidDocumentTypeId)
        }
    }
}

impl fmt::Display for DocumentTypeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
