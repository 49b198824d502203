//! Whether single values have their form, and numbers their check characters.

use super::super::{Nationality, NumberForm};
use super::Document;
use crate::Check;
use crate::checks::{VisualZone, judged, not_performed};

const NOT_READ: &str = "the field was not read";

pub(super) fn checks(document: &Document<'_>) -> Vec<Check> {
    let kind = document.document_type;
    let mut checks = Vec::new();
    let mut form = |code, name, is_right: &dyn Fn(&str) -> bool, message, otherwise| {
        if kind.field(name).is_some() {
            checks.push(match document.reading(name) {
                Some(reading) => {
                    judged(code, &[name], is_right(reading.raw.trim()), message, otherwise)
                }
                None => not_performed(code, &[name], NOT_READ),
            });
        }
    };
    form(
        "document_number.format",
        "document_number",
        &|text| kind.document_number.fits(text),
        "the document number has the form of its type",
        "the document number doesn't have the form of its type",
    );
    form(
        "personal_number.format",
        "personal_number",
        &|text| kind.personal_number.is_some_and(|number| number.fits(text)),
        "the personal number has the form of its state",
        "the personal number doesn't have the form of its state",
    );
    form(
        "nationality.format",
        "nationality",
        &|text| match kind.nationality {
            Nationality::Own => text == kind.issuing_state,
            Nationality::Any => is_state_code(text),
        },
        "the nationality is one that this document is issued to",
        "the nationality isn't one that this document is issued to",
    );
    form(
        "issuing_state.format",
        "issuing_state",
        &|text| text == kind.issuing_state,
        "the issuing state is the one of this document type",
        "the issuing state isn't the one of this document type",
    );
    form(
        "sex.format",
        "sex",
        &|text| kind.sexes.contains(&text),
        "the sex is written as this state writes it",
        "the sex isn't written as this state writes it",
    );
    for (code, name) in [
        ("date_of_birth.format", "date_of_birth"),
        ("date_of_issue.format", "date_of_issue"),
        ("date_of_expiry.format", "date_of_expiry"),
    ] {
        form(
            code,
            name,
            &|text| kind.date(text).is_some(),
            "the date is a real day in the format of its type",
            "the date isn't a real day in the format of its type",
        );
    }
    let document_number = Some(kind.document_number);
    checks.extend(digit(
        document,
        "document_number.check_digit",
        "document_number",
        document_number,
    ));
    checks.extend(digit(
        document,
        "personal_number.check_digit",
        "personal_number",
        kind.personal_number,
    ));
    checks.extend(birth_date(document));
    checks
}

fn is_state_code(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase())
}

fn digit(
    document: &Document<'_>,
    code: &'static str,
    name: &'static str,
    number: Option<NumberForm>,
) -> Option<Check> {
    let number = number?;
    (document.document_type.field(name).is_some() && number.check.is_some()).then(|| {
        let Some(reading) = document.reading(name) else {
            return not_performed(code, &[name], NOT_READ);
        };
        match number.check_agrees(reading.raw.trim()) {
            Some(agrees) => judged(
                code,
                &[name],
                agrees,
                "the check character agrees",
                "the check character doesn't agree",
            ),
            None => not_performed(code, &[name], "the number doesn't have its form"),
        }
    })
}

fn birth_date(document: &Document<'_>) -> Option<Check> {
    let (code, fields) = ("personal_number.date_of_birth", ["personal_number", "date_of_birth"]);
    let number = document.document_type.personal_number?;
    let has_date = number.shape.contains('{');
    if !has_date || fields.iter().any(|name| document.document_type.field(name).is_none()) {
        return None;
    }
    let read = document.reading("personal_number").zip(document.date("date_of_birth"));
    let agrees = read.and_then(|(text, birth)| number.has_birth_date(text.raw.trim(), birth));
    Some(match agrees {
        Some(agrees) => judged(
            code,
            &fields,
            agrees,
            "the personal number has the date of birth",
            "the personal number has another date of birth",
        ),
        None => not_performed(code, &fields, "one of them was not read, or doesn't have its form"),
    })
}
