//! Headers name a type, agree or are refused.

use axum::http::HeaderValue;

use super::*;

const PASSPORT: &str = "utopia/passport/2024";

fn id(text: &str) -> DocumentTypeId {
    text.parse().expect("an identifier")
}

fn of(fields: &[(&'static str, &str)]) -> Result<Option<HeadType>, ApiError> {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(*name, HeaderValue::from_str(value).expect("a value"));
    }
    HeadType::of(&headers)
}

#[test]
fn each_header_names_the_type() {
    assert_eq!(of(&[]).expect("nothing is named"), None);
    for header in HEADERS {
        let named = of(&[(header, PASSPORT)]).expect("names it").expect("is there");
        assert_eq!((named.document_type, named.header), (id(PASSPORT), header));
    }
    let all = HEADERS.map(|header| (header, PASSPORT));
    let named = of(&all).expect("they agree").expect("is there");
    assert_eq!(named.header, HEADERS[0]);
}

#[test]
fn headers_that_contradict_each_other_are_both_named() {
    let error = of(&[(HEADERS[1], PASSPORT), (HEADERS[3], "utopia/visa/2020")]);
    assert!(matches!(
        error,
        Err(ApiError::Contradiction { header: "serve_multiplexed_model_id", other })
            if other == "x-llm-d-model-name-rewrite"
    ));
}

#[test]
fn what_is_no_type_or_stands_twice_is_named_and_not_passed_over() {
    let long = format!("utopia/{}", "x".repeat(128));
    for value in ["", "passport", "utopia.passport.2024", "Utopia/passport", "a/b,c/d", &long] {
        let refused = of(&[(HEADERS[3], value)]);
        assert!(
            matches!(refused, Err(ApiError::Header { name, .. }) if name == HEADERS[3]),
            "{value}"
        );
    }
    let twice = of(&[(HEADERS[0], PASSPORT), (HEADERS[0], PASSPORT)]);
    assert!(matches!(twice, Err(ApiError::Header { name, .. }) if name == HEADERS[0]));
}

#[test]
fn head_and_place_agree_or_one_of_them_names_the_type() {
    let head = of(&[(HEADERS[0], PASSPORT)]).expect("names it");
    let settle =
        |head: Option<&HeadType>, named: Option<&str>| settled(head, named.map(id), "the body");
    assert_eq!(settle(None, None).expect("none"), None);
    assert_eq!(settle(None, Some("a/b")).expect("the place's"), Some(id("a/b")));
    assert_eq!(settle(head.as_ref(), None).expect("the head's"), Some(id(PASSPORT)));
    assert_eq!(settle(head.as_ref(), Some(PASSPORT)).expect("the same"), Some(id(PASSPORT)));
    let contradiction = settle(head.as_ref(), Some("a/b")).expect_err("another");
    let problem = contradiction.problem();
    assert_eq!((problem.status.as_u16(), problem.code), (400, "document_type.contradiction"));
    assert_eq!(
        problem.detail,
        "the header `x-dossier-document-type` names another document type than the body"
    );
}

#[test]
fn any_byte_in_a_value_leaves_a_type_or_is_refused() {
    let (before, after) = PASSPORT.as_bytes().split_at(8);
    for byte in u8::MIN..=u8::MAX {
        let value = [before, &[byte], after].concat();
        let Ok(value) = HeaderValue::from_bytes(&value) else { continue };
        let headers = HeaderMap::from_iter([(HEADERS[0].parse().expect("a name"), value)]);
        match HeadType::of(&headers) {
            Ok(named) => {
                let named = named.expect("a header stands there").document_type;
                assert_eq!(headers[HEADERS[0]].as_bytes(), named.as_str().as_bytes());
            }
            Err(ApiError::Header { name, .. }) => assert_eq!(name, HEADERS[0]),
            Err(other) => panic!("{byte}: {other}"),
        }
    }
}
