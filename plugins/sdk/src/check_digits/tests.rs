//! Published examples, and what each scheme must find.

use proptest::prelude::*;

use super::*;

#[test]
fn published_examples_agree() {
    // ISO/IEC 7812-1; Wikipedia's examples of Verhoeff and Damm; ISO/IEC 7064; Doc 9303 part 3.
    assert_eq!(luhn("79927398713"), Some(true));
    assert_eq!(verhoeff("2363"), Some(true));
    assert_eq!(damm("5724"), Some(true));
    assert_eq!(mod_11_2("079X"), Some(true));
    assert_eq!(mod_11_2("0000000218250097"), Some(true), "an ISNI");
    assert_eq!(mod_97_10("79444"), Some(true));
    assert_eq!(mod_97_10("3214282912345698765432161182"), Some(true), "an IBAN turned round");
    assert_eq!(icao_9303("5207273"), Some(true));
    assert_eq!(icao_9303("AB2134<<<5"), Some(true));
    assert_eq!(rest_by_97("255081416802538", true), Some(true), "a French NIR");
    let pesel =
        weighted_sum("44051401359", &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1], 10, |rest| rest == 0);
    assert_eq!(pesel, Some(true), "a PESEL");
}

#[test]
fn what_a_scheme_does_not_take_is_none() {
    for check in [luhn, mod_97_10, mod_11_2, verhoeff, damm] {
        for text in ["", "7", "7992739871x", "79927 398713", "٧٩", "ä1"] {
            assert_eq!(check(text), None, "{text}");
        }
    }
    assert_eq!(icao_9303("ab1"), None);
    assert_eq!(icao_9303("5207<"), None, "a filler is no digit");
    assert_eq!(weighted_sum("123", &[1, 2], 10, |rest| rest == 0), None);
    assert_eq!(weighted_sum("12", &[1, 2], 0, |rest| rest == 0), None);
    assert_eq!(rest_by_97("12", false), None);
}

#[test]
fn a_number_may_start_with_the_birth_date() {
    let birth = Date::new(1985, 3, 12);
    assert_eq!(starts_with_birth_date("850312-1234", birth), Some(true));
    assert_eq!(starts_with_birth_date("850313-1234", birth), Some(false));
    assert_eq!(starts_with_birth_date("85031", birth), None);
    assert_eq!(starts_with_birth_date("8503äx", birth), None);
}

/// The check digits that complete a number: all ten are tried, one may fit.
fn completions(number: &str, check: impl Fn(&str) -> Option<bool>) -> Vec<String> {
    ('0'..='9')
        .map(|digit| format!("{number}{digit}"))
        .filter(|text| check(text) == Some(true))
        .collect()
}

fn with_digit_changed(number: &str, at: usize, by: u32) -> String {
    let change = |(place, c): (usize, char)| match (place == at, c.to_digit(10)) {
        (true, Some(digit)) => char::from_digit((digit + by) % 10, 10).unwrap_or(c),
        _ => c,
    };
    number.chars().enumerate().map(change).collect()
}

fn with_neighbours_swapped(number: &str, at: usize) -> String {
    let mut characters = number.chars().collect::<Vec<_>>();
    characters.swap(at, at + 1);
    characters.into_iter().collect()
}

proptest! {
    #[test]
    fn one_check_digit_fits_and_any_other_digit_is_found(
        number in "[0-9]{1,15}",
        at in any::<prop::sample::Index>(),
        by in 1..10_u32,
    ) {
        for check in [luhn, verhoeff, damm] {
            let complete = completions(&number, check);
            prop_assert_eq!(complete.len(), 1);
            let damaged = with_digit_changed(&complete[0], at.index(complete[0].len()), by);
            prop_assert_eq!(check(&damaged), Some(false));
        }
    }

    #[test]
    fn verhoeff_and_damm_find_swapped_neighbours(number in "[0-9]{2,15}", at in any::<prop::sample::Index>()) {
        for check in [verhoeff, damm] {
            let complete = &completions(&number, check)[0];
            let swapped = with_neighbours_swapped(complete, at.index(complete.len() - 1));
            prop_assert_eq!(check(&swapped), Some(swapped == *complete));
        }
    }

    #[test]
    fn mod_97_finds_one_wrong_digit_and_swapped_neighbours(
        number in "[0-9]{2,15}",
        at in any::<prop::sample::Index>(),
        by in 1..10_u32,
    ) {
        let complete = (0..97)
            .map(|control| format!("{number}{control:02}"))
            .find(|text| mod_97_10(text) == Some(true));
        prop_assert!(complete.is_some());
        let complete = complete.unwrap_or_default();
        let damaged = with_digit_changed(&complete, at.index(complete.len()), by);
        prop_assert_eq!(mod_97_10(&damaged), Some(false));
        let swapped = with_neighbours_swapped(&complete, at.index(complete.len() - 1));
        prop_assert_eq!(mod_97_10(&swapped), Some(swapped == complete));
    }

    #[test]
    fn mod_11_finds_one_wrong_digit(number in "[0-9]{1,15}", at in any::<prop::sample::Index>(), by in 1..10_u32) {
        let mut complete = completions(&number, mod_11_2);
        complete.extend([format!("{number}X")].into_iter().filter(|text| mod_11_2(text) == Some(true)));
        prop_assert_eq!(complete.len(), 1);
        let damaged = with_digit_changed(&complete[0], at.index(number.len()), by);
        prop_assert_eq!(mod_11_2(&damaged), Some(false));
    }

    #[test]
    fn any_text_is_judged_or_none(text in any::<String>()) {
        let numeric = text.chars().all(|c| c.is_ascii_digit());
        for check in [luhn, verhoeff, damm] {
            prop_assert!(check(&text).is_none() || numeric);
        }
        prop_assert!(mod_97_10(&text).is_none() || text.is_ascii());
        prop_assert!(mod_11_2(&text).is_none() || text.is_ascii());
        prop_assert!(icao_9303(&text).is_none() || text.is_ascii());
    }
}
