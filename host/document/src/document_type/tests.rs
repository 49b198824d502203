//! Identifiers that are paths, and texts that must not be.

use super::*;

#[test]
fn accepts_the_documented_form() {
    let id: DocumentTypeId = "utopia/passport/2024".parse().expect("valid");
    assert_eq!(id.as_str(), "utopia/passport/2024");
}

#[test]
fn refuses_paths_and_other_alphabets() {
    for text in
        ["", "utopia", "a/../b", "a//b", "/a/b", "a/b/", "A/b", "a/b c", "a/é", "a/b/c/d/e/f/g"]
    {
        assert_eq!(text.parse::<DocumentTypeId>(), Err(InvalidDocumentTypeId), "{text}");
    }
    let long = format!("a/{}", "b".repeat(DocumentTypeId::MAX_BYTES));
    assert!(long.parse::<DocumentTypeId>().is_err());
}
