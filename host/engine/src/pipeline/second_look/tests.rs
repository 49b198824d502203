//! Two readings of one zone.

use dossier_document::{FieldText, Point};

use super::*;

fn reading(raw: &str, confidence: f32) -> FieldReading {
    let at = |x, y| Point { x, y };
    FieldReading {
        name: "mrz".parse().expect("a name"),
        page: 0,
        raw: FieldText::new(raw),
        confidence,
        polygon: Some([at(1.0, 1.0), at(9.0, 1.0), at(9.0, 3.0), at(1.0, 3.0)]),
    }
}

fn look(second: FieldReading) -> SecondLook {
    look_at(second, None)
}

fn look_at(second: FieldReading, format: Option<ZoneFormat>) -> SecondLook {
    // As a strip's: elsewhere, on a page of its own.
    SecondLook {
        readings: vec![(FieldReading { page: 0, polygon: None, ..second }, format)],
        lost: Vec::new(),
    }
}

#[test]
fn what_is_sure_is_not_read_again_unless_it_must_be() {
    for (confidence, is_needed) in [(0.99, false), (0.98, false), (0.97, true), (f32::NAN, true)] {
        assert_eq!(Again::WhereUnsure.is_needed(confidence), is_needed, "{confidence}");
        assert!(Again::Always.is_needed(confidence));
    }
}

#[test]
fn two_that_agree_are_surer_than_one() {
    let look = look(reading("P<UTO\nL898", 0.8));
    let (joined, others) = look.joined(vec![reading("P<UTO\nL898", 0.9)]);
    assert!((joined[0].confidence - 0.98).abs() < 1e-6, "{}", joined[0].confidence);
    assert_eq!(joined[0].polygon, reading("", 0.0).polygon);
    let check = look.check(&others).expect("something to say");
    assert_eq!((check.code.as_str(), check.outcome), (CONFIRMED, CheckOutcome::Passed));
    assert_eq!(check.fields, [joined[0].name.clone()]);
}

#[test]
fn of_two_that_differ_the_surer_is_taken_and_is_less_sure() {
    let look = look(reading("P<UTO\nL8O8", 0.9));
    let (joined, others) = look.joined(vec![reading("P<UT0\nL808", 0.6)]);
    assert_eq!(joined[0].raw.expose(), "P<UTO\nL8O8");
    // 0.9 * 0.4 of 0.9 * 0.4 + 0.6 * 0.1 + 0.1 * 0.4.
    assert!((joined[0].confidence - 0.36 / 0.46).abs() < 1e-6, "{}", joined[0].confidence);
    let (name, other) = &others[0];
    assert_eq!((name.as_str(), other.from), ("mrz", ReadFrom::Page));
    assert_eq!(other.differs_at, [(0, 4), (1, 2)]);
    assert_eq!(other.reading.raw.expose(), "P<UT0\nL808");
    let check = look.check(&others).expect("something to say");
    assert_eq!(check.outcome, CheckOutcome::NotPerformed);
    assert!(check.message.contains("2 characters") && !check.message.contains("UTO"));
}

#[test]
fn the_first_stays_where_it_is_surer() {
    let look = look(reading("AB", 0.2));
    let (joined, others) = look.joined(vec![reading("ABC", 0.7)]);
    assert_eq!(joined[0].raw.expose(), "ABC");
    assert_eq!((others[0].1.from, &*others[0].1.differs_at), (ReadFrom::Strip, &[(0, 2)][..]));
    assert!(joined[0].confidence < 0.7);
}

#[test]
fn certainties_and_what_is_no_number_do_no_harm() {
    for (p, q) in [(1.0, 1.0), (0.0, 0.0), (1.0, 0.0), (f32::NAN, 0.5), (0.5, f32::NAN)] {
        for second in ["AB", "AC"] {
            let (joined, _) = look(reading(second, q)).joined(vec![reading("AB", p)]);
            let confidence = joined[0].confidence;
            assert!(
                confidence.is_nan() || (0.0..=1.0).contains(&confidence),
                "{p} {q} {confidence}"
            );
        }
    }
}

#[test]
fn what_was_not_found_was_not_confirmed() {
    assert!(SecondLook::default().check(&[]).is_none());
    let lost = SecondLook { lost: vec!["mrz".parse().expect("a name")], ..SecondLook::default() };
    let check = lost.check(&[]).expect("something to say");
    assert_eq!(check.outcome, CheckOutcome::NotPerformed);
    assert_eq!(check.fields.len(), 1);
}

#[test]
fn of_two_that_differ_the_one_whose_check_digits_hold_is_taken() {
    let right = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";
    let wrong = right.replace("L898902C3", "L898902G3");
    let look = look_at(reading(right, 0.4), Some(ZoneFormat::Td3));
    let (joined, others) = look.joined(vec![reading(&wrong, 0.9)]);
    assert_eq!(joined[0].raw.expose(), right);
    assert!((joined[0].confidence - 0.4).abs() < 1e-6, "{}", joined[0].confidence);
    assert_eq!(others[0].1.from, ReadFrom::Page);
    assert_eq!(look.check(&others).expect("something to say").outcome, CheckOutcome::NotPerformed);
    let look = look_at(reading(&wrong, 0.9), Some(ZoneFormat::Td3));
    let (joined, _) = look.joined(vec![reading(right, 0.4)]);
    assert_eq!(joined[0].raw.expose(), right);
}
