//! Texts as documents write them: one form for each letter, and what stands for nothing.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The text with every letter in its composed form (NFC): `U` and a diaeresis become `Ü`. Models and
/// keyboards give either, and both mean the same.
#[must_use]
pub fn compose(text: &str) -> String {
    text.nfc().collect()
}

/// The text in capitals without diacritics, with runs of white space as one space: what words are
/// looked up by, since capitals are often written without accents.
#[must_use]
pub fn fold(text: &str) -> String {
    let capitals = text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_uppercase);
    let capitals = capitals.nfd().filter(|c| !is_combining_mark(*c)).collect::<String>();
    capitals.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The letter below a letter's diacritics: `O` for `Ộ`. None where it has none.
pub(crate) fn base_letter(letter: char) -> Option<char> {
    let mut parts = std::iter::once(letter).nfd();
    let base = parts.next().filter(|base| *base != letter)?;
    parts.all(is_combining_mark).then_some(base)
}

/// Whether a field states that it has no value: it is empty, or struck out with dashes, asterisks,
/// full stops or fillers.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_dash(c) || "*._/<".contains(c))
}

/// Whether a character is a hyphen or a dash.
#[must_use]
pub fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}')
}

/// Whether a value may be shown: it has no control character but line breaks, and none that turns
/// the direction of what follows. Such characters make one text look like another.
#[must_use]
pub fn is_presentable(text: &str) -> bool {
    !text.chars().any(|c| {
        (c.is_control() && c != '\n')
            || matches!(
                c,
                '\u{061c}'
                    | '\u{200e}'
                    | '\u{200f}'
                    | '\u{2028}'..='\u{202e}'
                    | '\u{2066}'..='\u{2069}'
            )
    })
}

#[cfg(test)]
mod tests;
