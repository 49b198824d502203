//! Numbers with their check digits.

use proptest::prelude::*;

use super::{CheckScheme, NumberForm};
use crate::Date;

const PERSONAL: NumberForm =
    NumberForm { shape: "{DDMMYY}-999#", check: Some(CheckScheme::Letter31) };

#[test]
fn a_shape_is_all_or_nothing() {
    let number = NumberForm { shape: "AX9-.", check: None };
    for (text, fits) in
        [("AB1-.", true), ("A11-.", true), ("1B1-.", false), ("AB1-", false), ("AB1-.X", false)]
    {
        assert_eq!(number.fits(text), fits, "{text}");
    }
    assert_eq!(number.length(), 5);
    assert_eq!(number.check_agrees("AB1-."), None);
}

#[test]
fn published_numbers_agree() {
    let agrees = |shape, check, text| NumberForm { shape, check: Some(check) }.check_agrees(text);
    assert_eq!(agrees("9999999999#", CheckScheme::Luhn, "79927398713"), Some(true));
    assert_eq!(agrees("999999999999#", CheckScheme::Ean, "4006381333931"), Some(true));
    assert_eq!(agrees("99999999-#", CheckScheme::Letter23, "12345678-Z"), Some(true));
    assert_eq!(PERSONAL.check_agrees("131052-308T"), Some(true));
    assert_eq!(agrees("A999999A9#", CheckScheme::Icao, "L898902C36"), Some(true));
}

#[test]
fn weights_by_eleven_agree_when_the_sum_with_its_digit_does() {
    let number = NumberForm { shape: "999#", check: Some(CheckScheme::Weighted11) };
    for body in 0..1000_u32 {
        let digits = [body / 100, body / 10 % 10, body % 10];
        let sum = digits[0] * 4 + digits[1] * 3 + digits[2] * 2;
        let right = (11 - sum % 11) % 11 % 10;
        for digit in 0..10 {
            let text = format!("{body:03}{digit}");
            assert_eq!(number.check_agrees(&text), Some(digit == right), "{text}");
        }
    }
}

#[test]
fn a_birthday_in_a_number_is_compared() {
    let birth = Date::new(1952, 10, 13);
    assert_eq!(PERSONAL.has_birth_date("131052-308T", birth), Some(true));
    assert_eq!(PERSONAL.has_birth_date("131053-308T", birth), Some(false));
    assert_eq!(PERSONAL.has_birth_date("13105-308T", birth), None);
    let plain = NumberForm { shape: "999", check: None };
    assert_eq!(plain.has_birth_date("131", birth), None);
}

proptest! {
    #[test]
    fn one_wrong_digit_is_found(body in "[0-9]{10}", place in 0..10_usize, by in 1..10_u32) {
        for (check, finds_all) in [(CheckScheme::Luhn, true), (CheckScheme::Ean, true)] {
            let number = NumberForm { shape: "9999999999#", check: Some(check) };
            let right = (0..10).map(|digit| format!("{body}{digit}")).find(|text| number.check_agrees(text) == Some(true)).expect("one digit agrees");
            let mut wrong = right.clone().into_bytes();
            wrong[place] = b'0' + u8::try_from((u32::from(wrong[place] - b'0') + by) % 10).expect("a digit");
            let wrong = String::from_utf8(wrong).expect("digits");
            prop_assert_eq!(number.check_agrees(&wrong) == Some(false), finds_all);
        }
    }

    #[test]
    fn any_text_is_judged_without_a_panic(text in "\\PC*") {
        for check in [CheckScheme::Icao, CheckScheme::Luhn, CheckScheme::Ean, CheckScheme::Weighted11, CheckScheme::Letter23, CheckScheme::Letter31] {
            let number = NumberForm { shape: "99#", check: Some(check) };
            prop_assert!(number.check_agrees(&text).is_none() || number.fits(&text));
        }
    }
}
