//! Numbers that states give to documents and persons: their shape and their check character.

use crate::{Date, check_digits};

/// How a number is written.
///
/// `A` stands for a capital, `9` for a digit, `X` for either, `#` for the check character; `{DDMMYY}`
/// and `{YYMMDD}` for the day of birth; every other character for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberForm {
    /// The shape.
    pub shape: &'static str,
    /// What the check character is computed by, if there is one.
    pub check: Option<CheckScheme>,
}

/// How a check character, always the last, is computed from the letters and digits before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckScheme {
    /// ICAO Doc 9303 part 3, section 4.9.
    Icao,
    /// Luhn's.
    Luhn,
    /// Weights 3 and 1 from the right, as article numbers have it.
    Ean,
    /// Weights 2, 3, 4, ... from the right, modulo 11; 10 is written 0.
    Weighted11,
    /// The number modulo 23 as a letter.
    Letter23,
    /// The number modulo 31 as a digit or a letter.
    Letter31,
}

const LETTERS_23: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";
const LETTERS_31: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";

/// One place of a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Letter,
    Digit,
    Either,
    Check(CheckScheme),
    Itself(char),
}

impl NumberForm {
    /// Characters of every such number.
    pub(super) fn length(&self) -> u32 {
        u32::try_from(self.places().count()).unwrap_or(u32::MAX)
    }

    /// Whether a text has the shape.
    pub(super) fn fits(&self, text: &str) -> bool {
        let mut characters = text.chars();
        self.places().all(|place| {
            characters.next().is_some_and(|c| match place {
                Place::Letter => c.is_ascii_uppercase(),
                Place::Digit => c.is_ascii_digit(),
                Place::Either => c.is_ascii_uppercase() || c.is_ascii_digit(),
                Place::Check(CheckScheme::Letter23) => c.is_ascii_uppercase(),
                Place::Check(CheckScheme::Letter31) => c.is_ascii_uppercase() || c.is_ascii_digit(),
                Place::Check(_) => c.is_ascii_digit(),
                Place::Itself(expected) => c == expected,
            })
        }) && characters.next().is_none()
    }

    /// Whether the check character of a text of this shape agrees. None without one, or for a text of
    /// another shape.
    pub(super) fn check_agrees(&self, text: &str) -> Option<bool> {
        let scheme = self.check?;
        if !self.fits(text) {
            return None;
        }
        let characters = text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        match scheme {
            CheckScheme::Icao => check_digits::icao_9303(&characters),
            CheckScheme::Luhn => check_digits::luhn(&digits(&characters)),
            CheckScheme::Ean => {
                let digits = digits(&characters);
                let weights = (0..digits.len())
                    .rev()
                    .map(|i| if i % 2 == 0 { 1 } else { 3 })
                    .collect::<Vec<_>>();
                check_digits::weighted_sum(&digits, &weights, 10, |rest| rest == 0)
            }
            CheckScheme::Weighted11 => {
                let digits = digits(&characters);
                let (body, control) = digits.split_at(digits.len().checked_sub(1)?);
                let control = control.parse::<u32>().ok()?;
                let weights = (2..).take(body.len()).collect::<Vec<_>>();
                let weights = weights.into_iter().rev().collect::<Vec<_>>();
                check_digits::weighted_sum(body, &weights, 11, |rest| {
                    (11 - rest) % 11 % 10 == control
                })
            }
            CheckScheme::Letter23 => Some(letter(&characters, LETTERS_23)?),
            CheckScheme::Letter31 => Some(letter(&characters, LETTERS_31)?),
        }
    }

    /// Whether a text of this shape has this day of birth in it. None where the shape has no place
    /// for one, or the text another shape.
    pub(super) fn has_birth_date(&self, text: &str, birth: Date) -> Option<bool> {
        let year = birth.year.rem_euclid(100);
        let (pattern, expected) = [
            ("{DDMMYY}", format!("{:02}{:02}{year:02}", birth.day, birth.month)),
            ("{YYMMDD}", format!("{year:02}{:02}{:02}", birth.month, birth.day)),
        ]
        .into_iter()
        .find(|(pattern, _)| self.shape.contains(pattern))?;
        let start = self.shape.find(pattern)?;
        self.fits(text).then(|| text.get(start..).is_some_and(|rest| rest.starts_with(&expected)))
    }

    fn places(&self) -> impl Iterator<Item = Place> {
        let check = self.check;
        let mut in_braces = false;
        self.shape.chars().filter_map(move |c| match (in_braces, c) {
            (false, '{') => {
                in_braces = true;
                None
            }
            (true, '}') => {
                in_braces = false;
                None
            }
            (true, _) => Some(Place::Digit),
            (false, 'A') => Some(Place::Letter),
            (false, '9') => Some(Place::Digit),
            (false, 'X') => Some(Place::Either),
            (false, '#') => Some(check.map_or(Place::Itself('#'), Place::Check)),
            (false, other) => Some(Place::Itself(other)),
        })
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Whether the last character is the letter of the rest of the digits before it.
fn letter(text: &str, letters: &[u8]) -> Option<bool> {
    let (body, control) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let modulus = u64::try_from(letters.len()).ok()?;
    let number = digits(body).parse::<u64>().ok()?;
    let expected = letters.get(usize::try_from(number % modulus).ok()?)?;
    Some(control.as_bytes() == [*expected])
}

#[cfg(test)]
mod tests;
