//! Check-digit schemes that issuers of documents use.
//!
//! Every function is none for a text that the scheme doesn't take: too short, or with other
//! characters than its own. A number that agrees is consistent, not proven.

use mrz::Date;

/// Luhn's (ISO/IEC 7812-1, annex B): the last digit checks those before it.
#[must_use]
pub fn luhn(number: &str) -> Option<bool> {
    let digits = digits(number, 2)?;
    let sum = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
            (_, doubled @ 10..) => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum::<u32>();
    Some(sum.is_multiple_of(10))
}

/// ISO/IEC 7064 MOD 97-10 over digits and letters (A is 10, Z is 35): the last two digits check what
/// stands before them.
#[must_use]
pub fn mod_97_10(text: &str) -> Option<bool> {
    let ends_in_digits = text.bytes().rev().take(2).all(|b| b.is_ascii_digit());
    if text.len() < 3 || !ends_in_digits {
        return None;
    }
    text.chars()
        .try_fold(0_u32, |rest, c| {
            let value = alphanumeric(c)?;
            Some((if value < 10 { rest * 10 } else { rest * 100 } + value) % 97)
        })
        .map(|rest| rest == 1)
}

/// A control number that is the rest of the number before it by 97, or 97 less that rest, as the
/// national numbers of France (`complement`) and others have it. The last two digits check.
#[must_use]
pub fn rest_by_97(number: &str, complement: bool) -> Option<bool> {
    let digits = digits(number, 3)?;
    let (body, control) = digits.split_at(digits.len() - 2);
    let rest = body.iter().fold(0, |rest, digit| (rest * 10 + digit) % 97);
    let expected = if complement { 97 - rest } else { rest };
    Some(control[0] * 10 + control[1] == expected)
}

/// ISO/IEC 7064 MOD 11-2: the last character, a digit or `X`, checks the digits before it.
#[must_use]
pub fn mod_11_2(text: &str) -> Option<bool> {
    let (body, control) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let control = if control == "X" { 10 } else { control.parse::<u32>().ok()? };
    let sum = digits(body, 1)?.iter().fold(0, |sum, digit| (sum + digit) * 2 % 11);
    Some((sum + control) % 11 == 1)
}

/// A sum of digits times weights, compared by its rest: whether `rest` says so of the sum's rest by
/// `modulus`. None unless there is a weight for every digit.
///
/// Many national numbers are of this kind: `|rest| rest == 0` where the check digit has a weight.
#[must_use]
pub fn weighted_sum(
    number: &str,
    weights: &[u32],
    modulus: u32,
    rest: impl FnOnce(u32) -> bool,
) -> Option<bool> {
    let digits = digits(number, 1)?;
    if digits.len() != weights.len() || modulus == 0 {
        return None;
    }
    let products =
        digits.iter().zip(weights).map(|(digit, weight)| u64::from(*digit) * u64::from(*weight));
    let sum = products.fold(0_u64, u64::saturating_add) % u64::from(modulus);
    Some(rest(u32::try_from(sum).ok()?))
}

/// The digit of ICAO Doc 9303 part 3, section 4.9 (weights 7, 3, 1), as last character: it checks
/// the digits, letters and fillers before it.
#[must_use]
pub fn icao_9303(text: &str) -> Option<bool> {
    let (body, control) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let control = control.parse::<u32>().ok()?;
    mrz::check_digit(body).ok().map(|digit| digit == control)
}

/// Verhoeff's: the last digit checks those before it.
#[must_use]
pub fn verhoeff(number: &str) -> Option<bool> {
    let rest = digits(number, 2)?
        .iter()
        .rev()
        .enumerate()
        .fold(0, |rest, (place, digit)| dihedral(rest, verhoeff_permutation(place, *digit)));
    Some(rest == 0)
}

/// Damm's, with the quasigroup of his thesis: the last digit checks those before it.
#[must_use]
pub fn damm(number: &str) -> Option<bool> {
    const QUASIGROUP: [[u32; 10]; 10] = [
        [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
        [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
        [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
        [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
        [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
        [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
        [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
        [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
        [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
        [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
    ];
    let rest = digits(number, 2)?
        .iter()
        .fold(0_usize, |rest, digit| QUASIGROUP[rest][*digit as usize] as usize);
    Some(rest == 0)
}

/// Whether a number that starts with a date of birth, `YYMMDD`, starts with this one.
#[must_use]
pub fn starts_with_birth_date(number: &str, birth: Date) -> Option<bool> {
    let found = number.get(..6)?;
    let year = birth.year.rem_euclid(100);
    digits(found, 6).map(|_| found == format!("{year:02}{:02}{:02}", birth.month, birth.day))
}

/// The product of two elements of the dihedral group of order ten.
fn dihedral(a: u32, b: u32) -> u32 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b) % 5 + 5,
        (false, true) => (a + 10 - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

/// The permutation of a place, counted from the last.
fn verhoeff_permutation(place: usize, digit: u32) -> u32 {
    const ONCE: [u32; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    (0..place % 8).fold(digit, |digit, _| ONCE[digit as usize])
}

/// The digits of a text that has nothing else, and at least so many.
fn digits(text: &str, least: usize) -> Option<Vec<u32>> {
    let digits = text.chars().map(|c| c.to_digit(10)).collect::<Option<Vec<_>>>()?;
    (digits.len() >= least).then_some(digits)
}

fn alphanumeric(c: char) -> Option<u32> {
    if c.is_ascii_lowercase() { None } else { c.to_digit(36) }
}

#[cfg(test)]
mod tests;
