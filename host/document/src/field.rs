//! What is asked of the model for one field, and what it read.

use std::fmt;
use std::str::FromStr;

use crate::{CharacterSet, Point, ZoneFormat};

/// The name of a field, such as `date_of_birth`: `[a-z][a-z0-9_]*`, at most 64 bytes.
///
/// The machine-readable zone is the field `mrz`, its lines joined by `\n`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldName(String);

/// A text is not a field name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a field name reads `date_of_birth`: a-z first, then a-z, 0-9 and `_`, at most 64 bytes")]
pub struct InvalidFieldName;

impl FieldName {
    /// Longest name in bytes.
    pub const MAX_BYTES: usize = 64;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is that of machine-readable zones.
    #[must_use]
    pub fn is_zone(&self) -> bool {
        self.0 == "mrz"
    }
}

impl FromStr for FieldName {
    type Err = InvalidFieldName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest_is_valid =
            text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        let starts_with_letter = text.starts_with(|c: char| c.is_ascii_lowercase());
        if text.len() <= Self::MAX_BYTES && starts_with_letter && rest_is_valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidFieldName)
        }
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text of a field. It is personal data: `Debug` shows its length only, and there is no `Display`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct FieldText(String);

impl FieldText {
    /// Wraps a text that may be personal data.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for those who compute with it or answer the client that sent the document.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for FieldText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FieldText({} characters)", self.0.chars().count())
    }
}

/// A field of fixed shape: exactly `lines` lines of exactly `characters_per_line`, joined by `\n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineShape {
    /// Number of lines, at least 1.
    pub lines: u32,
    /// Characters in every line, at least 1.
    pub characters_per_line: u32,
}

impl LineShape {
    /// Length of such a field in characters, line breaks included.
    #[must_use]
    pub fn total_characters(self) -> u32 {
        self.lines
            .saturating_mul(self.characters_per_line)
            .saturating_add(self.lines.saturating_sub(1))
    }
}

/// One field to read. Decoding is constrained to it: the model can emit nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRequest {
    /// The field's name.
    pub name: FieldName,
    /// The page it stands on, counted from 0.
    pub page: usize,
    /// The characters its value may have.
    pub characters: CharacterSet,
    /// Longest value in characters, line breaks included.
    pub max_length: u32,
    /// The shape, where the format fixes it: an MRZ of TD3 has two lines of 44 (ICAO Doc 9303 part 4).
    pub shape: Option<LineShape>,
    /// The format of a machine-readable zone, whose places may hold no other characters than it says. Its
    /// shape is then `shape`.
    pub zone: Option<ZoneFormat>,
    /// Whether its lines may be of any number and length, up to `shape`: who asks does not know its format.
    pub any_lines: bool,
}

impl FieldRequest {
    /// Whether it is a machine-readable zone.
    #[must_use]
    pub fn is_zone(&self) -> bool {
        self.name.is_zone()
    }
}

/// What the model read for one requested field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldReading {
    /// The field's name.
    pub name: FieldName,
    /// The page it was read from, counted from 0.
    pub page: usize,
    /// The characters read, unaltered.
    pub raw: FieldText,
    /// 0 to 1: the least probability among the field's own decoding steps, the end included.
    pub confidence: f32,
    /// Where it stands on its page, if whoever read it can tell: the corners clockwise from where the text
    /// begins, above.
    pub polygon: Option<[Point; 4]>,
}

#[cfg(test)]
mod tests;
