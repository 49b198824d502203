//! What the machine-readable zone may have in place of a letter.

use crate::names::Script;
use crate::text::base_letter;

/// One character of a visual name: what the zone may have in its place.
pub(super) enum Spelling {
    Itself(u8),
    OneOf(&'static [&'static str]),
    /// Of a letter that languages transliterate differently.
    AnyOf(Vec<&'static str>),
}

impl Spelling {
    /// What it is spelled like, other than as itself.
    pub(super) fn alternatives(&self) -> &[&'static str] {
        match self {
            Self::Itself(_) => &[],
            Self::OneOf(alternatives) => alternatives,
            Self::AnyOf(alternatives) => alternatives,
        }
    }

    /// Of the letter at a place of a part of a name.
    pub(super) fn of(script: Script, letters: &[char], place: usize) -> Option<Self> {
        let letter = letters[place];
        latin(letter).or_else(|| {
            if script == Script::Latin {
                return None;
            }
            let is_first = place == 0;
            let alternatives = match cyrillic(letter, is_first) {
                none if none.is_empty() => base_letter(letter)
                    .map(|base| cyrillic(base, is_first))
                    .filter(|found| !found.is_empty())
                    .or_else(|| greek(letters, place))?,
                found => found,
            };
            Some(Self::AnyOf(alternatives))
        })
    }
}

/// Part 3, section 6 A; for Latin letters that it doesn't list, the letter below their diacritics.
fn latin(letter: char) -> Option<Spelling> {
    if letter.is_ascii_uppercase() {
        return u8::try_from(letter).ok().map(Spelling::Itself);
    }
    if let Ok(row) = MORE_LATIN.binary_search_by_key(&letter, |(letter, _)| *letter) {
        return Some(Spelling::OneOf(MORE_LATIN[row].1));
    }
    match mrz::transliterations(letter) {
        [] => base_letter(letter)
            .filter(char::is_ascii_uppercase)
            .and_then(|base| u8::try_from(base).ok())
            .map(Spelling::Itself),
        alternatives => Some(Spelling::OneOf(alternatives)),
    }
}

/// Latin letters of names on documents that section 6 A doesn't list and that have no diacritics, or
/// that states spell in another way than it does.
const MORE_LATIN: [(char, &[&str]); 18] = [
    // Serbia, Montenegro and Bosnia and Herzegovina write DJ; the table has D.
    ('\u{0110}', &["D", "DJ"]),
    ('\u{0181}', &["B"]), // Ɓ, Hausa
    ('\u{0186}', &["O"]), // Ɔ, Akan and Ewe
    ('\u{0189}', &["D"]), // Ɖ, Ewe
    ('\u{018a}', &["D"]), // Ɗ, Hausa
    // Ǝ and Ə: Azerbaijan's passports write A (ƏLİYEV, ALIYEV), and E is the letter's sound.
    ('\u{018e}', &["A", "E"]),
    ('\u{018f}', &["A", "E"]),
    ('\u{0190}', &["E"]), // Ɛ, Akan and Ewe
    ('\u{0191}', &["F"]), // Ƒ, Ewe
    ('\u{0194}', &["G"]), // Ɣ, Ewe
    ('\u{0197}', &["I"]), // Ɨ
    ('\u{0198}', &["K"]), // Ƙ, Hausa
    ('\u{01b2}', &["V"]), // Ʋ, Ewe
    ('\u{01b3}', &["Y"]), // Ƴ, Hausa
    // Croatia's letters of two signs.
    ('\u{01c4}', &["DZ"]),
    ('\u{01c7}', &["LJ"]),
    ('\u{01ca}', &["NJ"]),
    ('\u{01e4}', &["G"]), // Ǥ, Skolt Sami
];

/// What the languages of part 3, section 6 B make of a letter.
fn cyrillic(c: char, is_first: bool) -> Vec<&'static str> {
    use mrz::CyrillicLanguage as Language;
    const LANGUAGES: [Language; 6] = [
        Language::Russian,
        Language::Belarusian,
        Language::Bulgarian,
        Language::Macedonian,
        Language::Serbian,
        Language::Ukrainian,
    ];
    // The soft sign has no row: it is left out.
    if c == 'Ь' {
        return vec![""];
    }
    let mut alternatives = LANGUAGES
        .iter()
        .filter_map(|language| mrz::transliterate_cyrillic_char(c, *language, is_first))
        .collect::<Vec<_>>();
    alternatives.sort_unstable();
    alternatives.dedup();
    alternatives
}

/// Whether a name has a Greek letter. Doc 9303 has no table for them: a name that isn't spelled as
/// ELOT 743 has it may be spelled by an older one.
#[must_use]
pub fn has_greek_letter(name: &str) -> bool {
    name.chars().any(|c| matches!(c, '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}'))
}

/// What ELOT 743 (ISO 843) makes of a letter, which depends on its neighbours.
fn greek(letters: &[char], place: usize) -> Option<Vec<&'static str>> {
    let at = |place: usize| {
        let letter = *letters.get(place)?;
        Some(base_letter(letter).unwrap_or(letter))
    };
    let before = place.checked_sub(1).and_then(at);
    let after = at(place + 1);
    Some(match at(place)? {
        'Α' => vec!["A"],
        'Β' => vec!["V"],
        'Γ' if matches!(after, Some('Γ' | 'Ξ' | 'Χ')) => vec!["N", "G"],
        'Γ' => vec!["G"],
        'Δ' => vec!["D"],
        'Ε' => vec!["E"],
        'Ζ' => vec!["Z"],
        'Η' | 'Ι' => vec!["I"],
        'Θ' => vec!["TH"],
        'Κ' => vec!["K"],
        'Λ' => vec!["L"],
        'Μ' if place == 0 && after == Some('Π') => vec!["", "M"],
        'Μ' => vec!["M"],
        'Ν' => vec!["N"],
        'Ξ' => vec!["X"],
        'Ο' | 'Ω' => vec!["O"],
        'Π' if place == 1 && before == Some('Μ') => vec!["B", "P"],
        'Π' => vec!["P"],
        'Ρ' => vec!["R"],
        'Σ' | 'ς' => vec!["S"],
        'Τ' => vec!["T"],
        'Υ' if before == Some('Ο') => vec!["U"],
        'Υ' if matches!(before, Some('Α' | 'Ε' | 'Η')) => vec!["V", "F", "Y"],
        'Υ' => vec!["Y"],
        'Φ' => vec!["F"],
        'Χ' => vec!["CH"],
        'Ψ' => vec!["PS"],
        _ => return None,
    })
}
