//! Whether the machine-readable zone and the visual zone say the same of a field.

use super::{failed, not_performed, passed};
use crate::names::{NameMatch, Script, compare_in, shortest_spelling};
use crate::zone::agrees_with;
use crate::{Check, Date, Reading};

/// What came of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Both zones say the same.
    Same,
    /// The zone has room for a part only, and that part agrees.
    SameAsFarAsItGoes,
    /// The zones differ.
    Different,
    /// There is nothing to compare, and why.
    Impossible(&'static str),
}

impl Comparison {
    /// Of two values that are the same or not.
    #[must_use]
    pub const fn of(is_equal: bool) -> Self {
        if is_equal { Self::Same } else { Self::Different }
    }

    /// Of numbers, by their letters and digits: a visual zone writes spaces and dashes.
    #[must_use]
    pub fn of_numbers(visual: &str, in_zone: &str) -> Self {
        let significant = |text: &str| {
            let characters = text.chars().filter(char::is_ascii_alphanumeric);
            characters.map(|c| c.to_ascii_uppercase()).collect::<String>()
        };
        Self::of(significant(visual) == significant(in_zone))
    }

    /// Of names, which the zone transliterates and may cut (Doc 9303-3, section 4.6).
    #[must_use]
    pub fn of_names(script: Script, visual: &str, in_zone: &str, may_be_truncated: bool) -> Self {
        if in_zone.is_empty() && may_be_truncated && !visual.trim().is_empty() {
            return Self::Impossible("the machine-readable zone had no room for it");
        }
        match compare_in(script, visual, in_zone, may_be_truncated) {
            NameMatch::Equal => Self::Same,
            NameMatch::Truncated => Self::SameAsFarAsItGoes,
            NameMatch::Different => Self::Different,
        }
    }

    /// Of dates: the zone has two digits of the Gregorian year, the visual zone has the century.
    #[must_use]
    pub fn of_dates(visual: Option<Date>, in_zone: &str) -> Self {
        match visual.map(|visual| agrees_with(in_zone, visual)) {
            None => Self::Impossible("the date of the visual zone is none"),
            Some(None) => Self::Impossible("the machine-readable zone says it is unknown"),
            Some(Some(agrees)) => Self::of(agrees),
        }
    }
}

/// The check of one field, by what `compare` finds; not performed where it was not read, or where
/// there is no zone, and why.
pub fn compared<Z>(
    code: &'static str,
    field: &'static str,
    visual: Option<&Reading>,
    zone: Result<&Z, &'static str>,
    compare: impl FnOnce(&Reading, &Z) -> Comparison,
) -> Check {
    let fields = &[field, "mrz"];
    let Some(visual) = visual else {
        return not_performed(code, fields, "the field was not read in the visual zone");
    };
    let zone = match zone {
        Ok(zone) => zone,
        Err(no_zone) => return not_performed(code, fields, no_zone),
    };
    match compare(visual, zone) {
        Comparison::Same => passed(code, fields, "both zones say the same"),
        Comparison::SameAsFarAsItGoes => passed(
            code,
            fields,
            "both zones say the same as far as the machine-readable zone has room for it",
        ),
        Comparison::Different => failed(code, fields, "the zones differ"),
        Comparison::Impossible(why) => not_performed(code, fields, why),
    }
}

/// Whether names don't fit into a zone's field for them, of `cells` characters. Names are cut if the
/// field is full, which a letter at its end tells; some issuers cut right after a filler, and then it
/// is the visual names that tell, by not fitting.
#[must_use]
pub fn names_exceed(
    script: Script,
    surname: Option<&Reading>,
    given_names: Option<&Reading>,
    cells: usize,
) -> bool {
    let length = |reading: Option<&Reading>| {
        reading.and_then(|reading| shortest_spelling(script, &reading.raw)).unwrap_or(0)
    };
    let separator = 2;
    length(surname) + separator + length(given_names) > cells
}
