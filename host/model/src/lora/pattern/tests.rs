//! What patterns match, and what they may cost.

use std::path::Path;

use super::*;

fn object() -> JsonObject {
    JsonObject::parse(Path::new("adapter_config.json"), b"{}").expect("an object")
}

fn compile(pattern: &str, anchor: Anchor) -> Result<Pattern, ModelError> {
    Pattern::compile(&object(), &PatternBudget::default(), "target_modules", pattern, anchor)
}

/// What the regular expression says, compiled although the pattern is plain.
fn by_regex(pattern: &str, anchor: Anchor, path: &str) -> bool {
    regex(&anchor.applied_to(pattern)).expect("compiles").is_match(path).expect("matches")
}

#[test]
fn plain_patterns_match_as_their_regular_expressions() {
    let patterns = ["q_proj", "a.b", r"a\.b", "a", ".", "", "layers.1.fc1", "b.c", "x-1"];
    let paths = [
        "q_proj",
        "a.b",
        "axb",
        "a.b.c",
        "layers.1.fc1",
        "x.q_proj",
        "q_projx",
        "",
        "a",
        "encoder.layers.1.fc1",
        "b.c.d",
        "a.q_proj.b",
        "x-1",
        ".a",
        "a.",
        "a..b",
        "é.a",
    ];
    for pattern in patterns {
        for anchor in [Anchor::Full, Anchor::Suffix, Anchor::Inside] {
            let compiled = compile(pattern, anchor).expect("compiles");
            assert!(matches!(compiled.matcher, Matcher::Plain { .. }), "{pattern}");
            for path in paths {
                let matches = compiled.matches(path).expect("matches");
                let expected = by_regex(pattern, anchor, path);
                assert_eq!(matches, expected, "{pattern} {anchor:?} {path}");
            }
        }
    }
}

#[test]
fn what_people_write_is_compiled() {
    let path = "decoder.model.decoder.layers.3.self_attn.q_proj";
    for pattern in [
        r"decoder\.model\.decoder\.layers\.\d+\.((self_attn|encoder_attn)\.(q_proj|k_proj)|fc1)",
        r"^(?!.*patch_embed).*\.(q_proj|v_proj)$",
        r".*\.(?:self|cross)_attn\.(?P<name>q_proj)",
        r"decoder.*layers\.[0-9]{1,2}\..*q_proj",
        r"(?i).*Q_PROJ",
        r".*(?<=self_attn)\.q_proj",
    ] {
        let compiled = compile(pattern, Anchor::Full).unwrap_or_else(|error| panic!("{error}"));
        assert!(compiled.matches(path).expect("matches"), "{pattern}");
        assert!(!compiled.matches("encoder.embed").expect("matches"), "{pattern}");
    }
    let index = Pattern::before_index(&object(), &PatternBudget::default(), "k", "layers");
    assert_eq!(index.expect("compiles").index(path).expect("matches"), Some(3));
}

#[test]
fn dear_patterns_are_refused_before_they_are_compiled() {
    for (pattern, problem) in [
        ("a".repeat(4097), "bytes"),
        ("(".repeat(33) + &")".repeat(33), "deep"),
        ("a{257}".to_owned(), "multiply"),
        ("((a{20}){20})".to_owned(), "multiply"),
        ("a{1,99999999999999999999999}".to_owned(), "multiply"),
        (r"(\w\d){200}".to_owned(), "too large"),
        (r"\w".repeat(400), "too large"),
    ] {
        match compile(&pattern, Anchor::Full) {
            Err(ModelError::PatternTooCostly { problem: found, .. }) => {
                assert!(found.contains(problem), "{found}");
            }
            other => panic!("{pattern}: {:?}", other.map(|_| ())),
        }
    }
}

#[test]
fn the_patterns_of_a_configuration_share_what_they_may_cost() {
    let compile = |budget: &PatternBudget, pattern: &str| {
        Pattern::suffix(&object(), budget, "rank_pattern", pattern).map(|_| ())
    };
    let budget = PatternBudget::default();
    let accepted = (0..500).take_while(|_| compile(&budget, r"(\w+)\.(\w+)").is_ok()).count();
    assert_eq!(accepted, 100_000 / (2 * 300 + 8));

    let budget = PatternBudget::default();
    let backtracks = (0..9).take_while(|_| compile(&budget, "(?=a).*b").is_ok()).count();
    assert_eq!(backtracks, MAX_BACKTRACKING);

    let budget = PatternBudget::default();
    let names = (0..=MAX_PATTERNS).take_while(|_| compile(&budget, "fc1").is_ok()).count();
    assert_eq!(names, MAX_PATTERNS);
}

#[test]
fn matching_gives_up_after_its_steps() {
    let compiled = compile("(?i)(a|b|ab)*(?=c)", Anchor::Full).expect("compiles");
    let error = compiled.matches(&"ab".repeat(28)).expect_err("too many steps");
    assert!(error.to_string().contains("a pattern that can be matched"), "{error}");
}
