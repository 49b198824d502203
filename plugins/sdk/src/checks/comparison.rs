//! Whether the machine-readable zone and the visual zone say the same of a field.

use super::{failed, not_performed, passed};
use crate::dates::{Unread, VisualExpiry};
use crate::names::{NameMatch, Script, compare_in, has_greek_letter, shortest_spelling};
use crate::text::is_blank;
use crate::zone::{UNKNOWN_DATE, agrees_with};
use crate::{Check, Date, Reading};

/// What came of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Both zones say the same.
    Same,
    /// The zone has room for a part only, and that part agrees.
    SameAsFarAsItGoes,
    /// Both zones say the same but for a filler where the visual zone has an apostrophe.
    SameButForApostrophes,
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
        if in_zone.is_empty() && may_be_truncated && !is_blank(visual) {
            return Self::Impossible("the machine-readable zone had no room for it");
        }
        if is_blank(visual) {
            return Self::of(in_zone.is_empty());
        }
        match compare_in(script, visual, in_zone, may_be_truncated) {
            NameMatch::Equal => Self::Same,
            NameMatch::Truncated => Self::SameAsFarAsItGoes,
            NameMatch::ApartAtApostrophes => Self::SameButForApostrophes,
            NameMatch::Different => Self::Different,
        }
    }

    /// Of dates: the zone has two digits of the Gregorian year, the visual zone has the century.
    #[must_use]
    pub fn of_dates(visual: Result<Date, Unread>, in_zone: &str) -> Self {
        match visual.map(|visual| agrees_with(in_zone, visual)) {
            Err(Unread::Blank) if in_zone == UNKNOWN_DATE => Self::Same,
            Err(Unread::Blank) => Self::Different,
            Err(Unread::Form) => {
                Self::Impossible("the date of the visual zone can't be read in one way alone")
            }
            Err(Unread::Year) => Self::Impossible(
                "the year of the visual zone is misread, or of another calendar than the common one",
            ),
            Ok(None) => Self::Impossible("the machine-readable zone says it is unknown"),
            Ok(Some(_)) if has_zeros(in_zone) => {
                Self::Impossible("the machine-readable zone has zeros for what is unknown")
            }
            Ok(Some(agrees)) => Self::of(agrees),
        }
    }

    /// Of dates of expiry: either zone may state that there is no end.
    #[must_use]
    pub fn of_expiry(visual: Result<VisualExpiry, Unread>, in_zone: &str) -> Self {
        let is_no_day = in_zone == UNKNOWN_DATE || in_zone == "999999";
        let may_be_no_end = is_no_day || in_zone.starts_with("99");
        match visual {
            Ok(VisualExpiry::On(_)) if in_zone == UNKNOWN_DATE => Self::Different,
            Ok(VisualExpiry::On(day)) => Self::of_dates(Ok(day), in_zone),
            Ok(VisualExpiry::NoEnd(Some(day))) if !is_no_day => Self::of_dates(Ok(day), in_zone),
            Ok(VisualExpiry::NoEnd(_)) => Self::of(may_be_no_end),
            Err(unread) => Self::of_dates(Err(unread), in_zone),
        }
    }
}

/// Whether the month or the day is zero, which some issuers write for what is unknown.
fn has_zeros(cells: &str) -> bool {
    cells.get(2..4) == Some("00") || cells.get(4..6) == Some("00")
}

/// The names of a zone.
#[derive(Clone, Copy, Debug)]
pub struct ZoneNames<'a> {
    /// The primary identifier, fillers as spaces.
    pub surname: &'a str,
    /// The secondary identifier, fillers as spaces; none if the zone has no place for it.
    pub given_names: Option<&'a str>,
    /// Whether one of them may be cut short.
    pub may_be_truncated: bool,
}

impl ZoneNames<'_> {
    /// Compares the visual `field`, `surname` or `given_names`, with the zone; `other` is what was read
    /// for the other of the two.
    ///
    /// Somebody with one name alone has it as primary identifier (part 3, section 4.6), and in the visual
    /// zone wherever the issuer puts it.
    #[must_use]
    pub fn compare(
        &self,
        script: Script,
        field: &str,
        visual: &Reading,
        other: Option<&Reading>,
    ) -> Comparison {
        let (mine, others) = match (field, self.given_names) {
            ("surname", given_names) => (self.surname, given_names.unwrap_or_default()),
            (_, Some(given_names)) => (given_names, self.surname),
            (_, None) => {
                return Comparison::Impossible("the machine-readable zone doesn't tell it");
            }
        };
        let compare = |visual: &Reading, in_zone: &str| match Comparison::of_names(
            script,
            &visual.raw,
            in_zone,
            self.may_be_truncated,
        ) {
            Comparison::Different if shortest_spelling(script, &visual.raw).is_none() => {
                Comparison::Impossible(
                    "Doc 9303 has no transliteration of the visual name's letters",
                )
            }
            Comparison::Different if has_greek_letter(&visual.raw) => Comparison::Impossible(
                "the name isn't spelled by ELOT 743, and Doc 9303 has no transliteration of Greek",
            ),
            found => found,
        };
        let has_one_name = mine.is_empty() != others.is_empty() && self.given_names.is_some();
        if !has_one_name || is_blank(&visual.raw) == mine.is_empty() {
            return compare(visual, mine);
        }
        // The zone's one name stands where the visual zone has none, or the other way round.
        match other {
            None => Comparison::Impossible(
                "the machine-readable zone has one name alone, and where the visual zone has it wasn't read",
            ),
            Some(other) if mine.is_empty() && is_blank(&other.raw) => compare(visual, others),
            Some(other) if !mine.is_empty() && !is_blank(&other.raw) => compare(other, mine),
            Some(_) => Comparison::Different,
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
        Comparison::SameButForApostrophes => passed(
            code,
            fields,
            "both zones say the same; the machine-readable zone parts the name at an apostrophe, which Doc 9303 leaves out",
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
