//! Whether the barcode is one of the issuer's, and says what the visual zone says.

use crate::aamva::{self, Fault, Licence};
use crate::checks::{Comparison, VisualZone as _, failed, judged, not_performed, passed};
use crate::names::{Script, collapse};
use crate::text::compose;
use crate::{Check, Observation, Reading};

use super::super::BarcodeKind;
use super::Document;

const FORMAT: &str = "barcode.pdf417.format";
const ISSUER: &str = "barcode.pdf417.issuer";

/// Why a document that should have a barcode has none.
#[derive(Clone, Copy)]
pub(super) enum NoBarcode {
    /// None was found.
    NotFound,
    /// There are several, which differ.
    Several,
    /// What was found is no licence's.
    Fault(Fault),
}

impl NoBarcode {
    fn message(self) -> &'static str {
        match self {
            Self::NotFound => "no PDF417 was found on the pages",
            Self::Several => "the pages bear several PDF417 that differ",
            Self::Fault(fault) => fault.message(),
        }
    }
}

/// The one barcode that was seen.
pub(super) fn find(seen: &Observation) -> Result<Licence<'_>, NoBarcode> {
    let mut contents = seen.contents(aamva::SOURCE);
    let first = contents.next().ok_or(NoBarcode::NotFound)?;
    if contents.any(|other| other != first) {
        return Err(NoBarcode::Several);
    }
    Licence::parse(first).map_err(NoBarcode::Fault)
}

/// Every check of a barcode: of its form, its issuer, and of the fields that the type has.
pub(super) fn checks(document: &Document<'_>, kind: BarcodeKind) -> Vec<Check> {
    let BarcodeKind::Aamva { issuer } = kind;
    let licence = match &document.barcode {
        Some(Ok(licence)) => Ok(licence),
        Some(Err(none)) => Err(*none),
        None => Err(NoBarcode::NotFound),
    };
    let form = match licence {
        Ok(_) => passed(FORMAT, &[], "the barcode has the form of AAMVA's standard"),
        Err(NoBarcode::NotFound) => not_performed(FORMAT, &[], NoBarcode::NotFound.message()),
        Err(none) => failed(FORMAT, &[], none.message()),
    };
    let of_issuer = match licence {
        Ok(licence) => judged(
            ISSUER,
            &[],
            licence.issuer() == issuer,
            "the barcode is of this issuer",
            "the barcode is of another issuer",
        ),
        Err(none) => not_performed(ISSUER, &[], none.message()),
    };
    let repeated = REPEATED.iter().filter(|(_, field)| document.has(field));
    let matches = repeated.map(|&(code, field)| match (document.reading(field), licence) {
        (None, _) => not_performed(code, &[field], "the field was not read on the page"),
        (Some(_), Err(none)) => not_performed(code, &[field], none.message()),
        (Some(visual), Ok(licence)) => said(code, field, compare(document, field, visual, licence)),
    });
    [form, of_issuer].into_iter().chain(matches).collect()
}

/// The fields that the standard repeats, and the codes of their checks.
const REPEATED: [(&str, &str); 7] = [
    ("barcode.pdf417.matches.surname", "surname"),
    ("barcode.pdf417.matches.given_names", "given_names"),
    ("barcode.pdf417.matches.document_number", "document_number"),
    ("barcode.pdf417.matches.date_of_birth", "date_of_birth"),
    ("barcode.pdf417.matches.sex", "sex"),
    ("barcode.pdf417.matches.date_of_issue", "date_of_issue"),
    ("barcode.pdf417.matches.date_of_expiry", "date_of_expiry"),
];

fn compare(
    document: &Document<'_>,
    field: &str,
    visual: &Reading,
    licence: &Licence<'_>,
) -> Comparison {
    let names = |told: Option<String>, indicators: &[&str]| match told {
        Some(told) => of_names(&visual.raw, &told, licence.may_be_truncated(indicators)),
        None => Comparison::Different,
    };
    let date = |element| match document.date(field) {
        Some(day) => Comparison::of(licence.date(element) == Some(day)),
        None => Comparison::Impossible("the date on the page can't be read"),
    };
    match field {
        "surname" => names(licence.element("DCS").map(str::to_owned), &["DDE"]),
        "given_names" => names(licence.given_names(), &["DDF", "DDG"]),
        "document_number" => {
            Comparison::of_numbers(&visual.raw, licence.element("DAQ").unwrap_or_default())
        }
        "sex" => {
            let visual = document.sex(visual.raw.trim());
            Comparison::of(visual.is_some() && visual == licence.sex())
        }
        "date_of_birth" => date("DBB"),
        "date_of_issue" => date("DBD"),
        _ => date("DBA"),
    }
}

/// A barcode has names as the page has them, accents and hyphens and all; or as a machine-readable zone would.
fn of_names(visual: &str, told: &str, may_be_truncated: bool) -> Comparison {
    let plain = |text: &str| collapse(&compose(text)).to_uppercase();
    let (visual_name, told_name) = (plain(visual), plain(told));
    if visual_name == told_name {
        return Comparison::Same;
    }
    if may_be_truncated && !told_name.is_empty() && visual_name.starts_with(&told_name) {
        return Comparison::SameAsFarAsItGoes;
    }
    let as_in_a_zone = told_name.replace('-', " ");
    Comparison::of_names(Script::Latin, visual, &as_in_a_zone, may_be_truncated)
}

fn said(code: &'static str, field: &'static str, comparison: Comparison) -> Check {
    let fields = &[field];
    match comparison {
        Comparison::Same | Comparison::SameButForApostrophes => {
            passed(code, fields, "page and barcode say the same")
        }
        Comparison::SameAsFarAsItGoes => {
            passed(code, fields, "page and barcode say the same as far as the barcode goes")
        }
        Comparison::Different => failed(code, fields, "page and barcode differ"),
        Comparison::Impossible(why) => not_performed(code, fields, why),
    }
}
