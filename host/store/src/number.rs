//! The number that a package gives itself.

use std::fmt;
use std::str::FromStr;

/// Three numbers joined by dots, the first counting most: `1.10.0` is after `1.9.3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionNumber([u32; 3]);

/// A text is no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a version is three numbers joined by dots")]
pub struct InvalidVersion;

impl FromStr for VersionNumber {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut numbers = [0; 3];
        let mut parts = text.split('.');
        for number in &mut numbers {
            let part = parts.next().ok_or(InvalidVersion)?;
            *number = part.parse::<u32>().map_err(|_| InvalidVersion)?;
            // One number has one text: no `+1`, no `01`.
            if number.to_string() != part {
                return Err(InvalidVersion);
            }
        }
        if parts.next().is_some() { Err(InvalidVersion) } else { Ok(Self(numbers)) }
    }
}

impl fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Result<VersionNumber, InvalidVersion> {
        text.parse()
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        let is_later = |a: &str, b: &str| number(a).expect("one") > number(b).expect("one");
        assert!(is_later("1.10.0", "1.9.3") && !is_later("1.9.3", "1.10.0"));
        assert!(is_later("2.0.0", "1.4294967295.0"));
        assert_eq!(number("0.1.2").expect("a version").to_string(), "0.1.2");
    }

    #[test]
    fn anything_else_is_none() {
        for text in ["", "1", "1.0", "1.0.0.0", "1.0.01", "1.0.+1", "1.0.x", "1.0.4294967296"] {
            assert_eq!(number(text), Err(InvalidVersion), "{text}");
        }
    }
}
