//! Names: their spelling in the visual zone against that in the machine-readable zone.
//!
//! Latin and Cyrillic names compare (part 3, sections 6 A and 6 B). Arabic ones (6 C) don't: that
//! table drops vowels, so nearly any two names would agree.
//!
//! The machine-readable zone spells a name with A-Z and fillers (ICAO Doc 9303 part 3, sections
//! 4.6 and 6 A). The way back is ambiguous, so nothing is spelled back: the visual name becomes the
//! set of all its spellings, and the zone's must be one of them.

/// What comes of comparing a visual name with the zone's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameMatch {
    /// The zone's name is a spelling of the visual one.
    Equal,
    /// It is one cut short, as a full name field allows.
    Truncated,
    /// It is none.
    Different,
}

/// The script that visual names are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// Latin (part 3, section 6 A).
    Latin,
    /// Latin, or Cyrillic of any of the languages that section 6 B lists: a letter that they
    /// transliterate differently has the spellings of all.
    LatinOrCyrillic,
}

/// Trims a text and makes every run of white space one space.
#[must_use]
pub fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
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
    let Some(visual) = spellings(script, visual) else {
        return NameMatch::Different;
    };
    let zone = zone.split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>();
    let spelled = |may_be_cut: bool| {
        visual.iter().zip(&zone).all(|(part, text)| is_spelling(part, text, may_be_cut))
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
    let parts = spellings(script, visual)?;
    let shortest = |spelling: &Spelling| {
        spelling.alternatives().iter().map(|text| text.len()).min().unwrap_or(1)
    };
    let letters = parts.iter().flatten().map(shortest).sum::<usize>();
    Some(letters + parts.len().saturating_sub(1))
}

/// One character of a visual name: what the zone may have in its place.
enum Spelling {
    Itself(u8),
    OneOf(&'static [&'static str]),
    /// Of a letter that languages transliterate differently.
    AnyOf(Vec<&'static str>),
}

impl Spelling {
    /// What it is spelled like, other than as itself.
    fn alternatives(&self) -> &[&'static str] {
        match self {
            Self::Itself(_) => &[],
            Self::OneOf(alternatives) => alternatives,
            Self::AnyOf(alternatives) => alternatives,
        }
    }

    fn of(script: Script, c: char, is_first: bool) -> Option<Self> {
        if c.is_ascii_uppercase() {
            return u8::try_from(c).ok().map(Self::Itself);
        }
        match (script, mrz::transliterations(c)) {
            (Script::LatinOrCyrillic, []) => {
                let alternatives = cyrillic(c, is_first);
                (!alternatives.is_empty()).then_some(Self::AnyOf(alternatives))
            }
            (Script::Latin, []) => None,
            (_, alternatives) => Some(Self::OneOf(alternatives)),
        }
    }
}

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
    let mut alternatives = LANGUAGES
        .iter()
        .filter_map(|language| mrz::transliterate_cyrillic_char(c, *language, is_first))
        .collect::<Vec<_>>();
    alternatives.sort_unstable();
    alternatives.dedup();
    alternatives
}

/// The parts of a visual name, each a sequence of characters with all their spellings.
///
/// Spaces and hyphens part a name, apostrophes and other punctuation vanish (section 4.6). None if
/// a character has no spelling at all.
fn spellings(script: Script, visual: &str) -> Option<Vec<Vec<Spelling>>> {
    let parts = visual.split(|c: char| c.is_whitespace() || c == '-');
    parts
        .map(|part| {
            part.chars()
                .flat_map(char::to_uppercase)
                .filter(|c| c.is_alphanumeric())
                .enumerate()
                .map(|(place, c)| Spelling::of(script, c, place == 0))
                .collect::<Option<Vec<_>>>()
        })
        .filter(|part| !part.as_ref().is_some_and(Vec::is_empty))
        .collect()
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
