//! Whether the machine-readable zone and the visual zone say the same.

use super::{Document, failed, not_performed, passed};
use crate::names::{NameMatch, Script, compare, shortest_spelling};
use crate::zone::{Zone, agrees_with};
use crate::{Check, Reading};

const ZONE: &str = "mrz";

pub(super) fn checks(document: &Document<'_>) -> Vec<Check> {
    vec![
        comparison(document, "mrz.matches.surname", "surname", |visual, zone| {
            name(&visual.raw, &zone.surname(), may_be_truncated(document, zone))
        }),
        comparison(document, "mrz.matches.given_names", "given_names", |visual, zone| {
            name(&visual.raw, &zone.given_names(), may_be_truncated(document, zone))
        }),
        comparison(document, "mrz.matches.document_number", "document_number", |visual, zone| {
            equal(letters_and_digits(&visual.raw) == letters_and_digits(zone.document_number()))
        }),
        comparison(document, "mrz.matches.nationality", "nationality", |visual, zone| {
            equal(visual.raw.trim() == zone.nationality())
        }),
        comparison(document, "mrz.matches.date_of_birth", "date_of_birth", |_, zone| {
            date(document, "date_of_birth", zone.date_of_birth())
        }),
        comparison(document, "mrz.matches.sex", "sex", |visual, zone| {
            equal(Some(visual.raw.trim()) == zone.sex())
        }),
        comparison(document, "mrz.matches.date_of_expiry", "date_of_expiry", |_, zone| {
            date(document, "date_of_expiry", zone.date_of_expiry())
        }),
    ]
}

/// What came of a comparison.
enum Comparison {
    Same,
    SameAsFarAsItGoes,
    Different,
    Impossible(&'static str),
}

fn comparison(
    document: &Document<'_>,
    code: &'static str,
    field: &'static str,
    compare: impl Fn(&Reading, &Zone) -> Comparison,
) -> Check {
    let fields = &[field, ZONE];
    let Some(visual) = document.reading(field) else {
        return not_performed(code, fields, "the field was not read in the visual zone");
    };
    let Some(zone) = document.valid_zone() else {
        return not_performed(code, fields, "no machine-readable zone was read, or it isn't one");
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

fn equal(is_equal: bool) -> Comparison {
    if is_equal { Comparison::Same } else { Comparison::Different }
}

/// Names are cut if the name field is full, which a letter at its end tells. Some issuers cut right
/// after a filler; then it is the visual names that tell, by not fitting.
fn may_be_truncated(document: &Document<'_>, zone: &Zone) -> bool {
    let length = |field| {
        document
            .reading(field)
            .and_then(|reading| shortest_spelling(Script::Latin, &reading.raw))
            .unwrap_or(0)
    };
    let separator = 2;
    zone.names_may_be_truncated()
        || length("surname") + separator + length("given_names") > zone.name_field_length()
}

fn name(visual: &str, in_zone: &str, may_be_truncated: bool) -> Comparison {
    if in_zone.is_empty() && may_be_truncated && !visual.trim().is_empty() {
        return Comparison::Impossible("the machine-readable zone had no room for it");
    }
    match compare(visual, in_zone, may_be_truncated) {
        NameMatch::Equal => Comparison::Same,
        NameMatch::Truncated => Comparison::SameAsFarAsItGoes,
        NameMatch::Different => Comparison::Different,
    }
}

/// The zone has two digits of the year; the visual zone has the century.
fn date(document: &Document<'_>, field: &str, in_zone: &str) -> Comparison {
    match document.date(field).map(|visual| agrees_with(in_zone, visual)) {
        None => Comparison::Impossible("the date of the visual zone is none"),
        Some(None) => Comparison::Impossible("the machine-readable zone says it is unknown"),
        Some(Some(agrees)) => equal(agrees),
    }
}

fn letters_and_digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect()
}
