//! Dates in each type's own format, and texts that are none.

use proptest::prelude::*;

use super::*;

fn iso(text: &str, format: DateFormat) -> Option<String> {
    parse(text, format).map(to_iso)
}

#[test]
fn each_format_reads_its_own_dates_only() {
    let texts = ["12 MAR 1985", "12.03.1985", "12/03/1985"];
    let formats = [
        DateFormat::DayMonthNameYear,
        DateFormat::DotsDayMonthYear,
        DateFormat::SlashesDayMonthYear,
    ];
    for (i, text) in texts.iter().enumerate() {
        for (j, format) in formats.iter().enumerate() {
            let expected = (i == j).then(|| "1985-03-12".to_owned());
            assert_eq!(iso(text, *format), expected, "{text} as {format:?}");
        }
    }
}

#[test]
fn only_real_days_are_dates() {
    let dots = DateFormat::DotsDayMonthYear;
    assert_eq!(iso("29.02.2024", dots), Some("2024-02-29".to_owned()));
    for text in [
        "29.02.2023",
        "31.04.2020",
        "00.01.2020",
        "01.13.2020",
        "1.1.2020",
        "01.01.20",
        "",
        "01.01",
    ] {
        assert_eq!(iso(text, dots), None, "{text}");
    }
    for text in ["12 Mar 1985", "12 MRZ 1985", "12  MAR 1985", "+1 MAR 1985", "12 MAR 1985 X"] {
        assert_eq!(iso(text, DateFormat::DayMonthNameYear), None, "{text}");
    }
}

proptest! {
    #[test]
    fn a_date_survives_writing_and_reading(year in 1000..=9999_i32, month in 1..=12_u32, day in 1..=28_u32) {
        let date = Date::new(year, month, day);
        let dots = format!("{day:02}.{month:02}.{year:04}");
        prop_assert_eq!(parse(&dots, DateFormat::DotsDayMonthYear), Some(date));
    }

    #[test]
    fn whatever_is_read_is_a_real_day(text in any::<String>()) {
        let read = [
            parse(&text, DateFormat::DayMonthNameYear),
            parse(&text, DateFormat::DotsDayMonthYear),
        ];
        prop_assert!(read.into_iter().flatten().all(Date::is_well_formed));
    }
}
