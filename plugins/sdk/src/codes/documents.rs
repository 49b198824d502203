//! The two letters at the beginning of a zone.

use std::borrow::Cow;

use mrz::Date;

use super::{CodeVerdict, Day, Issued};
use crate::dates::is_before;
use crate::zone::ZoneFormat;

/// A document code, or a kind of them.
#[derive(Debug)]
pub struct DocumentCode {
    /// The code without fillers; `?` is any letter.
    pub code: &'static str,
    /// The sizes that have it.
    pub formats: &'static [ZoneFormat],
    /// The issuer that alone uses it; none where every issuer may.
    pub issuing_state: Option<&'static str>,
    /// Documents issued before this day don't have it; none where the beginning isn't known.
    pub issued_from: Option<Day>,
    /// Documents issued on this day or later don't have it.
    pub issued_before: Option<Day>,
    /// Who says so.
    pub source: &'static str,
}

const PASSPORTS: &[ZoneFormat] = &[ZoneFormat::Td3];
const CARDS: &[ZoneFormat] = &[ZoneFormat::Td1, ZoneFormat::Td2];
const VISAS: &[ZoneFormat] = &[ZoneFormat::MrvA, ZoneFormat::MrvB];

/// From this day on a second letter of a passport's code is one of the harmonised ones.
const HARMONISED: Day = Day(2026, 1, 1);
/// From this day on every passport has one.
const MANDATORY: Day = Day(2028, 1, 1);
/// Passports without one expire before this day.
const LAST_WITHOUT: Day = Day(2038, 1, 1);
/// The second amendment of the part on cards.
const AMENDED: Day = Day(2026, 2, 20);

const PART_4: &str = "Doc 9303 part 4, 8th edition, amendment 2 of 20 February 2026, section 4.4";
const PART_5: &str = "Doc 9303 part 5, 8th edition, amendment of 2026, section 4.2.2";
const PART_7: &str = "Doc 9303 part 7, 8th edition, section 4.2.2";

const fn harmonised(code: &'static str) -> DocumentCode {
    // Each was one of those that an issuer could choose before, too.
    DocumentCode {
        code,
        formats: PASSPORTS,
        issuing_state: None,
        issued_from: None,
        issued_before: None,
        source: PART_4,
    }
}

const fn card(code: &'static str) -> DocumentCode {
    DocumentCode { formats: CARDS, source: PART_5, ..harmonised(code) }
}

const fn permanent_resident(code: &'static str) -> DocumentCode {
    DocumentCode {
        issuing_state: Some("USA"),
        issued_from: Some(Day(1997, 1, 1)),
        source: "cards of permanent residents of the United States (form I-551) since 1997; part 5 knows letters only",
        ..card(code)
    }
}

/// Every document code, those that name both letters first.
pub static DOCUMENT_CODES: [DocumentCode; 23] = [
    harmonised("PP"),
    harmonised("PE"),
    harmonised("PD"),
    harmonised("PO"),
    harmonised("PR"),
    harmonised("PT"),
    harmonised("PS"),
    harmonised("PL"),
    harmonised("PM"),
    DocumentCode {
        source: "Doc 9303 part 8, 8th edition, amendment of 6 February 2026",
        ..harmonised("PU")
    },
    DocumentCode { issued_before: Some(MANDATORY), ..harmonised("P") },
    DocumentCode { issued_before: Some(HARMONISED), ..harmonised("P?") },
    permanent_resident("C1"),
    permanent_resident("C2"),
    DocumentCode { issued_before: Some(AMENDED), ..card("AI") },
    card("A"),
    card("C"),
    card("I"),
    card("A?"),
    card("C?"),
    card("I?"),
    DocumentCode { formats: VISAS, source: PART_7, ..harmonised("V") },
    DocumentCode { formats: VISAS, source: PART_7, ..harmonised("V?") },
];

/// Judges a document code, without fillers, by the size of its zone, its issuer and its dates.
#[must_use]
pub fn document_code(
    code: &str,
    format: ZoneFormat,
    issuing_state: &str,
    issued: Issued,
    expiry: Option<Date>,
) -> CodeVerdict {
    const WRONG: CodeVerdict =
        CodeVerdict::Wrong(Cow::Borrowed("the document code isn't one of this format"));
    // A second letter V would make a visa of a card.
    if CARDS.contains(&format) && code.ends_with('V') {
        return WRONG;
    }
    let is_code = |row: &&DocumentCode| {
        row.formats.contains(&format)
            && row.issuing_state.is_none_or(|state| state == issuing_state)
            && (row.code == code || is_of_kind(code, row.code))
    };
    let Some(row) = DOCUMENT_CODES.iter().find(is_code) else {
        return WRONG;
    };
    if row.issued_from.is_some_and(|from| issued.since(from) == Some(false)) {
        return WRONG;
    }
    match row.issued_before {
        Some(day)
            if day == MANDATORY && expiry.is_some_and(|expiry| !is_before(expiry, LAST_WITHOUT.date())) =>
        {
            CodeVerdict::Wrong(
                "passports without a second letter expire before 2038 (Doc 9303 part 4, section 4.4)"
                    .into(),
            )
        }
        Some(day) => match (issued.since(day), row.code) {
            (Some(false), _) => {
                CodeVerdict::Right("the document code is one of this format".into())
            }
            (Some(true), _) => CodeVerdict::Wrong(
                format!("documents issued since {} don't have this document code", year_and_month(day))
                    .into(),
            ),
            // No issuer is known to have used it before it was forbidden.
            (None, "AI") => CodeVerdict::Wrong(
                "Doc 9303 part 5 doesn't allow the document code AI".into(),
            ),
            (None, _) => CodeVerdict::Undecided(
                format!(
                    "documents issued since {} don't have this document code, and the date of issue isn't known",
                    year_and_month(day)
                )
                .into(),
            ),
        },
        None if row.issuing_state.is_some() => CodeVerdict::Right(
            "the document code isn't one of Doc 9303, and this issuer is known to use it".into(),
        ),
        None => CodeVerdict::Right("the document code is one of this format".into()),
    }
}

fn is_of_kind(code: &str, kind: &str) -> bool {
    let Some(first) = kind.strip_suffix('?') else {
        return false;
    };
    let second = code.strip_prefix(first).map(str::as_bytes);
    matches!(second, Some([letter]) if letter.is_ascii_uppercase())
}

fn year_and_month(Day(year, month, _): Day) -> String {
    format!("{year:04}-{month:02}")
}
