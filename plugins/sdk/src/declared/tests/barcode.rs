//! Documents with a barcode of AAMVA's, which agrees, differs, is another's or missing.

use super::{document_type, dots, today};
use crate::declared::{BarcodeKind, DocumentType};
use crate::{Barcode, DocumentRules as _, Observation, Outcome, Reading, Report, Settings};

const GOOD: &[&str] = &["DAQT64235789", "DBB03121985", "DBA12102030", "DBC2", "DCGUSA"];
const READ: &[(&str, &str)] =
    &[("date_of_birth", "12.03.1985"), ("sex", "K / F"), ("date_of_expiry", "10.12.2030")];

fn content(issuer: &str, elements: &[&str]) -> String {
    let subfile = format!("DL{}\r", elements.join("\n"));
    format!("@\n\u{1e}\rANSI {issuer}110001DL0031{:04}{subfile}", subfile.len())
}

fn licence() -> &'static DocumentType {
    let barcode = Some(BarcodeKind::Aamva { issuer: "639999" });
    let fields = &super::FIELDS[..3];
    Box::leak(Box::new(DocumentType { barcode, fields, ..document_type(dots(), None) }))
}

fn report(read: &[(&str, &str)], contents: &[String]) -> Report {
    let reading = |(name, raw): &(&str, &str)| Reading {
        name: (*name).to_owned(),
        page: 0,
        raw: (*raw).to_owned(),
        confidence: 0.99,
    };
    let readings = read.iter().map(reading).collect::<Vec<_>>();
    let barcode = |content: &String| Barcode {
        source: "barcode.pdf417".to_owned(),
        page: 1,
        content: content.clone(),
    };
    let barcodes = contents.iter().map(barcode).collect();
    let seen = Observation { barcodes, ..Observation::default() };
    licence().report(&readings, &seen, today(), Settings::default())
}

/// The outcomes of the barcode's checks: form, issuer, dates of birth and of expiry, sex.
fn outcomes(report: &Report) -> Vec<(&'static str, Outcome)> {
    let of_barcode = |code: &&'static str| code.starts_with("barcode.");
    let checks = report.checks.iter().filter(|check| of_barcode(&check.code));
    checks.map(|check| (check.code.trim_start_matches("barcode.pdf417."), check.outcome)).collect()
}

fn expected(form: Outcome, issuer: Outcome, matches: [Outcome; 3]) -> Vec<(&'static str, Outcome)> {
    let [birth, sex, expiry] = matches;
    vec![
        ("format", form),
        ("issuer", issuer),
        ("matches.date_of_birth", birth),
        ("matches.sex", sex),
        ("matches.date_of_expiry", expiry),
    ]
}

#[test]
fn page_and_barcode_are_compared_field_by_field() {
    use Outcome::{Failed, NotPerformed, Passed};
    let good = || content("639999", GOOD);
    let other_sex = ["DBB03121985", "DBA12102030", "DBC1", "DCGUSA"];
    let no_birth = ["DBA12102030", "DBC2", "DCGUSA"];
    let altered = [READ[0], READ[1], ("date_of_expiry", "10.12.2035")];
    let unread = [("date_of_birth", "12.13.1985"), READ[1]];
    for (read, contents, outcomes_of) in [
        (READ, vec![good()], expected(Passed, Passed, [Passed; 3])),
        // The same barcode, found twice, is one.
        (READ, vec![good(), good()], expected(Passed, Passed, [Passed; 3])),
        (READ, vec![content("636000", GOOD)], expected(Passed, Failed, [Passed; 3])),
        (
            READ,
            vec![content("639999", &other_sex)],
            expected(Passed, Passed, [Passed, Failed, Passed]),
        ),
        (
            READ,
            vec![content("639999", &no_birth)],
            expected(Passed, Passed, [Failed, Passed, Passed]),
        ),
        (&altered, vec![good()], expected(Passed, Passed, [Passed, Passed, Failed])),
        (&unread, vec![good()], expected(Passed, Passed, [NotPerformed, Passed, NotPerformed])),
        (READ, vec![], expected(NotPerformed, NotPerformed, [NotPerformed; 3])),
        (READ, vec!["@ no licence".to_owned()], expected(Failed, NotPerformed, [NotPerformed; 3])),
        (
            READ,
            vec![good(), content("639999", &other_sex)],
            expected(Failed, NotPerformed, [NotPerformed; 3]),
        ),
    ] {
        assert_eq!(outcomes(&report(read, &contents)), outcomes_of, "{read:?} {contents:?}");
    }
}

#[test]
fn names_are_those_of_the_page_or_of_a_zone() {
    use Outcome::{Failed, Passed};
    let fields: &'static [crate::declared::FieldRule] =
        Box::leak(Box::new([crate::declared::FieldRule { name: "given_names", page: 0 }]));
    let barcode = Some(BarcodeKind::Aamva { issuer: "639999" });
    let named: &'static DocumentType =
        Box::leak(Box::new(DocumentType { barcode, fields, ..document_type(dots(), None) }));
    for (read, first, middle, truncated, expected) in [
        ("PAULETTE VALÉRIE", "PAULETTE", "VALÉRIE", "N", Passed),
        ("PAULETTE VALÉRIE", "PAULETTE", "VALERIE", "N", Passed),
        ("DOMHNALL-KIRSTY", "DOMHNALL-KIRSTY", "NONE", "N", Passed),
        ("DOMHNALL-KIRSTY", "DOMHNALL KIRSTY", "NONE", "N", Passed),
        ("Ann Mary Lou", "ANN", "MARY,LOU", "N", Passed),
        ("MAXIMILIAN", "MAXIMI", "NONE", "T", Passed),
        ("MAXIMILIAN", "MAXIMI", "NONE", "N", Failed),
        ("PAULETTE VALÉRIE", "PAULETTE", "NONE", "N", Failed),
        ("PAULETTE", "PAULINE", "NONE", "N", Failed),
    ] {
        let elements = [format!("DAC{first}"), format!("DAD{middle}"), format!("DDF{truncated}")];
        let elements = elements.iter().map(String::as_str).collect::<Vec<_>>();
        let subfile = format!("DL{}\r", elements.join("\n"));
        let length = subfile.chars().count();
        let content = format!("@\n\u{1e}\rANSI 639999110001DL0031{length:04}{subfile}");
        let source = "barcode.pdf417".to_owned();
        let barcodes = vec![Barcode { source, page: 1, content }];
        let seen = Observation { barcodes, ..Observation::default() };
        let name = "given_names".to_owned();
        let readings = [Reading { name, page: 0, raw: read.to_owned(), confidence: 0.9 }];
        let report = named.report(&readings, &seen, today(), Settings::default());
        let check = report.checks.iter().find(|check| check.code.ends_with("matches.given_names"));
        assert_eq!(check.map(|check| check.outcome), Some(expected), "{read}: {first}, {middle}");
    }
}

#[test]
fn what_only_the_barcode_tells_is_told_where_everything_was_asked_for() {
    let contents = [content("639999", GOOD)];
    let whole = report(READ, &contents);
    let number = whole.fields.iter().find(|field| field.name == "document_number");
    let number = number.map(|field| (field.value.as_deref(), field.source));
    assert_eq!(number, Some((Some("T64235789"), "barcode.pdf417")));

    let part = report(&READ[..1], &contents);
    assert_eq!(part.fields.len(), 1, "{:?}", part.fields);
}

#[test]
fn it_searches_for_what_it_compares() {
    assert_eq!(licence().searches(), ["barcode.pdf417"]);
    assert_eq!(document_type(dots(), None).searches(), [""; 0]);
    assert_eq!(crate::searches(std::slice::from_ref(licence())).len(), 1);
}
