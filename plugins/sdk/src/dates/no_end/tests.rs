//! The words by which documents say that they have no end.

use super::*;

#[test]
fn words_stand_as_they_are_looked_up() {
    let mut seen = std::collections::BTreeSet::new();
    for word in WORDS {
        assert_eq!(fold(word), *word);
        assert!(seen.insert(word) && states_no_end(word), "{word}");
    }
    assert!(!states_no_end("") && !states_no_end("01.01.2030") && !states_no_end("9999"));
}
