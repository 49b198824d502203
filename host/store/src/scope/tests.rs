//! Patterns reach what they say and not a letter more.

use super::*;

fn pattern(text: &str) -> Pattern {
    text.parse().expect(text)
}

#[test]
fn a_name_is_itself_and_a_beginning_is_many() {
    assert!(pattern("utopia").matches("utopia"));
    assert!(!pattern("utopia").matches("utopia-2"));
    assert!(pattern("utopia-*").matches("utopia-passport"));
    assert!(!pattern("utopia-*").matches("utopia"));
    assert!(pattern("utopia/*").matches("utopia/passport/2024"));
    assert!(!pattern("utopia/*").matches("utopiana/passport/2024"));
    assert!(pattern("*").matches("anything"));
}

#[test]
fn what_would_reach_a_neighbour_is_no_pattern() {
    for text in ["utopia*", "", "ut*pia", "UTOPIA", "utopia/**", "a b"] {
        assert_eq!(text.parse::<Pattern>(), Err(InvalidPattern), "{text}");
    }
}

#[test]
fn rules_need_their_name_and_all_their_types() {
    let scope = Scope {
        document_types: vec![pattern("utopia/*")],
        plugins: vec![pattern("utopia"), pattern("utopia-*")],
    };
    let ids = |ids: &[&str]| ids.iter().map(|id| id.parse().expect("an id")).collect::<Vec<_>>();
    assert!(scope.allows_rules("utopia", &ids(&["utopia/passport/2024"])));
    assert!(!scope.allows_rules("erewhon", &ids(&["utopia/passport/2024"])));
    assert!(!scope.allows_rules("utopia", &ids(&["utopia/passport/2024", "erewhon/visa/1"])));
    assert!(!Scope::default().allows_rules("utopia", &[]));
}

#[test]
fn everything_is_the_pattern_of_everything_on_both_sides() {
    let scope = |document_types: &str, plugins: &str| Scope {
        document_types: vec![document_types.parse().expect("a pattern")],
        plugins: vec![plugins.parse().expect("a pattern")],
    };
    assert!(scope("*", "*").is_everything());
    for (document_types, plugins) in [("*", "utopia"), ("utopia/*", "*"), ("utopia/*", "utopia")] {
        assert!(!scope(document_types, plugins).is_everything());
    }
    assert!(!Scope::default().is_everything());
}
