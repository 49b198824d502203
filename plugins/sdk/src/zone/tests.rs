//! Machine-readable zones, good and damaged.

use proptest::prelude::*;

use super::CheckDigit::{Composite, DateOfBirth, DateOfExpiry, DocumentNumber, OptionalData};
use super::*;

const ALL: [CheckDigit; 5] = [DocumentNumber, DateOfBirth, DateOfExpiry, OptionalData, Composite];

fn digits(zone: &Zone) -> [Option<bool>; 5] {
    ALL.map(|digit| zone.check_digit(digit))
}

fn zone(text: &str) -> Zone {
    match Zone::parse(text) {
        Ok(zone) => zone,
        Err(fault) => panic!("{fault:?} in {text}"),
    }
}

/// ICAO Doc 9303 part 4, appendix B, and the same document by the amended code `PP`.
#[test]
fn the_specimen_of_part_4() {
    for code in ["P<", "PP"] {
        let zone = zone(&format!(
            "{code}UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n\
             L898902C36UTO7408122F1204159ZE184226B<<<<<10"
        ));
        assert_eq!(zone.format(), ZoneFormat::Td3);
        assert_eq!(digits(&zone), [Some(true); 5]);
        assert_eq!(
            (zone.surname().as_str(), zone.given_names().as_str()),
            ("ERIKSSON", "ANNA MARIA")
        );
        assert_eq!((zone.issuing_state(), zone.nationality()), ("UTO", "UTO"));
        assert_eq!(zone.document_number(), "L898902C3");
        assert_eq!((zone.date_of_birth(), zone.date_of_expiry()), ("740812", "120415"));
        assert_eq!(zone.sex(), Some("F"));
        assert_eq!(zone.personal_number(), Some("ZE184226B"));
        assert!(!zone.names_may_be_truncated());
    }
}

/// Part 3, appendix A: example 3, whose composite digit is 8; the optional digit may be a filler.
#[test]
fn the_composite_digit_of_part_3_for_td3() {
    for optional in ['0', '<'] {
        let zone = zone(&format!(
            "P<YTODOE<<JANE<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<\n\
             HA672242<6YTO5802254M9601086<<<<<<<<<<<<<<{optional}8"
        ));
        assert_eq!(digits(&zone), [Some(true); 5], "{optional}");
        assert_eq!(zone.personal_number(), None);
    }
}

/// Part 3, appendix A: examples 4 (TD1, composite 2) and 5 (TD2, composite 8).
#[test]
fn the_composite_digits_of_part_3_for_td1_and_td2() {
    let td1 = zone(
        "I<YTOD231458907<<<<<<<<<<<<<<<\n\
         3407127M9507122YTO<<<<<<<<<<<2\n\
         DOE<<JOHN<<<<<<<<<<<<<<<<<<<<<",
    );
    assert_eq!(td1.format(), ZoneFormat::Td1);
    assert_eq!(digits(&td1), [Some(true), Some(true), Some(true), None, Some(true)]);
    let td2 = zone(
        "I<YTODOE<<JANE<<<<<<<<<<<<<<<<<<<<<<\n\
         HA672242<6YTO5802254M9601086<<<<<<<8",
    );
    assert_eq!(td2.format(), ZoneFormat::Td2);
    assert_eq!(digits(&td2), [Some(true), Some(true), Some(true), None, Some(true)]);
}

/// Parts 5 and 6: the specimens.
#[test]
fn the_specimens_of_parts_5_and_6() {
    let td1 = zone(
        "I<UTOD231458907<<<<<<<<<<<<<<<\n\
         7408122F1204159UTO<<<<<<<<<<<6\n\
         ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
    );
    assert_eq!((td1.surname().as_str(), td1.document_number()), ("ERIKSSON", "D23145890"));
    assert_eq!((td1.date_of_birth(), td1.date_of_expiry()), ("740812", "120415"));
    let td2 = zone(
        "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\n\
         D231458907UTO7408122F1204159<<<<<<<6",
    );
    assert_eq!(td2.given_names(), "ANNA MARIA");
    for zone in [td1, td2] {
        assert_eq!(digits(&zone), [Some(true), Some(true), Some(true), None, Some(true)]);
    }
}

/// Part 7: visas print neither an optional nor a composite digit.
#[test]
fn the_specimens_of_part_7() {
    let a = zone(
        "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n\
         L898902C<3UTO6908061F9406236ZE184226B<<<<<<<",
    );
    let b = zone(
        "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\n\
         L898902C<3UTO6908061F9406236ZE184226",
    );
    assert_eq!((a.format(), b.format()), (ZoneFormat::MrvA, ZoneFormat::MrvB));
    for zone in [a, b] {
        assert_eq!(digits(&zone), [Some(true), Some(true), Some(true), None, None]);
        assert_eq!(zone.document_number(), "L898902C");
    }
}

/// Part 11, appendix D: a number longer than nine characters; part 5, note j.
#[test]
fn a_long_document_number_overflows_into_the_optional_data() {
    let specimen = zone(
        "I<UTOD23145890<7349<<<<<<<<<<<\n\
         3407127M9507122UTO<<<<<<<<<<<2\n\
         STEVENSON<<PETER<JOHN<<<<<<<<<",
    );
    assert_eq!(specimen.document_number(), "D23145890734");
    assert_eq!(digits(&specimen), [Some(true), Some(true), Some(true), None, Some(true)]);
    let damaged = zone(
        "I<UTOD23145890<7359<<<<<<<<<<<\n\
         3407127M9507122UTO<<<<<<<<<<<2\n\
         STEVENSON<<PETER<JOHN<<<<<<<<<",
    );
    assert_eq!(damaged.check_digit(DocumentNumber), Some(false));
}

#[test]
fn each_digit_is_a_check_of_its_own() {
    let good = "L898902C36UTO7408122F1204159ZE184226B<<<<<10";
    let damaged = |position: usize, character: &str| {
        let mut line = good.to_owned();
        line.replace_range(position..=position, character);
        let names = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<";
        digits(&zone(&format!("{names}\n{line}")))
    };
    let agrees = |failed: &[usize]| {
        let mut expected = [Some(true); 5];
        failed.iter().for_each(|&i| expected[i] = Some(false));
        expected
    };
    assert_eq!(damaged(1, "9"), agrees(&[0, 4]));
    assert_eq!(damaged(13, "8"), agrees(&[1, 4]));
    assert_eq!(damaged(21, "2"), agrees(&[2, 4]));
    assert_eq!(damaged(30, "2"), agrees(&[3, 4]));
    assert_eq!(damaged(43, "1"), agrees(&[4]));
}

#[test]
fn a_filler_is_no_check_digit() {
    // Unknown date of birth: the digit over six fillers is 0, and a filler would count as 0 too.
    let with = |digit: char| {
        let head = "L898902C36";
        let tail = "F1204159ZE184226B<<<<<1";
        let covered = format!("{head}<<<<<<{digit}{}", &tail[1..]);
        let composite = mrz::check_digit(&covered).expect("cells of a zone");
        zone(&format!(
            "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n{head}UTO<<<<<<{digit}{tail}{composite}"
        ))
    };
    assert_eq!(digits(&with('0')), [Some(true); 5]);
    assert_eq!(with('<').check_digit(DateOfBirth), Some(false));
}

#[test]
fn what_is_no_zone_has_a_fault() {
    let fault = |text: &str| Zone::parse(text).err();
    let lower = "L898902C36UTO7408122F1204159ZE184226B<<<<<10";
    let upper = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<";
    assert_eq!(fault(""), Some(ZoneFault::Shape));
    assert_eq!(fault(upper), Some(ZoneFault::Shape));
    assert_eq!(fault(&format!("{upper}\n{}", &lower[1..])), Some(ZoneFault::Shape));
    assert_eq!(fault(&format!("{upper}\n{lower}\n{lower}")), Some(ZoneFault::Shape));
    let small = upper.replace("ANNA", "anna");
    assert_eq!(fault(&format!("{small}\n{lower}")), Some(ZoneFault::Characters));
    let accent = upper.replace("ANNA", "ÄNNA");
    assert_eq!(fault(&format!("{accent}\n{lower}")), Some(ZoneFault::Characters));
    let code = upper.replacen('P', "Q", 1);
    assert_eq!(fault(&format!("{code}\n{lower}")), Some(ZoneFault::DocumentCode));
    let filler = lower.replacen('L', "<", 1);
    assert_eq!(fault(&format!("{upper}\n{filler}")), Some(ZoneFault::DocumentNumber));
}

#[test]
fn line_breaks_of_any_kind_and_margins_are_fine() {
    let text = "\r\n P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<< \r\n\
                L898902C36UTO7408122F1204159ZE184226B<<<<<10\r\n";
    assert_eq!(digits(&zone(text)), [Some(true); 5]);
}

#[test]
fn names_without_a_double_filler_are_one_identifier() {
    let single = zone(
        "P<UTOVAN<DER<MUELLEN<<<<<<<<<<<<<<<<<<<<<<<<\n\
         L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    );
    assert_eq!((single.surname().as_str(), single.given_names().as_str()), ("VAN DER MUELLEN", ""));
    let full = zone(
        "P<UTONILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K\n\
         L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    );
    assert!(full.names_may_be_truncated());
    assert_eq!(full.name_field_length(), 39);
}

#[test]
fn dates_agree_by_their_known_parts() {
    let visual = Date::new(1974, 8, 12);
    assert_eq!(agrees_with("740812", visual), Some(true));
    assert_eq!(agrees_with("740813", visual), Some(false));
    assert_eq!(agrees_with("74<<<<", visual), Some(true));
    assert_eq!(agrees_with("75<<<<", visual), Some(false));
    assert_eq!(agrees_with("7408I2", visual), Some(false));
    assert_eq!(agrees_with("<<<<<<", visual), None);
    assert_eq!(agrees_with("740812", Date::new(2074, 8, 12)), Some(true));
}

/// No century stands in Doc 9303: `today` decides.
#[test]
fn the_century_turns_on_today() {
    let today = Date::new(2026, 11, 24);
    let birth = |text| birth_date(text, today).map(crate::dates::to_iso);
    assert_eq!(birth("261124").as_deref(), Some("2026-11-24"));
    assert_eq!(birth("261125").as_deref(), Some("1926-11-25"));
    assert_eq!(birth("740812").as_deref(), Some("1974-08-12"));
    assert_eq!(birth("000229").as_deref(), Some("2000-02-29"));
    assert_eq!(birth("230229"), None);
    assert_eq!(birth("<<<<<<"), None);
}

proptest! {
    #[test]
    fn what_the_crate_writes_agrees_with_itself(
        surname in "[A-Z]{1,20}",
        given_names in "[A-Z]{1,10}( [A-Z]{1,10})?",
        number in "[A-Z0-9]{9}",
        personal in "[A-Z0-9]{0,14}",
        (birth, expiry) in ((1950..=2020_i32, 1..=12_u32, 1..=28_u32), (2020..=2060_i32, 1..=12_u32, 1..=28_u32)),
    ) {
        let text = mrz::format_td3(&mrz::Td3Fields {
            issuing_country: "UTO".into(),
            document_number: number.clone(),
            surname,
            given_names,
            nationality: "UTO".into(),
            date_of_birth: mrz::MrzDate::Calendar(Date::new(birth.0, birth.1, birth.2)),
            sex: mrz::Sex::Unspecified,
            date_of_expiry: mrz::MrzDate::Calendar(Date::new(expiry.0, expiry.1, expiry.2)),
            personal_number: (!personal.is_empty()).then_some(personal),
            ..Default::default()
        });
        let parsed = Zone::parse(&text);
        prop_assert!(parsed.is_ok());
        if let Ok(zone) = parsed {
            prop_assert_eq!(digits(&zone), [Some(true); 5]);
            prop_assert_eq!(zone.document_number(), number);
            prop_assert_eq!(zone.sex(), Some("X"));
            prop_assert_eq!(agrees_with(zone.date_of_birth(), Date::new(birth.0, birth.1, birth.2)), Some(true));
        }
    }

    #[test]
    fn any_text_is_a_zone_or_has_a_fault(text in any::<String>()) {
        prop_assert!(Zone::parse(&text).is_err() || text.len() >= 73);
    }

    #[test]
    fn any_zone_shaped_text_is_judged(text in "[PVIACD<][A-Z0-9<]{43}\n[A-Z0-9<]{44}|[VIA<][A-Z0-9<]{35}\n[A-Z0-9<]{36}|[IAC][A-Z0-9<]{29}\n[A-Z0-9<]{30}\n[A-Z0-9<]{30}") {
        if let Ok(zone) = Zone::parse(&text) {
            prop_assert_eq!(zone.text(), text);
            prop_assert!(zone.check_digit(DocumentNumber).is_some());
            prop_assert!(!zone.surname().contains('<') && !zone.given_names().contains('<'));
            let today = Date::new(2026, 11, 24);
            let birth = birth_date(zone.date_of_birth(), today);
            prop_assert!(birth.is_none_or(|birth| !crate::dates::is_before(today, birth)));
            let expiry = zone_expiry(zone.date_of_expiry(), zone.issuing_state(), zone.format(), today);
            let is_possible = match expiry {
                ZoneExpiry::On(day) => (1980..2092).contains(&day.year),
                ZoneExpiry::NoEnd(_) | ZoneExpiry::Uncertain(_) | ZoneExpiry::NotADay => true,
            };
            prop_assert!(is_possible);
        }
    }
}
