//! What packages may say of the look of their type.

use serde_json::{Value, json};

use super::*;

const MADE_BY: Digest = Digest::from_sha256([7; 32]);

fn parse(file: &Value) -> Result<Prototypes, FolderError> {
    let base = TypeLikeness::unfitted(MADE_BY, 2);
    Prototypes::parse(file.to_string().as_bytes(), Path::new("/a"), Some(&base))
}

fn file(prototypes: &Value) -> Value {
    json!({"embedding": MADE_BY.to_string(), "prototypes": prototypes})
}

fn page(values: [f32; 2]) -> Embedding {
    Embedding::new(values.to_vec()).expect("a direction")
}

#[test]
fn the_nearest_prototype_says_how_like_a_page_is() {
    let prototypes = parse(&file(&json!([[1.0, 0.0], [0.0, 5.0]]))).expect("prototypes");
    assert!((prototypes.likeness(&page([0.0, 1.0])) - 1.0).abs() < 1e-6);
    assert!((prototypes.likeness(&page([1.0, 1.0])) - 0.5_f64.sqrt()).abs() < 1e-6);
    assert!((prototypes.likeness(&page([-1.0, 0.0]))).abs() < 1e-6);
}

#[test]
fn what_cannot_be_compared_is_refused_by_its_key() {
    let other = Digest::from_sha256([8; 32]).to_string();
    for (file, part) in [
        (json!({"embedding": other, "prototypes": [[1.0, 0.0]]}), "`embedding`"),
        (json!({"embedding": "sha256:7", "prototypes": [[1.0, 0.0]]}), "`embedding`"),
        (file(&json!([])), "`prototypes`"),
        (file(&json!([[1.0, 0.0, 0.0]])), "2 numbers"),
        (file(&json!([[0.0, 0.0]])), "2 numbers"),
        (file(&json!([[1e30, 0.0]])), "`prototypes.*.*`"),
        (file(&json!(vec![[1.0, 0.0]; 17])), "`prototypes`"),
        (json!({"prototypes": [[1.0, 0.0]]}), "embedding"),
        (json!({"embedding": other, "prototypes": [[1.0, 0.0]], "threshold": 0}), "threshold"),
    ] {
        let error = parse(&file).expect_err("refused").to_string();
        assert!(error.contains("prototypes.json") && error.contains(part), "{file}: {error}");
    }
}

#[test]
fn a_base_that_tells_no_types_apart_takes_none() {
    let text = file(&json!([[1.0, 0.0]])).to_string();
    let error = Prototypes::parse(text.as_bytes(), Path::new("/a"), None).expect_err("refused");
    assert!(error.to_string().contains("does not tell document types apart"), "{error}");
}

#[test]
fn every_place_of_the_file_has_a_bound() {
    let file = PrototypesFile { embedding: MADE_BY.to_string(), prototypes: vec![vec![1.0]] };
    let example = serde_json::to_value(file).expect("JSON");
    assert_eq!(BOUNDS.unbounded(&example), Vec::<String>::new());
}
