//! What is asked of a page whose zone nobody knows.

use super::*;

#[test]
fn every_format_fits_into_what_is_asked_for() {
    let (free, shapes) = zone_fields().expect("fields");
    assert!(free.name.is_zone() && free.any_lines && free.zone.is_none());
    for format in ZoneFormat::ALL {
        let shape = format.shape();
        assert!(shape.lines <= LARGEST.lines && shape.total_characters() <= free.max_length);
        assert!(shape.characters_per_line <= LARGEST.characters_per_line);
        // Each is read as itself, or as one with the same lines.
        assert!(shapes.iter().any(|field| field.shape == Some(shape)), "{format:?}");
    }
}

#[test]
fn a_zone_is_proven_by_three_check_digits() {
    // Of ICAO Doc 9303 part 4, appendix A.
    let zone = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";
    assert!(is_proven(ZoneFormat::Td3, zone));
    let one_wrong = zone.replace("740812", "740813");
    assert_eq!(ZoneFormat::Td3.check_digits_that_hold(&one_wrong), 2, "its own and that of all");
    assert!(!is_proven(ZoneFormat::Td3, &one_wrong));
    let one_digit_wrong = zone.replace("F1204159", "F1204158");
    assert!(!is_proven(ZoneFormat::Td3, &one_digit_wrong));
}
