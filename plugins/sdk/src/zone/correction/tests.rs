//! Zones misread as models misread them, and what must not be corrected.

use proptest::prelude::*;

use super::*;

const GOOD: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n\
                    L898902C36UTO7408122F1204159ZE184226B<<<<<10";

fn misread(line: usize, position: usize, character: char) -> String {
    let mut lines = GOOD.lines().map(str::to_owned).collect::<Vec<_>>();
    lines[line - 1].replace_range(position - 1..position, &character.to_string());
    lines.join("\n")
}

fn corrected(text: &str) -> Option<(String, Vec<Cell>)> {
    correct(text).map(|correction| (correction.zone.text(), correction.cells))
}

#[test]
fn a_good_zone_needs_no_correction() {
    assert!(correct(GOOD).is_none());
}

#[test]
fn what_looks_alike_is_corrected_and_told() {
    for (line, position, character) in [
        (1, 5, '0'),  // a digit in the state
        (1, 8, '1'),  // a digit in a name
        (2, 22, 'I'), // a letter in the date of expiry
        (2, 6, 'Q'),  // in the number, where only its check digit tells
        (2, 44, 'O'), // the composite digit itself
    ] {
        let text = misread(line, position, character);
        let cells = vec![Cell { line, position }];
        assert_eq!(corrected(&text), Some((GOOD.to_owned(), cells)), "{text}");
    }
}

#[test]
fn two_misread_fields_are_corrected_together() {
    let text = misread(2, 6, 'Q').replace("1204159", "I2O4159");
    let (found, cells) = corrected(&text).expect("one reading agrees");
    assert_eq!(found, GOOD);
    let positions = cells.iter().map(|cell| (cell.line, cell.position)).collect::<Vec<_>>();
    assert_eq!(positions, [(2, 6), (2, 22), (2, 24)]);
}

#[test]
fn what_no_single_reading_explains_is_left() {
    // `L` read as `F`: they don't look alike.
    assert!(correct(&misread(2, 1, 'F')).is_none());
    // A composite that disagrees while its parts agree.
    assert!(correct(&misread(2, 44, '7')).is_none());
    for text in ["", "P<UTO", "ÄÖÜ", "P<UTO\nX"] {
        assert!(correct(text).is_none(), "{text}");
    }
}

#[test]
fn a_card_is_corrected_too() {
    let good = "I<UTOD231458907<<<<<<<<<<<<<<<\n\
                7408122F1204159UTO<<<<<<<<<<<6\n\
                ERIKSSON<<ANNA<MARIA<<<<<<<<<<";
    let text = good.replace("7408122F", "74OB122F").replace("ERIKSSON", "ER1KSS0N");
    let (found, cells) = corrected(&text).expect("one reading agrees");
    assert_eq!(found, good);
    assert_eq!(cells.len(), 4);
}

proptest! {
    /// Whatever is offered agrees with itself, differs in the cells named and in no others.
    #[test]
    fn a_correction_is_consistent_and_complete(
        changes in prop::collection::vec((1..=2_usize, 1..=44_usize, "[A-Z0-9<]"), 0..4),
    ) {
        let mut lines = GOOD.lines().map(str::to_owned).collect::<Vec<_>>();
        for (line, position, character) in &changes {
            lines[line - 1].replace_range(position - 1..*position, character);
        }
        let text = lines.join("\n");
        if let Some(correction) = correct(&text) {
            // A `V` in the first place makes it a visa, which has no composite digit.
            let agrees = (!text.starts_with('V')).then_some(true);
            prop_assert_eq!(correction.zone.check_digit(CheckDigit::Composite), agrees);
            let after = correction.zone.text();
            let differing = text.bytes().zip(after.bytes()).filter(|(a, b)| a != b).count();
            prop_assert_eq!(differing, correction.cells.len());
            prop_assert!(differing > 0 && correct(&after).is_none());
        }
    }

    #[test]
    fn any_text_is_corrected_or_not(text in any::<String>()) {
        prop_assert!(correct(&text).is_none() || text.len() >= 73);
    }
}
