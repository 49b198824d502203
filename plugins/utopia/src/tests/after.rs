//! Whole reports on whole documents.

use dossier_rules_sdk::testing::{codes, outcome, reading, value};
use dossier_rules_sdk::{Check, Outcome, Reading, Report};
use proptest::prelude::*;

use super::{DOCUMENT_TYPES, TODAY, after};

const PASSPORT: &str = "utopia/passport/2024";
const CARD: &str = "utopia/id-card/2023";
const LICENCE: &str = "utopia/driving-licence/2022";

fn readings(values: &[(&str, &str)]) -> Vec<Reading> {
    values.iter().map(|(name, raw)| reading(name, 0, raw)).collect()
}

fn passport() -> Vec<Reading> {
    readings(&[
        ("surname", "MÜLLER-LÜDENSCHEIDT"),
        ("given_names", "ZOË  MARIA"),
        ("document_number", "P12345678"),
        ("nationality", "UTO"),
        ("date_of_birth", "12 MAR 1985"),
        ("sex", "X"),
        ("place_of_birth", " NEW O'HARA "),
        ("date_of_issue", "01 FEB 2024"),
        ("date_of_expiry", "01 FEB 2034"),
        (
            "mrz",
            "P<UTOMUELLER<LUEDENSCHEIDT<<ZOE<MARIA<<<<<<<\n\
             P123456789UTO8503127<3402018<<<<<<<<<<<<<<<0",
        ),
    ])
}

fn card() -> Vec<Reading> {
    let zone = mrz::format_td1(&mrz::Td1Fields {
        document_code: "ID".into(),
        issuing_country: "UTO".into(),
        document_number: "AB1234567".into(),
        surname: "O'CONNOR".into(),
        given_names: "ANNA".into(),
        nationality: "UTO".into(),
        date_of_birth: mrz::MrzDate::Calendar(mrz::Date::new(1985, 3, 12)),
        sex: mrz::Sex::Female,
        date_of_expiry: mrz::MrzDate::Calendar(mrz::Date::new(2034, 2, 1)),
        ..Default::default()
    });
    readings(&[
        ("surname", "O'CONNOR"),
        ("given_names", "ANNA"),
        ("date_of_birth", "12.03.1985"),
        ("sex", "F"),
        ("nationality", "UTO"),
        ("document_number", "AB1234567"),
        ("date_of_expiry", "01.02.2034"),
        ("date_of_issue", "01.02.2024"),
        ("authority", "CITY OF UTOPIA"),
        ("mrz", &zone),
    ])
}

fn licence() -> Vec<Reading> {
    readings(&[
        ("surname", "ERIKSSON"),
        ("given_names", "ANNA"),
        ("date_of_birth", "12/03/1985"),
        ("place_of_birth", "UTOPIA"),
        ("date_of_issue", "01/02/2024"),
        ("date_of_expiry", "01/02/2039"),
        ("authority", "ROAD OFFICE"),
        ("document_number", "A1B2C3D4E5"),
        ("categories", "AM  B BE"),
    ])
}

fn with(mut readings: Vec<Reading>, name: &str, raw: &str) -> Vec<Reading> {
    for reading in readings.iter_mut().filter(|reading| reading.name == name) {
        raw.clone_into(&mut reading.raw);
    }
    readings
}

fn without(readings: Vec<Reading>, name: &str) -> Vec<Reading> {
    readings.into_iter().filter(|reading| reading.name != name).collect()
}

fn report(document_type: &str, readings: &[Reading]) -> Report {
    after(document_type, readings, TODAY).expect("known type and fields")
}

#[test]
fn a_good_document_of_each_type_passes_every_check() {
    for (document_type, readings) in [(PASSPORT, passport()), (CARD, card()), (LICENCE, licence())]
    {
        let report = report(document_type, &readings);
        let not_passed = report.checks.iter().filter(|check| check.outcome != Outcome::Passed);
        assert_eq!(not_passed.collect::<Vec<_>>(), Vec::<&Check>::new(), "{document_type}");
    }
}

#[test]
fn values_are_normalised() {
    let report = report(PASSPORT, &passport());
    assert_eq!(value(&report, "surname"), Some("MÜLLER-LÜDENSCHEIDT"));
    assert_eq!(value(&report, "given_names"), Some("ZOË MARIA"));
    assert_eq!(value(&report, "place_of_birth"), Some("NEW O'HARA"));
    assert_eq!(value(&report, "date_of_birth"), Some("1985-03-12"));
    assert_eq!(value(&report, "date_of_expiry"), Some("2034-02-01"));
    let licence = after(LICENCE, &licence(), TODAY).expect("a licence");
    assert_eq!(value(&licence, "categories"), Some("AM B BE"));
    assert_eq!(value(&licence, "date_of_birth"), Some("1985-03-12"));
}

#[test]
fn what_cannot_be_normalised_has_no_value() {
    let readings = with(with(passport(), "date_of_birth", "31 FEB 1985"), "sex", "Q");
    let report = report(PASSPORT, &with(readings, "place_of_birth", "  "));
    for name in ["date_of_birth", "sex", "place_of_birth"] {
        assert_eq!(value(&report, name), None, "{name}");
    }
    assert_eq!(outcome(&report, "date_of_birth.format"), Outcome::Failed);
    assert_eq!(outcome(&report, "date_of_birth.plausible"), Outcome::NotPerformed);
    assert_eq!(outcome(&report, "mrz.matches.date_of_birth"), Outcome::NotPerformed);
    assert_eq!(outcome(&report, "sex.format"), Outcome::Failed);
    assert_eq!(outcome(&report, "reading.not_empty"), Outcome::Failed);
}

#[test]
fn the_visual_zone_wins_and_no_name_appears_twice() {
    let report = report(PASSPORT, &passport());
    let sources = report.fields.iter().map(|field| (field.name.as_str(), field.source));
    assert_eq!(
        sources.skip(8).collect::<Vec<_>>(),
        [("date_of_expiry", "visual"), ("mrz", "mrz"), ("issuing_state", "mrz")]
    );
}

#[test]
fn the_zone_tells_what_was_not_read() {
    let zone = readings(&[(
        "mrz",
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n\
         L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    )]);
    let told = report(PASSPORT, &zone);
    for (name, expected) in [
        ("issuing_state", "UTO"),
        ("surname", "ERIKSSON"),
        ("given_names", "ANNA MARIA"),
        ("document_number", "L898902C3"),
        ("nationality", "UTO"),
        ("date_of_birth", "1974-08-12"),
        ("sex", "F"),
        ("date_of_expiry", "2012-04-15"),
        ("personal_number", "ZE184226B"),
    ] {
        assert_eq!(value(&told, name), Some(expected), "{name}");
    }
    let damaged = with(
        zone,
        "mrz",
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n\
         L898902C36UTO7508122F1204159ZE184226B<<<<<10",
    );
    assert_eq!(value(&report(PASSPORT, &damaged), "date_of_birth"), None);
}

#[test]
fn a_difference_between_the_zones_fails_its_own_check_only() {
    for (name, raw, code) in [
        ("surname", "MÖLLER-LÜDENSCHEIDT", "mrz.matches.surname"),
        ("given_names", "ZOË", "mrz.matches.given_names"),
        ("document_number", "P12345679", "mrz.matches.document_number"),
        ("nationality", "UTA", "mrz.matches.nationality"),
        ("date_of_birth", "13 MAR 1985", "mrz.matches.date_of_birth"),
        ("sex", "F", "mrz.matches.sex"),
        ("date_of_expiry", "02 FEB 2034", "mrz.matches.date_of_expiry"),
    ] {
        let report = report(PASSPORT, &with(passport(), name, raw));
        assert_eq!(codes(&report, Outcome::Failed), [code], "{name}");
    }
}

#[test]
fn dates_are_judged_against_each_other_and_today() {
    let failed = |name: &str, raw: &str, code: &str| {
        let report = report(PASSPORT, &with(passport(), name, raw));
        assert_eq!(outcome(&report, code), Outcome::Failed, "{code} with {raw}");
    };
    failed("date_of_birth", "25 NOV 2026", "date_of_birth.plausible");
    failed("date_of_birth", "12 MAR 1885", "date_of_birth.plausible");
    failed("date_of_issue", "25 NOV 2026", "date_of_issue.plausible");
    failed("date_of_issue", "12 MAR 1985", "date_of_issue.after_birth");
    failed("date_of_expiry", "01 FEB 2024", "date_of_expiry.after_issue");
    failed("date_of_expiry", "23 NOV 2026", "document.expiry");
    let last_day = report(PASSPORT, &with(passport(), "date_of_expiry", "24 NOV 2026"));
    assert_eq!(outcome(&last_day, "document.expiry"), Outcome::Passed);
}

#[test]
fn expiry_depends_on_today_alone() {
    let expired = after(PASSPORT, &passport(), "2034-02-02").expect("a passport");
    assert_eq!(codes(&expired, Outcome::Failed), ["document.expiry"]);
}

#[test]
fn a_century_in_the_visual_zone_is_believed() {
    let old = with(passport(), "date_of_birth", "12 MAR 1925");
    let old = with(
        old,
        "mrz",
        "P<UTOMUELLER<LUEDENSCHEIDT<<ZOE<MARIA<<<<<<<\n\
         P123456789UTO2503125<3402018<<<<<<<<<<<<<<<6",
    );
    let report = report(PASSPORT, &old);
    assert_eq!(outcome(&report, "mrz.matches.date_of_birth"), Outcome::Passed);
    assert_eq!(value(&report, "date_of_birth"), Some("1925-03-12"));
}

#[test]
fn without_a_zone_its_checks_are_not_performed_but_there() {
    let complete = report(PASSPORT, &passport());
    let report = report(PASSPORT, &without(passport(), "mrz"));
    let all = |report: &Report| report.checks.iter().map(|c| c.code).collect::<Vec<_>>();
    assert_eq!(all(&report), all(&complete));
    assert_eq!(codes(&report, Outcome::Failed), Vec::<&str>::new());
    let not_performed = codes(&report, Outcome::NotPerformed);
    assert_eq!(not_performed.len(), 14);
    assert!(not_performed.iter().all(|code| code.starts_with("mrz.")));
}

#[test]
fn a_zone_of_another_format_fails_the_format_and_is_checked_all_the_same() {
    let td2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\n\
               D231458907UTO7408122F1204159<<<<<<<6";
    let visa = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n\
                L898902C<3UTO6908061F9406236ZE184226B<<<<<<<";
    let td1 = "I<UTOD23145890<7349<<<<<<<<<<<\n\
               3407127M9507122UTO<<<<<<<<<<<2\n\
               STEVENSON<<PETER<JOHN<<<<<<<<<";
    for (zone, composite) in
        [(td2, Outcome::Passed), (visa, Outcome::NotPerformed), (td1, Outcome::Passed)]
    {
        let report = report(PASSPORT, &readings(&[("mrz", zone)]));
        assert_eq!(outcome(&report, "mrz.format"), Outcome::Failed);
        assert_eq!(outcome(&report, "mrz.check_digit.document_number"), Outcome::Passed);
        assert_eq!(outcome(&report, "mrz.check_digit.optional_data"), Outcome::NotPerformed);
        assert_eq!(outcome(&report, "mrz.check_digit.composite"), composite);
    }
    let nonsense = report(PASSPORT, &readings(&[("mrz", "NO ZONE AT ALL")]));
    assert_eq!(outcome(&nonsense, "mrz.format"), Outcome::Failed);
    assert_eq!(outcome(&nonsense, "mrz.check_digit.composite"), Outcome::NotPerformed);
}

#[test]
fn a_foreign_state_is_no_utopian_document() {
    let zone = "P<D<<MUSTERMANN<<ERIKA<<<<<<<<<<<<<<<<<<<<<<\n\
                C01X00T478D<<6408125F2702283<<<<<<<<<<<<<<<4";
    let report = report(PASSPORT, &readings(&[("mrz", zone)]));
    assert_eq!(codes(&report, Outcome::Failed), ["mrz.issuing_state"]);
    assert_eq!(value(&report, "issuing_state"), Some("D"));
}

/// A name field that is full may cut names; the generator of the samples cuts after a filler too.
#[test]
fn names_that_do_not_fit_are_compared_as_far_as_they_go() {
    let surname = "ABCDEFGHIJKLMNOPQRSTUVWXYZ AB";
    for (given_names, field, expected) in [
        ("CHARLOTTE ANNA", "ABCDEFGHIJKLMNOPQRSTUVWXYZ<AB<<CHARLOTT", Outcome::Passed),
        ("CHARLOTTE ANNA", "ABCDEFGHIJKLMNOPQRSTUVWXYZ<AB<<CHARLOXT", Outcome::Failed),
        ("CHARLOT ANNA", "ABCDEFGHIJKLMNOPQRSTUVWXYZ<AB<<CHARLOT<", Outcome::Passed),
        ("CHARLOT", "ABCDEFGHIJKLMNOPQRSTUVWXYZ<AB<<CHARLO<<", Outcome::Failed),
    ] {
        let zone = format!("P<UTO{field}\nP123456789UTO8503127<3402018<<<<<<<<<<<<<<<0");
        let readings = with(with(passport(), "surname", surname), "given_names", given_names);
        let report = report(PASSPORT, &with(readings, "mrz", &zone));
        assert_eq!(outcome(&report, "mrz.matches.surname"), Outcome::Passed, "{field}");
        assert_eq!(outcome(&report, "mrz.matches.given_names"), expected, "{field}");
    }
}

#[test]
fn an_unsure_reading_fails_and_names_the_fields() {
    let mut readings = passport();
    readings[1].confidence = 0.49;
    readings[9].confidence = f32::NAN;
    let report = report(PASSPORT, &readings);
    let check = &report.checks[0];
    assert_eq!((check.code, check.outcome), ("reading.confidence", Outcome::Failed));
    assert_eq!(check.fields, ["given_names", "mrz"]);
}

#[test]
fn characters_a_field_cannot_have_fail_and_name_the_field() {
    let report = report(PASSPORT, &with(passport(), "nationality", "utopia"));
    let check = &report.checks[2];
    assert_eq!((check.code, check.outcome), ("reading.characters", Outcome::Failed));
    assert_eq!(check.fields, ["nationality"]);
    assert_eq!(outcome(&report, "nationality.format"), Outcome::Failed);
}

#[test]
fn nothing_read_means_nothing_performed() {
    for document_type in &DOCUMENT_TYPES {
        let report = report(document_type.id, &[]);
        assert!(report.fields.is_empty());
        assert!(report.checks.iter().all(|check| check.outcome == Outcome::NotPerformed));
    }
}

#[test]
fn unknown_types_dates_and_fields_are_refused() {
    let refused = |document_type, readings: &[Reading], today| {
        after(document_type, readings, today).expect_err("refused").code
    };
    assert_eq!(refused("utopia/visa/2024", &passport(), TODAY), "document_type.unknown");
    assert_eq!(refused(PASSPORT, &passport(), "yesterday"), "today.format");
    assert_eq!(refused(LICENCE, &passport(), TODAY), "fields.unknown");
    let twice = readings(&[("sex", "F"), ("sex", "M")]);
    assert_eq!(refused(PASSPORT, &twice, TODAY), "fields.duplicate");
}

#[test]
fn no_message_quotes_a_value() {
    let readings = with(passport(), "surname", "UNMISTAKABLE");
    let report = report(PASSPORT, &readings);
    for check in &report.checks {
        for reading in &readings {
            let quoted = reading.raw.len() > 3 && check.message.contains(&reading.raw);
            assert!(!quoted, "{}", check.code);
        }
    }
    assert!(!format!("{readings:?}{:?}", report.fields).contains("UNMISTAKABLE"));
}

/// Readings of a type's fields, each there or not, with texts from right to wild.
fn any_readings() -> impl Strategy<Value = (&'static str, Vec<Reading>)> {
    let raw = prop_oneof![
        any::<String>(),
        "[A-ZÄÖÜ '-]{0,40}",
        "[0-9]{2} (JAN|FEB|XYZ) [0-9]{4}",
        "[0-9]{2}[./][0-9]{2}[./][0-9]{4}",
        "P[A-Z0-9<]{43}\n[A-Z0-9<]{44}",
        "I[A-Z0-9<]{29}\n[A-Z0-9<]{30}\n[A-Z0-9<]{30}",
    ];
    let reading = proptest::option::of((raw, any::<f32>()));
    (0..DOCUMENT_TYPES.len(), proptest::collection::vec(reading, 10)).prop_map(|(i, raws)| {
        let document_type = &DOCUMENT_TYPES[i];
        let readings = document_type.fields.iter().zip(raws).filter_map(|(rule, raw)| {
            let (raw, confidence) = raw?;
            Some(Reading { name: rule.name.to_owned(), page: rule.page, raw, confidence })
        });
        (document_type.id, readings.collect())
    })
}

proptest! {
    #[test]
    fn any_readings_make_a_complete_report((id, readings) in any_readings()) {
        let empty = report(id, &[]);
        let report = report(id, &readings);
        let codes = |report: &Report| report.checks.iter().map(|c| c.code).collect::<Vec<_>>();
        prop_assert_eq!(codes(&report), codes(&empty));
        let names = report.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>();
        let mut unique = names.clone();
        unique.sort_unstable();
        unique.dedup();
        prop_assert_eq!(unique.len(), names.len());
        for (reading, field) in readings.iter().zip(&report.fields) {
            prop_assert_eq!(&reading.name, &field.name);
        }
    }

    #[test]
    fn any_arguments_are_answered(document_type in any::<String>(), name in any::<String>(), today in any::<String>()) {
        let readings = readings(&[(&name, "")]);
        prop_assert!(after(&document_type, &readings, TODAY).is_err());
        let _outcome = after(PASSPORT, &readings, &today);
    }
}
