//! Barcodes as the standard's own example has them, and as they must not be.

use proptest::prelude::*;

use super::{Fault, Licence};
use crate::dates::to_iso;

/// A barcode with these data elements, its places right.
fn barcode(elements: &[&str]) -> String {
    let subfile = format!("DL{}\r", elements.join("\n"));
    let length = subfile.chars().count();
    format!("@\n\u{1e}\rANSI 636099110001DL0031{length:04}{subfile}")
}

#[test]
fn elements_are_told_by_the_fields_they_are() {
    let content = barcode(&[
        "DAQT64235789",
        "DCSSAMPLE",
        "DDEN",
        "DACMICHAEL",
        "DDFN",
        "DADJOHN,BOB",
        "DDGN",
        "DBD06062024",
        "DBB06061986",
        "DBA12102030",
        "DBC1",
        "DCGUSA",
    ]);
    let licence = Licence::parse(&content).expect("a licence");
    assert_eq!(licence.issuer(), "636099");
    let told = licence.told();
    let told = told.iter().map(|(name, value)| (*name, value.as_deref())).collect::<Vec<_>>();
    assert_eq!(
        told,
        [
            ("surname", Some("SAMPLE")),
            ("given_names", Some("MICHAEL JOHN BOB")),
            ("document_number", Some("T64235789")),
            ("date_of_birth", Some("1986-06-06")),
            ("sex", Some("M")),
            ("date_of_issue", Some("2024-06-06")),
            ("date_of_expiry", Some("2030-12-10")),
        ]
    );
}

#[test]
fn years_stand_first_in_canada() {
    let content = barcode(&["DBB19860704", "DCGCAN"]);
    let licence = Licence::parse(&content).expect("a licence");
    assert_eq!(licence.date("DBB").map(to_iso).as_deref(), Some("1986-07-04"));
    let american = barcode(&["DBB19860704", "DCGUSA"]);
    assert_eq!(Licence::parse(&american).expect("a licence").date("DBB"), None);
}

#[test]
fn what_is_stated_to_be_missing_is_none() {
    let content = barcode(&["DADNONE", "DACunavl", "DAQ  ", "DBC4", "DBB00000000"]);
    let licence = Licence::parse(&content).expect("a licence");
    assert!(licence.told().iter().all(|(_, value)| value.is_none()));
    assert_eq!(licence.element("DZZ"), None);
}

#[test]
fn names_that_are_cut_short_are_not_told() {
    let content = barcode(&["DCSVERYLONGSURNA", "DDET", "DACANN", "DDFN"]);
    let licence = Licence::parse(&content).expect("a licence");
    assert_eq!(licence.told()[0], ("surname", None));
    assert_eq!(licence.told()[1], ("given_names", Some("ANN".to_owned())));
}

#[test]
fn letters_beyond_ascii_count_as_one() {
    let content = barcode(&["DCSMÜÑOZ", "DDEN", "DAQ1"]);
    let licence = Licence::parse(&content).expect("a licence");
    assert_eq!(licence.element("DCS"), Some("MÜÑOZ"));
}

#[test]
fn what_has_another_form_is_refused() {
    let good = barcode(&["DAQ1", "DCSX"]);
    assert!(Licence::parse(&good).is_ok());
    for (content, fault) in [
        (good.replacen('@', "#", 1), Fault::Header),
        (good.replacen("636099", "63609X", 1), Fault::Header),
        (good.replacen("DL0031", "ZZ0031", 1), Fault::Subfile),
        (good.replacen("DL0031", "DL0030", 1), Fault::Subfile),
        (good.replacen("DL0031", "DL9999", 1), Fault::Subfile),
        (good.replacen("DL0031", "DL00-1", 1), Fault::Header),
        (good[..good.len() - 1].to_owned(), Fault::Subfile),
        (barcode(&["DAQ1", "DAQ2"]), Fault::Element),
        (barcode(&["daq1"]), Fault::Element),
        (barcode(&["D"]), Fault::Element),
    ] {
        assert_eq!(Licence::parse(&content).err(), Some(fault), "{content:?}");
    }
}

proptest! {
    #[test]
    fn any_content_is_a_licence_or_refused(content in "\\PC{0,80}", rest in "[ -~\n\r\u{1e}À-ÿ]{0,120}") {
        let _ = Licence::parse(&content);
        let _ = Licence::parse(&format!("@\n\u{1e}\rANSI 636099110001{rest}"));
    }

    #[test]
    fn what_is_written_is_read(number in "[A-Z0-9]{1,25}", surname in "[A-ZÀ-Ö' -]{1,40}") {
        let content = barcode(&[&format!("DAQ{number}"), &format!("DCS{surname}")]);
        let licence = Licence::parse(&content).expect("a licence");
        prop_assert_eq!(licence.element("DAQ"), Some(number.as_str()).filter(|number| *number != "NONE"));
        prop_assert_eq!(
            licence.element("DCS"),
            Some(surname.trim()).filter(|surname| !surname.is_empty() && *surname != "NONE")
        );
    }
}
