//! Dates of every calendar and language, and texts that are none.

use proptest::prelude::*;

use super::month_names::NAMES;
use super::*;

const DOTS: DateFormat = DateFormat::day_month_year(".");

fn iso(text: &str, format: &DateFormat) -> Option<String> {
    parse(text, format).map(to_iso)
}

#[test]
fn only_real_days_are_dates() {
    assert_eq!(iso("29.02.2024", &DOTS), Some("2024-02-29".to_owned()));
    for text in [
        "29.02.2023",
        "31.04.2020",
        "00.01.2020",
        "01.13.2020",
        "1.1.2020",
        "01.01.20",
        "",
        "01.01",
        "01/01/2020",
        "01.01.2020.",
        "0١.01.2020.1",
    ] {
        assert_eq!(iso(text, &DOTS), None, "{text}");
    }
    let lenient = DateFormat { padded: false, separators: "./-", ..DOTS };
    assert_eq!(iso("1/1/2020", &lenient), Some("2020-01-01".to_owned()));
    assert_eq!(iso("1/1-2020", &lenient), None, "the separators are the same");
    let american = DateFormat { order: PartOrder::MonthDayYear, separators: "/", ..DOTS };
    assert_eq!(iso("03/12/1985", &american), Some("1985-03-12".to_owned()));
}

/// Days that official converters and encyclopaedias give.
#[test]
fn days_of_other_calendars() {
    let year_first = |calendar| DateFormat {
        order: PartOrder::YearMonthDay,
        separators: "/.",
        calendar,
        ..DOTS
    };
    for (text, calendar, expected) in [
        // Nowruz 1404, the leap day of 1403, and the Persian digits of a card.
        ("1404/01/01", Calendar::SolarHijri, Some("2025-03-21")),
        ("1403/12/30", Calendar::SolarHijri, Some("2025-03-20")),
        ("1404/12/30", Calendar::SolarHijri, None),
        ("۱۳۶۳/۱۲/۲۱", Calendar::SolarHijri, Some("1985-03-12")),
        ("2528/03/12", Calendar::Buddhist, Some("1985-03-12")),
        ("๒๕๒๘/๐๓/๑๒", Calendar::Buddhist, Some("1985-03-12")),
        ("074/03/12", Calendar::Minguo, Some("1985-03-12")),
        ("74.03.12", Calendar::Minguo, Some("1985-03-12")),
        ("000/03/12", Calendar::Minguo, None),
        // The first day of 1446 by Umm al-Qura.
        ("1446/01/01", Calendar::UmmAlQura, Some("2024-07-07")),
        ("1446/13/01", Calendar::UmmAlQura, None),
        ("1299/01/01", Calendar::UmmAlQura, None),
        ("2024/02/30", Calendar::Gregorian, None),
    ] {
        assert_eq!(iso(text, &year_first(calendar)).as_deref(), expected, "{text}");
    }
}

#[test]
fn days_of_japanese_eras() {
    for (text, expected) in [
        ("昭和60年3月12日", Some("1985-03-12")),
        ("S60.3.12", Some("1985-03-12")),
        ("平成元年1月8日", Some("1989-01-08")),
        ("平成1年1月7日", None),
        ("昭和64年1月7日", Some("1989-01-07")),
        ("昭和64年1月8日", None),
        ("令和１年５月１日", Some("2019-05-01")),
        ("平成31年5月1日", None),
        ("R8-11-24", Some("2026-11-24")),
        ("M5.12.31", None),
        ("M6.1.1", Some("1873-01-01")),
        ("R8-11-24-1", None),
        ("S0.1.1", None),
        ("X1.1.1", None),
    ] {
        assert_eq!(parse_japanese(text).map(to_iso).as_deref(), expected, "{text}");
    }
}

#[test]
fn months_have_names_in_many_languages() {
    use Language::*;
    for (name, languages, expected) in [
        ("März", &[German][..], Some(3)),
        ("mrz.", &[German], Some(3)),
        ("août", &[French, English], Some(8)),
        ("października", &[Polish], Some(10)),
        ("ЛЮТОГО", &[Ukrainian], Some(2)),
        ("Şubat", &[Turkish], Some(2)),
        ("มี.ค.", &[Thai], Some(3)),
        ("اسفند", &[Persian], Some(12)),
        ("listopad", &[Croatian], Some(10)),
        ("listopad", &[Polish], Some(11)),
        ("listopad", &[Polish, Croatian], None),
        ("March", &[German], None),
        ("", &[English], None),
        (".", &[English], None),
    ] {
        assert_eq!(month_of(name, languages), expected, "{name}");
    }
    let bilingual =
        DateFormat { month: MonthForm::Name(&[English, French]), separators: " ", ..DOTS };
    assert_eq!(iso("12 MAR/MARS 1985", &bilingual), Some("1985-03-12".to_owned()));
    assert_eq!(iso("12 MAR/AVR 1985", &bilingual), None, "two months");
}

#[test]
fn a_date_in_any_form_means_one_day() {
    for (text, expected) in [
        ("26.08.1974.", Some("1974-08-26")),
        ("1974. 08. 26.", Some("1974-08-26")),
        ("26AUG1974", Some("1974-08-26")),
        ("26 SIE/AUG 1974", Some("1974-08-26")),
        ("26 LIS/NOV 1974", Some("1974-11-26")),
        ("26 LIS/OCT 1974", Some("1974-10-26")),
        ("26 LIS 1974", None),
        ("26 AUG/SEP 1974", None),
        ("26 AUG 1974/27 AUG 1974", None),
        ("08.12.1974", None),
        ("08.08.1974", Some("1974-08-08")),
        ("20101112", Some("2010-11-12")),
        ("10121985", None),
        ("26 ส.ค. 1974", Some("1974-08-26")),
        ("04 ม.ค. 1991", Some("1991-01-04")),
        ("04 มี.ค. 1991", Some("1991-03-04")),
        ("26 VIII 1974", Some("1974-08-26")),
        ("26.viii.1974", Some("1974-08-26")),
        ("5-XII-1974", Some("1974-12-05")),
        ("26 VIII/AUG 1974", Some("1974-08-26")),
        ("26 VIII/SEP 1974", None),
        ("26 XIII 1974", None),
        ("26 IIII 1974", None),
        ("26.08.1974 r.", Some("1974-08-26")),
        ("26 sierpnia 1974 roku", Some("1974-08-26")),
        ("26.08.1974 г.", Some("1974-08-26")),
        ("26 августа 1974 года", Some("1974-08-26")),
        ("26 серпня 1974 р.", Some("1974-08-26")),
        ("26. kolovoza 1974. godine", Some("1974-08-26")),
        ("1974 m. rugpjūčio 26 d.", Some("1974-08-26")),
        ("1974. gada 26. augusts", Some("1974-08-26")),
        ("26 avqust 1974-cü il", Some("1974-08-26")),
        ("26 d'agost de 1974", Some("1974-08-26")),
        ("1º de agosto de 1974", Some("1974-08-01")),
        ("ngày 05 tháng 08 năm 1974", Some("1974-08-05")),
        ("05 tháng 13 năm 1974", None),
        ("05 tháng năm 1974", None),
        ("1974년 8월 5일", Some("1974-08-05")),
        ("08.12.1974 r.", None),
        ("26.08.74 г.", None),
        ("26/08-1974", None),
        ("26 08 74", None),
        ("26 AUG 74", None),
        ("26 AUG 1974 X", None),
        ("", None),
        ("1974", None),
    ] {
        assert_eq!(parse_any(text).map(to_iso).as_deref(), expected, "{text}");
    }
    assert_eq!(parse_any(&"1".repeat(10_000)), None);
}

#[test]
fn a_year_that_no_document_can_have_is_no_reading() {
    let today = Date::new(2026, 11, 24);
    assert_eq!(visual_birth("26 AUG 2517", today), Err(Unread::Year));
    assert_eq!(visual_birth("25 NOV 2026", today), Err(Unread::Year));
    assert_eq!(visual_birth("24 NOV 2026", today), Ok(today));
    assert_eq!(visual_birth("26 AUG 1394", today), Err(Unread::Year));
    assert_eq!(visual_birth(" - ", today), Err(Unread::Blank));
    assert_eq!(visual_birth("26 AUG 74", today), Err(Unread::Form));
    assert_eq!(visual_issue("26 AUG 2569", today), Err(Unread::Year));
    assert_eq!(visual_expiry("26 AUG 2569", today), Err(Unread::Year));
    let until = VisualExpiry::On(Date::new(2081, 6, 15));
    assert_eq!(visual_expiry("15.06.2081", today), Ok(until));
    let no_end = VisualExpiry::NoEnd(Some(Date::new(9999, 12, 31)));
    assert_eq!(visual_expiry("31 DEC 9999", today), Ok(no_end));
    assert_eq!(visual_expiry("no expiry / sans limite", today), Ok(VisualExpiry::NoEnd(None)));
    assert_eq!(visual_expiry("NEVER MIND", today), Err(Unread::Form));
}

#[test]
fn no_language_gives_two_months_one_name() {
    for (language, months) in &NAMES {
        for (number, spellings) in (1..).zip(months) {
            for name in spellings.split(' ') {
                assert_eq!(month_of(name, &[*language]), Some(number), "{language:?} {name}");
                assert_eq!(name.to_uppercase(), name, "{language:?} {name}");
            }
        }
    }
}

#[test]
fn the_capitals_of_english_are_exactly_that() {
    let format = DateFormat { month: MonthForm::EnglishCapitals, separators: " ", ..DOTS };
    for (number, name) in (1..).zip(ENGLISH_CAPITALS) {
        let date = parse(&format!("01 {name} 2000"), &format);
        assert_eq!(date.map(|date| date.month), Some(number));
    }
    for text in ["12 Mar 1985", "12 MRZ 1985", "12  MAR 1985", "+1 MAR 1985", "12 MAR 1985 X"] {
        assert_eq!(iso(text, &format), None, "{text}");
    }
}

#[test]
fn iso_dates_are_strict() {
    assert!(parse_iso("2026-11-24").is_some());
    for text in [
        "2026-11-31",
        "2026-1-1",
        "20261124",
        "2026-11-24T00:00:00Z",
        "-026-11-24",
        "today",
        "۲۰۲۶-11-24",
    ] {
        assert!(parse_iso(text).is_none(), "{text}");
    }
}

#[test]
fn age_turns_on_the_birthday() {
    let birth = Date::new(1896, 11, 24);
    assert!(is_at_most_years_old(birth, Date::new(2027, 11, 23), 130));
    assert!(!is_at_most_years_old(birth, Date::new(2027, 11, 24), 130));
}

proptest! {
    #[test]
    fn a_date_survives_writing_and_reading(year in 1000..=9999_i32, month in 1..=12_u32, day in 1..=28_u32) {
        let date = Date::new(year, month, day);
        prop_assert_eq!(parse_iso(&to_iso(date)), Some(date));
        prop_assert_eq!(parse(&format!("{day:02}.{month:02}.{year:04}"), &DOTS), Some(date));
    }

    /// The years of these differ from ours by a number.
    #[test]
    fn buddhist_and_minguo_years_are_shifted(year in 1912..=2100_u32, month in 1..=12_u32, day in 1..=31_u32) {
        let gregorian = day_of(Calendar::Gregorian, year, month, day);
        prop_assert_eq!(day_of(Calendar::Buddhist, year + 543, month, day), gregorian);
        prop_assert_eq!(day_of(Calendar::Minguo, year - 1911, month, day), gregorian);
    }

    /// No day of the modern Solar Hijri calendar is lost or counted twice.
    #[test]
    fn solar_hijri_days_follow_each_other(year in 1300..=1450_u32, month in 1..=12_u32, day in 1..=30_u32) {
        let here = day_of(Calendar::SolarHijri, year, month, day);
        let next = day_of(Calendar::SolarHijri, year, month, day + 1)
            .or_else(|| day_of(Calendar::SolarHijri, year, month + 1, 1))
            .or_else(|| day_of(Calendar::SolarHijri, year + 1, 1, 1));
        if let (Some(here), Some(next)) = (here, next) {
            prop_assert_eq!(next.to_epoch_days() - here.to_epoch_days(), 1);
        } else {
            prop_assert!(day == 30, "only the leap day can lack");
        }
    }

    /// Every day since 1873 is of exactly one era.
    #[test]
    fn every_day_has_one_japanese_era(days in -35_000..30_000_i64) {
        let date = Date::from_epoch_days(days);
        let eras = [
            (JapaneseEra::Meiji, 1867), (JapaneseEra::Taisho, 1911), (JapaneseEra::Showa, 1925),
            (JapaneseEra::Heisei, 1988), (JapaneseEra::Reiwa, 2018),
        ];
        let found = eras.iter().filter(|(era, before)| {
            u32::try_from(date.year - before)
                .is_ok_and(|year| day_of_era(*era, year, date.month, date.day) == Some(date))
        });
        prop_assert_eq!(found.count(), 1);
    }

    #[test]
    fn whatever_is_read_is_a_real_day(text in any::<String>()) {
        let read = [
            parse_iso(&text),
            parse(&text, &DOTS),
            parse(&text, &DateFormat { padded: false, separators: " ./-", month: MonthForm::Name(&[Language::English]), ..DOTS }),
            parse_japanese(&text),
        ];
        prop_assert!(read.into_iter().flatten().chain(parse_any(&text)).all(Date::is_well_formed));
    }
}
