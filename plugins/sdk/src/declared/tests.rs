//! What follows from a declaration.

use proptest::prelude::*;

use super::*;
use crate::dates::{Calendar, DateFormat, Language, MonthForm, PartOrder, to_iso};
use crate::zone::ZoneFormat;
use crate::{DocumentRules as _, Observation, Outcome, Reading, Report, Settings};

mod barcode;

const FIELDS: &[FieldRule] = &[
    FieldRule { name: "date_of_birth", page: 0 },
    FieldRule { name: "sex", page: 0 },
    FieldRule { name: "date_of_expiry", page: 0 },
    FieldRule { name: "mrz", page: 1 },
];

fn today() -> crate::Date {
    crate::Date::new(2026, 11, 24)
}

fn document_type(dates: DateFormat, zone: Option<ZoneKind>) -> DocumentType {
    DocumentType {
        id: "nowhere/card/1",
        pages: 2,
        issuing_state: "UTO",
        nationality: Nationality::Any,
        dates,
        sexes: ["K / F", "E / M", "X"],
        zone,
        barcode: None,
        personal_number_in_zone: false,
        document_number: NumberForm { shape: "A99", check: None },
        personal_number: None,
        characters: &[("sex", "EFKMX")],
        fields: FIELDS,
    }
}

fn report(document_type: DocumentType, values: &[(&str, &str)]) -> Report {
    let reading = |(name, raw): &(&str, &str)| Reading {
        name: (*name).to_owned(),
        page: 0,
        raw: (*raw).to_owned(),
        confidence: 0.99,
    };
    let readings = values.iter().map(reading).collect::<Vec<_>>();
    let document_type = Box::leak(Box::new(document_type));
    document_type.report(&readings, &Observation::default(), today(), Settings::default())
}

fn dots() -> DateFormat {
    DateFormat::day_month_year(".")
}

fn names(separators: &'static str, month: MonthForm) -> DateFormat {
    DateFormat { month, ..DateFormat::day_month_year(separators) }
}

#[test]
fn years_of_other_calendars_are_reported_as_gregorian() {
    let buddhist =
        DateFormat { calendar: Calendar::Buddhist, ..names(" ", MonthForm::EnglishCapitals) };
    let year_first = DateFormat { order: PartOrder::YearMonthDay, ..dots() };
    let solar = DateFormat { calendar: Calendar::SolarHijri, separators: "/", ..year_first };
    for (dates, raw, expected) in [
        (buddhist, "27 SEP 2499", "1956-09-27"),
        (solar, "1335/07/05", "1956-09-27"),
        (names(" ", MonthForm::Name(&[Language::Spanish])), "27 AGO 1956", "1956-08-27"),
        (year_first, "1956.09.27", "1956-09-27"),
    ] {
        let report = report(document_type(dates, None), &[("date_of_birth", raw)]);
        assert_eq!(report.fields[0].value.as_deref(), Some(expected), "{raw}");
    }
}

#[test]
fn each_form_reads_its_own_dates_only() {
    let texts = ["12 MAR 1985", "12.03.1985", "12/03/1985"];
    let forms = [names(" ", MonthForm::EnglishCapitals), dots(), DateFormat::day_month_year("/")];
    for (i, text) in texts.iter().enumerate() {
        for (j, form) in forms.iter().enumerate() {
            let expected = (i == j).then(|| "1985-03-12".to_owned());
            let date = document_type(*form, None).date(text).map(to_iso);
            assert_eq!(date, expected, "{text} as {form:?}");
        }
    }
}

#[test]
fn only_real_days_are_dates() {
    let date = |form, text: &str| document_type(form, None).date(text).map(to_iso);
    assert_eq!(date(dots(), "29.02.2024"), Some("2024-02-29".to_owned()));
    for text in [
        "29.02.2023",
        "31.04.2020",
        "00.01.2020",
        "01.13.2020",
        "1.1.2020",
        "01.01.20",
        "",
        "01.01",
        "٢٩.٠٢.٢٠٢٤",
        "29.02.2024\u{a0}",
    ] {
        assert_eq!(date(dots(), text), None, "{text}");
    }
    let english = names(" ", MonthForm::EnglishCapitals);
    for text in ["12 Mar 1985", "12 MRZ 1985", "12  MAR 1985", "+1 MAR 1985", "12 MAR 1985 X"] {
        assert_eq!(date(english, text), None, "{text}");
    }
}

#[test]
fn a_sex_is_told_as_f_m_or_x() {
    for (raw, expected) in [("E / M", Some("M")), ("K / F", Some("F")), ("M", None)] {
        let report = report(document_type(dots(), None), &[("sex", raw)]);
        assert_eq!(report.fields[0].value.as_deref(), expected, "{raw}");
    }
}

#[test]
fn what_the_type_does_not_have_is_not_checked() {
    let report = report(document_type(dots(), None), &[]);
    let codes = report.checks.iter().map(|check| check.code).collect::<Vec<_>>();
    assert!(codes.contains(&"document.expiry") && codes.contains(&"date_of_birth.plausible"));
    assert!(!codes.iter().any(|code| code.contains("issue") || code.contains("mrz")), "{codes:?}");
}

#[test]
fn fewer_characters_than_the_kind_has_are_asked_for_by_name() {
    let fields = document_type(dots(), Some(ZoneKind::Icao(ZoneFormat::Td1))).fields(2);
    let characters = fields.iter().map(|field| field.characters).collect::<Vec<_>>();
    assert_eq!(characters, ["0-9.", "EFKMX", "0-9.", "0-9A-Z<"]);
    assert_eq!(fields[3].shape, Some((3, 30)));
}

/// Whatever the type shows beside its zone, the zone tells the same.
#[test]
fn every_type_with_a_zone_derives_what_the_zone_tells() {
    let td1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n\
               7408122F1204159UTO<<<<<<<<<<<6\n\
               ERIKSSON<<ANNA<MARIA<<<<<<<<<<";
    let td3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n\
               L898902C36UTO7408122F1204159ZE184226B<<<<<10";
    for (format, text) in [(ZoneFormat::Td1, td1), (ZoneFormat::Td3, td3)] {
        let told = crate::zone::Zone::parse(text).expect("a zone").told(today());
        assert!(told.len() >= 8, "{told:?}");
        let zone = Some(ZoneKind::Icao(format));
        for visual in [&[][..], &[("sex", "K / F")], &[("date_of_birth", "12.08.1974")]] {
            let values = [visual, &[("mrz", text)]].concat();
            let report = report(document_type(dots(), zone), &values);
            let derived = report.fields.iter().skip(values.len());
            let derived = derived.map(|field| (field.name.as_str(), field.value.clone()));
            let expected = told.iter().filter(|(name, _)| visual.iter().all(|(v, _)| v != name));
            let expected = expected.map(|(name, value)| (*name, value.clone()));
            assert_eq!(derived.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
            let digits = report.checks.iter().filter(|check| check.code.contains("check_digit"));
            assert!(digits.clone().count() >= 4);
            assert!(digits.into_iter().all(|check| check.outcome == Outcome::Passed));
        }
    }
}

proptest! {
    #[test]
    fn a_date_survives_writing_and_reading(year in 1000..=9999_i32, month in 1..=12_u32, day in 1..=28_u32) {
        let text = format!("{day:02}.{month:02}.{year:04}");
        let date = crate::Date::new(year, month, day);
        prop_assert_eq!(document_type(dots(), None).date(&text), Some(date));
    }

    #[test]
    fn whatever_is_read_is_a_real_day(text in any::<String>()) {
        for form in [dots(), names(" ", MonthForm::EnglishCapitals)] {
            let date = document_type(form, None).date(&text);
            prop_assert!(date.is_none_or(crate::Date::is_well_formed));
        }
    }
}
