//! Centuries that are certain, and those that are not.

use super::*;
use crate::dates::to_iso;

fn today() -> Date {
    Date::new(2026, 11, 24)
}

fn expiry(cells: &str, state: &str, format: ZoneFormat) -> ZoneExpiry {
    zone_expiry(cells, state, format, today())
}

fn day(cells: &str, format: ZoneFormat) -> Option<String> {
    match expiry(cells, "UTO", format) {
        ZoneExpiry::On(day) => Some(to_iso(day)),
        _ => None,
    }
}

#[test]
fn the_century_is_told_where_one_alone_is_possible() {
    use ZoneFormat::{MrvA, Td1, Td3};
    for (cells, format, expected) in [
        ("300415", Td3, Some("2030-04-15")),
        ("120415", Td3, Some("2012-04-15")),
        ("940623", MrvA, Some("1994-06-23")),
        ("810615", Td3, Some("1981-06-15")),
        // No passport was machine-readable in 1978, and none is valid until 2078.
        ("780615", Td3, None),
        ("810615", Td1, Some("2081-06-15")),
        ("120415", Td1, Some("2012-04-15")),
        // 1991 and 2091.
        ("910615", Td1, None),
        ("301315", Td1, None),
    ] {
        assert_eq!(day(cells, format).as_deref(), expected, "{cells} {format:?}");
    }
}

#[test]
fn no_end_is_no_day() {
    use ZoneFormat::{Td1, Td3};
    assert_eq!(expiry("<<<<<<", "MDA", Td1), ZoneExpiry::NoEnd(None));
    let spanish = ZoneExpiry::NoEnd(Some(Date::new(9999, 1, 1)));
    assert_eq!(expiry("990101", "ESP", Td1), spanish);
    for (cells, state, format) in [
        ("990101", "ESP", Td3),
        ("990101", "PRT", Td1),
        ("991231", "HRV", Td1),
        ("999999", "UTO", Td1),
    ] {
        assert!(
            matches!(expiry(cells, state, format), ZoneExpiry::Uncertain(_)),
            "{state} {cells}"
        );
    }
    assert_eq!(expiry("3<0415", "UTO", Td1), ZoneExpiry::NotADay);
    assert_eq!(expiry("000000", "UTO", Td1), ZoneExpiry::NotADay);
}
