//! Names: their spelling in the visual zone against that in the machine-readable zone.
//!
//! Latin and Cyrillic names compare (part 3, sections 6 A and 6 B), and Greek ones by ELOT 743, which
//! Greece's passports follow. Arabic ones (6 C) don't: that table drops vowels, so nearly any two
//! names would agree.
//!
//! The machine-readable zone spells a name with A-Z and fillers (ICAO Doc 9303 part 3, sections
//! 4.6 and 6 A). The way back is ambiguous, so nothing is spelled back: the visual name becomes the
//! set of all its spellings, and the zone's must be one of them.

use crate::text;

mod letters;
use letters::Spelling;
pub use letters::has_greek_letter;

/// What comes of comparing a visual name with the zone's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameMatch {
    /// The zone's name is a spelling of the visual one.
    Equal,
    /// It is one cut short, as a full name field allows.
    Truncated,
    /// It is one if an apostrophe parts a name. Doc 9303 leaves apostrophes out without a filler, and
    /// some issuers put one.
    ApartAtApostrophes,
    /// It is none.
    Different,
}

/// The script that visual names are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// Latin (part 3, section 6 A).
    Latin,
    /// Latin, Greek, or Cyrillic of any of the languages that section 6 B lists: a letter that they
    /// transliterate differently has the spellings of all.
    Any,
}

/// Trims a text, composes its letters and makes every run of white space one space.
#[must_use]
pub fn collapse(text: &str) -> String {
    text::compose(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Compares a Latin name of the visual zone with the zone's, as [`compare_in`] does.
#[must_use]
pub fn compare(visual: &str, zone: &str, may_be_truncated: bool) -> NameMatch {
    compare_in(Script::Latin, visual, zone, may_be_truncated)
}

/// Compares a name of the visual zone with the zone's, whose fillers are spaces.
///
/// If the name field may be truncated, each part of the zone's name may be the beginning of the
/// visual part at its place, and parts may be missing at the end (part 4, section 4.2.3; the issuer
/// chooses the method).
#[must_use]
pub fn compare_in(script: Script, visual: &str, zone: &str, may_be_truncated: bool) -> NameMatch {
    let zone = zone.split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>();
    let found = compare_parts(spellings(script, visual, false), &zone, may_be_truncated);
    if found == NameMatch::Different
        && visual.chars().any(is_apostrophe)
        && compare_parts(spellings(script, visual, true), &zone, may_be_truncated)
            != NameMatch::Different
    {
        return NameMatch::ApartAtApostrophes;
    }
    found
}

fn compare_parts(
    visual: Option<Vec<Vec<Spelling>>>,
    zone: &[&str],
    may_be_truncated: bool,
) -> NameMatch {
    let Some(visual) = visual else {
        return NameMatch::Different;
    };
    let spelled = |may_be_cut: bool| {
        visual.iter().zip(zone).all(|(part, text)| is_spelling(part, text, may_be_cut))
    };
    if visual.len() == zone.len() && spelled(false) {
        NameMatch::Equal
    } else if may_be_truncated && !zone.is_empty() && zone.len() <= visual.len() && spelled(true) {
        NameMatch::Truncated
    } else {
        NameMatch::Different
    }
}

/// The least number of characters that a visual name takes in the zone, fillers between its parts
/// included. None if it can't be spelled there.
#[must_use]
pub fn shortest_spelling(script: Script, visual: &str) -> Option<usize> {
    let parts = spellings(script, visual, false)?;
    let shortest = |spelling: &Spelling| {
        spelling.alternatives().iter().map(|text| text.len()).min().unwrap_or(1)
    };
    let letters = parts.iter().flatten().map(shortest).sum::<usize>();
    Some(letters + parts.len().saturating_sub(1))
}

/// The parts of a visual name, each a sequence of characters with all their spellings.
///
/// Spaces, hyphens and commas part a name, apostrophes and other punctuation vanish (section 4.6).
/// None if a character has no spelling at all.
fn spellings(script: Script, visual: &str, at_apostrophes: bool) -> Option<Vec<Vec<Spelling>>> {
    let visual = text::compose(visual);
    let parts = visual.split(|c: char| {
        c.is_whitespace()
            || text::is_dash(c)
            || ",;/".contains(c)
            || (at_apostrophes && is_apostrophe(c))
    });
    parts
        .map(|part| {
            let letters = part
                .chars()
                .flat_map(char::to_uppercase)
                .filter(|c| c.is_alphanumeric() && !is_apostrophe(*c))
                .collect::<Vec<_>>();
            (0..letters.len())
                .map(|place| Spelling::of(script, &letters, place))
                .collect::<Option<Vec<_>>>()
        })
        .filter(|part| !part.as_ref().is_some_and(Vec::is_empty))
        .collect()
}

/// Whether a character is an apostrophe, or one of the letters that stand for it in print.
fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '`' | '´' | '\u{2b9}'..='\u{2bf}' | '\u{2018}' | '\u{2019}' | '\u{2032}')
}

/// Whether `text` is a spelling of `part`, or the beginning of one if it may be cut.
fn is_spelling(part: &[Spelling], text: &str, may_be_cut: bool) -> bool {
    let text = text.as_bytes();
    // The lengths of `text` that the characters so far can account for.
    let mut reached = vec![0];
    for spelling in part {
        let mut next = Vec::new();
        for &length in &reached {
            let rest = &text[length..];
            if may_be_cut && rest.is_empty() {
                return true;
            }
            match spelling {
                Spelling::Itself(letter) if rest.first() == Some(letter) => next.push(length + 1),
                Spelling::Itself(_) => {}
                Spelling::OneOf(_) | Spelling::AnyOf(_) => {
                    for alternative in spelling.alternatives().iter().map(|text| text.as_bytes()) {
                        if rest.starts_with(alternative) {
                            next.push(length + alternative.len());
                        } else if may_be_cut && alternative.starts_with(rest) {
                            return true;
                        }
                    }
                }
            }
        }
        next.sort_unstable();
        next.dedup();
        reached = next;
    }
    reached.contains(&text.len())
}

#[cfg(test)]
mod tests;
