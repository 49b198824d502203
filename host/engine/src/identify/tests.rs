//! Which type a page is taken for, by likenesses that the test chooses.

use dossier_document::Digest;

use super::*;

fn ranked(types: &[(&str, f64)], reach: &[&str]) -> Identified {
    let ids = types.iter().map(|(id, _)| id.parse().expect("an identifier")).collect::<Vec<_>>();
    let types = ids.iter().zip(types).map(|(id, (_, likeness))| (id, *likeness));
    let reach = reach.iter().map(|pattern| pattern.parse().expect("a pattern")).collect();
    let likeness = TypeLikeness::unfitted(Digest::from_sha256([0; 32]), 2);
    rank(types, &likeness, &Reach::of(Some(reach)))
}

fn names(identified: &Identified) -> Vec<&str> {
    identified.candidates.iter().map(|candidate| candidate.document_type.as_str()).collect()
}

#[test]
fn a_page_is_of_the_type_that_it_is_far_more_like_than_any_other() {
    let found = ranked(&[("a/one", 0.2), ("a/two", 0.9), ("a/three", 0.3)], &["*"]);
    assert_eq!(found.document_type.as_ref().map(DocumentTypeId::as_str), Some("a/two"));
    assert_eq!(names(&found), ["a/two", "a/three", "a/one"]);
    assert!(found.candidates[0].confidence > 0.9 && found.candidates[1].confidence < 0.1);
}

#[test]
fn between_two_that_look_alike_nothing_is_guessed() {
    let found = ranked(&[("a/one", 0.79), ("a/two", 0.8)], &["*"]);
    assert_eq!(found.document_type, None);
    assert_eq!(names(&found), ["a/two", "a/one"], "they are told all the same");
}

#[test]
fn a_page_that_is_like_none_is_of_none() {
    let found = ranked(&[("a/one", 0.3), ("a/two", 0.1)], &["*"]);
    assert_eq!(found.document_type, None);
    let nothing = ranked(&[], &["*"]);
    assert_eq!((nothing.document_type, nothing.candidates), (None, Vec::new()));
}

#[test]
fn a_page_of_a_type_out_of_reach_is_not_taken_for_another() {
    let types = [("a/one", 0.75), ("b/two", 0.9)];
    let found = ranked(&types, &["a/*"]);
    assert_eq!(found.document_type, None);
    assert_eq!(names(&found), ["a/one"], "whoever asks learns of no other");
    let sure = [("a/one", 0.2), ("b/two", 0.9)];
    assert_eq!(ranked(&sure, &["a/*"]).document_type, None);
    assert!(ranked(&sure, &["b/*"]).document_type.is_some());
}

#[test]
fn one_type_alone_is_compared_with_nothing_like_it() {
    assert!(ranked(&[("a/one", 0.9)], &["*"]).document_type.is_some());
    assert_eq!(ranked(&[("a/one", 0.3)], &["*"]).document_type, None);
}

#[test]
fn few_candidates_are_told() {
    let many = ["a/1", "a/2", "a/3", "a/4", "a/5", "a/6", "a/7"].map(|id| (id, 0.5));
    assert_eq!(ranked(&many, &["*"]).candidates.len(), MOST_CANDIDATES);
}
