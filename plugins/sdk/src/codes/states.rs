//! The three letters of a state, an organisation or a nationality.

use super::{CodeVerdict, Day, Issued};

/// A code that documents have and Doc 9303 doesn't list, or lists no longer.
#[derive(Debug)]
pub struct StateCode {
    /// The code.
    pub code: &'static str,
    /// Documents issued on this day or later don't have it; none where it is in use.
    pub issued_before: Option<Day>,
    /// Documents have it from this day on; none where the beginning isn't known.
    pub issued_from: Option<Day>,
    /// Who says so.
    pub source: &'static str,
}

const ISO_3166_3: &str = "ISO 3166-3";

const fn former(code: &'static str, issued_before: Day) -> StateCode {
    StateCode { code, issued_before: Some(issued_before), issued_from: None, source: ISO_3166_3 }
}

/// Codes beside those of Doc 9303 part 3, 8th edition, section 5, which the crate `mrz` has with those of
/// ISO 3166-1 as of 25 September 2026.
pub static STATE_CODES: [StateCode; 12] = [
    StateCode {
        code: "XXK",
        issued_before: None,
        issued_from: Some(Day(2008, 2, 17)),
        source: "reported from residence permits of Germany, for Kosovo; Doc 9303 has RKS",
    },
    former("BUR", Day(1989, 12, 5)),
    former("BYS", Day(1992, 6, 15)),
    former("CSK", Day(1993, 6, 15)),
    former("DDR", Day(1990, 10, 30)),
    former("ROM", Day(2002, 2, 1)),
    former("SCG", Day(2006, 9, 26)),
    former("SUN", Day(1992, 8, 30)),
    former("TMP", Day(2002, 5, 20)),
    former("YMD", Day(1990, 8, 14)),
    former("YUG", Day(2003, 7, 23)),
    former("ZAR", Day(1997, 7, 14)),
];

/// Judges the code of what a message calls `what`, without fillers, by when the document was issued.
#[must_use]
pub fn state_code(what: &str, code: &str, issued: Issued) -> CodeVerdict {
    if mrz::country_name(code).is_some() {
        return CodeVerdict::Right(format!("the {what} is one of Doc 9303 part 3").into());
    }
    let unlisted = format!("the {what} isn't one of Doc 9303 part 3");
    let Some(row) = STATE_CODES.iter().find(|row| row.code == code) else {
        return CodeVerdict::Wrong(unlisted.into());
    };
    if row.issued_from.is_some_and(|from| issued.since(from) == Some(false)) {
        return CodeVerdict::Wrong(unlisted.into());
    }
    match row.issued_before.map(|day| issued.since(day)) {
        None => CodeVerdict::Right(format!("{unlisted}, and is known: {}", row.source).into()),
        Some(Some(false)) => CodeVerdict::Right(
            format!("the {what} is one that was in use, of {}", row.source).into(),
        ),
        Some(Some(true)) => CodeVerdict::Wrong(
            format!("the {what} was no longer in use when the document was issued").into(),
        ),
        Some(None) => CodeVerdict::Undecided(
            format!("the {what} is no longer in use, and the date of issue isn't known").into(),
        ),
    }
}
