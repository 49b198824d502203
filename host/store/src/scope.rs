//! What a publisher may touch.

use std::fmt;
use std::str::FromStr;

use dossier_document::DocumentTypeId;

/// A name, or the beginning of names: `utopia`, `utopia-*`, `utopia/*`, `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    is_prefix: bool,
}

/// A text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a pattern is a name, or the beginning of names with `*` behind: `utopia`, `utopia-*`, `utopia/*`"
)]
pub struct InvalidPattern;

/// The document types and the rules that a publisher may publish and activate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Of document types.
    pub document_types: Vec<Pattern>,
    /// Of names of rules.
    pub plugins: Vec<Pattern>,
}

impl Pattern {
    /// Whether a name is meant.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        if self.is_prefix { name.starts_with(&self.text) } else { name == self.text }
    }
}

impl FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // No name is longer than a document type.
        if text.len() > DocumentTypeId::MAX_BYTES {
            return Err(InvalidPattern);
        }
        let (name, is_prefix) = match text.strip_suffix('*') {
            Some(prefix) => (prefix, true),
            None => (text, false),
        };
        let is_name =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'/');
        // `utopia*` would reach `utopia2/…`: a beginning ends where a word does.
        let ends_well = !is_prefix || name.is_empty() || name.ends_with(['-', '/']);
        if (name.is_empty() && !is_prefix) || !name.bytes().all(is_name) || !ends_well {
            return Err(InvalidPattern);
        }
        Ok(Self { text: name.to_owned(), is_prefix })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.text, if self.is_prefix { "*" } else { "" })
    }
}

impl Scope {
    /// Whether rules of this name and for all these document types are within it.
    #[must_use]
    pub fn allows_rules(&self, name: &str, document_types: &[DocumentTypeId]) -> bool {
        self.plugins.iter().any(|pattern| pattern.matches(name))
            && document_types.iter().all(|id| self.allows_document_type(id))
    }

    /// Whether nothing is outside it.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        let is_all = |patterns: &[Pattern]| {
            patterns.iter().any(|pattern| pattern.is_prefix && pattern.text.is_empty())
        };
        is_all(&self.document_types) && is_all(&self.plugins)
    }

    /// Whether a document type is within it.
    #[must_use]
    pub fn allows_document_type(&self, id: &DocumentTypeId) -> bool {
        self.document_types.iter().any(|pattern| pattern.matches(id.as_str()))
    }
}

#[cfg(test)]
mod tests;
