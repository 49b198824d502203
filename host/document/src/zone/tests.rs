//! Formats against specimens of ICAO Doc 9303.

use super::*;

/// Parts 5, 6, 4 and 7, appendix A or B of each.
const SPECIMENS: [(ZoneFormat, &str); 5] = [
    (
        ZoneFormat::Td1,
        "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<",
    ),
    (ZoneFormat::Td2, "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"),
    (
        ZoneFormat::Td3,
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
    ),
    (
        ZoneFormat::MrvA,
        "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<",
    ),
    (
        ZoneFormat::MrvB,
        "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<",
    ),
];

#[test]
fn specimens_have_their_format_and_fill_it() {
    for (format, zone) in SPECIMENS {
        assert_eq!(zone.split('\n').count(), format.shape().lines as usize);
        for (line, text) in (0..).zip(zone.split('\n')) {
            for (column, character) in (0..).zip(text.chars()) {
                let cell = format.cell(line, column);
                assert!(cell.may_hold(character), "{format:?} {line} {column} {character}");
            }
        }
    }
}

#[test]
fn letters_and_digits_that_look_alike_are_told_apart_by_their_place() {
    let cell = |format: ZoneFormat, line, column| format.cell(line, column);
    // The state of a passport, a date of a card, the digit that checks all.
    assert_eq!(cell(ZoneFormat::Td3, 0, 2), ZoneCell::Letter);
    assert_eq!(cell(ZoneFormat::Td1, 1, 5), ZoneCell::Digit);
    assert_eq!(cell(ZoneFormat::Td3, 1, 43), ZoneCell::Digit);
    // A visa has none.
    assert_eq!(cell(ZoneFormat::MrvA, 1, 43), ZoneCell::Any);
    assert_eq!(cell(ZoneFormat::Td3, 1, 42), ZoneCell::Any);
    assert!(!ZoneCell::Digit.may_hold('O') && !ZoneCell::Letter.may_hold('0'));
    assert!(ZoneCell::Sex.may_hold('<') && !ZoneCell::Sex.may_hold('N'));
}

#[test]
fn a_format_is_known_by_lines_that_lack_a_character_and_by_its_first_letter() {
    for (format, zone) in SPECIMENS {
        assert_eq!(ZoneFormat::nearest(zone), Some(format));
        assert_eq!(ZoneFormat::nearest(&zone.replacen("<<", "<", 1)), Some(format));
        assert_eq!(ZoneFormat::nearest(&zone.replacen("ERIKSSON", "", 1)), None);
        assert_eq!(ZoneFormat::nearest(&zone[1..].replacen("<UTO", "XUTO", 1)), None);
        assert_eq!(format.as_str().parse(), Ok(format));
    }
    for zone in ["", "P<UTO", "P<UTO\n\n", &"<".repeat(30), &"A".repeat(90)] {
        assert_eq!(ZoneFormat::nearest(zone), None, "{zone}");
    }
    assert_eq!("TD3".parse::<ZoneFormat>(), Err(InvalidZoneFormat));
}

#[test]
fn check_digits_hold_in_specimens_and_not_once_a_character_is_another() {
    for (format, zone) in SPECIMENS {
        let all = if matches!(format, ZoneFormat::MrvA | ZoneFormat::MrvB) { 3 } else { 4 };
        assert_eq!(format.check_digits_that_hold(zone), all, "{format:?}");
        let (upper, lower) = zone.split_once('\n').expect("two lines");
        let misread = match format {
            ZoneFormat::Td1 => format!("{upper}\n9{}", &lower[1..]),
            _ => format!("{upper}\n{}9{}", &lower[..13], &lower[14..]),
        };
        // And the digit over all with it.
        assert_eq!(format.check_digits_that_hold(&misread), 2, "{format:?}");
        for other in ["", "\n", "é\né", upper] {
            assert_eq!(ZoneFormat::Td3.check_digits_that_hold(other), 0, "{other}");
        }
    }
}
