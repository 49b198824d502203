//! Whether single values of the visual zone have their form.

use super::{Document, VisualZone, judged, not_performed};
use crate::{Check, DateFormat, DocumentType, dates};

const NOT_READ: &str = "the field was not read";

pub(super) fn checks(document: &Document<'_>) -> Vec<Check> {
    let document_type = document.document_type;
    let has = |name: &str| document_type.field(name).is_some();
    let mut checks = vec![form(
        document,
        "document_number.format",
        "document_number",
        |text| fits(text, document_type.document_number),
        "the document number has the form of its type",
        "the document number doesn't have the form of its type",
    )];
    if has("nationality") {
        checks.push(form(
            document,
            "nationality.format",
            "nationality",
            |text| fits(text, "AAA"),
            "the nationality is a code of three letters",
            "the nationality isn't a code of three letters",
        ));
    }
    if has("sex") {
        checks.push(form(
            document,
            "sex.format",
            "sex",
            |text| DocumentType::sex(text).is_some(),
            "the sex is F, M or X",
            "the sex isn't F, M or X",
        ));
    }
    for (code, name) in [
        ("date_of_birth.format", "date_of_birth"),
        ("date_of_issue.format", "date_of_issue"),
        ("date_of_expiry.format", "date_of_expiry"),
    ] {
        checks.push(form(
            document,
            code,
            name,
            |text| dates::parse(text, document_type.date_format).is_some(),
            "the date is a real day in the format of its type",
            not_a_date(document_type.date_format),
        ));
    }
    checks
}

fn form(
    document: &Document<'_>,
    code: &'static str,
    name: &'static str,
    is_right: impl Fn(&str) -> bool,
    message: &'static str,
    otherwise: &'static str,
) -> Check {
    match document.reading(name) {
        Some(reading) => judged(code, &[name], is_right(reading.raw.trim()), message, otherwise),
        None => not_performed(code, &[name], NOT_READ),
    }
}

fn not_a_date(format: DateFormat) -> &'static str {
    match format {
        DateFormat::DayMonthNameYear => "the date isn't a real day written like 01 JAN 2000",
        DateFormat::DotsDayMonthYear => "the date isn't a real day written like 01.01.2000",
        DateFormat::SlashesDayMonthYear => "the date isn't a real day written like 01/01/2000",
    }
}

/// Whether a text fits a pattern: `A` is a capital, `9` a digit, `*` either.
fn fits(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(byte, class)| match class {
            b'A' => byte.is_ascii_uppercase(),
            b'9' => byte.is_ascii_digit(),
            _ => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        })
}
