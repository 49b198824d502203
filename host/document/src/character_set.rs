//! The characters a field may have.

use std::str::FromStr;

/// The characters a field may have, written as the inside of a regex class: `A-Z0-9<`.
///
/// Ranges are `a-z`; a `-` that stands first or last is itself; nothing is escaped and nothing
/// negates. Line breaks are never a member: a field's [`LineShape`](crate::LineShape) places them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CharacterSet {
    source: String,
    ranges: Vec<(char, char)>,
}

/// A text is not a character set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCharacterSet {
    /// There is nothing in it.
    #[error("a character set needs at least one character")]
    Empty,
    /// A range runs backwards.
    #[error("the range `{0}-{1}` runs backwards")]
    Backwards(char, char),
    /// A control character, such as a line break.
    #[error("U+{:04X} is a control character", u32::from(*.0))]
    Control(char),
}

impl CharacterSet {
    /// Whether a field may have `character`.
    #[must_use]
    pub fn contains(&self, character: char) -> bool {
        self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&character))
    }

    /// The set as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.source
    }
}

impl FromStr for CharacterSet {
    type Err = InvalidCharacterSet;

    fn from_str(source: &str) -> Result<Self, Self::Err> {
        if let Some(control) = source.chars().find(|c| c.is_control()) {
            return Err(InvalidCharacterSet::Control(control));
        }
        let characters = source.chars().collect::<Vec<_>>();
        let mut ranges = Vec::new();
        let mut rest = characters.as_slice();
        while let Some(&first) = rest.first() {
            if let [_, '-', last, tail @ ..] = rest {
                if last < &first {
                    return Err(InvalidCharacterSet::Backwards(first, *last));
                }
                ranges.push((first, *last));
                rest = tail;
            } else {
                ranges.push((first, first));
                rest = &rest[1..];
            }
        }
        if ranges.is_empty() {
            return Err(InvalidCharacterSet::Empty);
        }
        Ok(Self { source: source.to_owned(), ranges })
    }
}

#[cfg(test)]
mod tests;
