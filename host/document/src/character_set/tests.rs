//! Which characters are members, and which texts are no sets.

use proptest::char;
use proptest::prelude::*;

use super::*;

fn set(source: &str) -> CharacterSet {
    source.parse().expect("a valid set")
}

#[test]
fn ranges_and_single_characters() {
    let mrz = set("A-Z0-9<");
    for character in ['A', 'M', 'Z', '0', '9', '<'] {
        assert!(mrz.contains(character), "{character}");
    }
    for character in ['a', '-', ' ', '\n', '['] {
        assert!(!mrz.contains(character), "{character}");
    }
}

#[test]
fn a_dash_first_or_last_is_itself() {
    for source in ["-0-9", "0-9-"] {
        assert!(set(source).contains('-'), "{source}");
        assert!(set(source).contains('5'), "{source}");
    }
}

#[test]
fn refusals_say_why() {
    assert_eq!("".parse::<CharacterSet>(), Err(InvalidCharacterSet::Empty));
    assert_eq!("Z-A".parse::<CharacterSet>(), Err(InvalidCharacterSet::Backwards('Z', 'A')));
    assert_eq!("A\n".parse::<CharacterSet>(), Err(InvalidCharacterSet::Control('\n')));
}

proptest! {
    #[test]
    fn any_text_parses_or_is_refused_without_a_panic(source in ".*") {
        if let Ok(set) = source.parse::<CharacterSet>() {
            prop_assert_eq!(set.as_str(), source);
        }
    }

    #[test]
    fn a_range_holds_exactly_its_members(first in char::range('A', 'z'), last in char::range('A', 'z'), probe in char::range(' ', '~')) {
        prop_assume!(first <= last && first != '-' && last != '-');
        let set = set(&format!("{first}-{last}"));
        prop_assert_eq!(set.contains(probe), (first..=last).contains(&probe));
    }
}
