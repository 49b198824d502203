//! Forms as clients write them.

use super::*;
use crate::testing::{Part, form};

async fn parsed(parts: &[Part<'_>]) -> Result<Asked, FormError> {
    form_error(parse(form(parts), "X".to_owned()).await)
}

fn form_error(parsed: Result<Asked, ApiError>) -> Result<Asked, FormError> {
    parsed.map_err(|error| match error {
        ApiError::Form(error) => error,
        other => panic!("{other:?}"),
    })
}

const TYPE: Part<'_> = ("name=\"document_type\"", b"utopia/passport/2024");

#[tokio::test]
async fn pages_count_in_the_order_of_the_form_whatever_they_are_called() {
    let request =
        parsed(&[("name=\"page\"", b"one"), TYPE, ("name=\"scan\"; filename=\"b.png\"", b"two")])
            .await
            .expect("valid");
    assert_eq!(request.pages, ["one", "two"].map(Bytes::from));
    let document_type = request.document_type.expect("named");
    assert_eq!(document_type.as_str(), "utopia/passport/2024");
    assert_eq!(request.fields, None);
}

#[tokio::test]
async fn fields_may_be_separated_by_commas_or_repeated() {
    let request =
        parsed(&[TYPE, ("name=\"fields\"", b"surname, sex"), ("name=\"fields\"", b"mrz")])
            .await
            .expect("valid");
    let names = request.fields.expect("given").iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names, ["surname", "sex", "mrz"]);
}

#[tokio::test]
async fn what_is_not_understood_is_refused() {
    let refused = async |parts: &[Part<'_>]| parsed(parts).await.expect_err("refused");
    assert!(matches!(
        refused(&[TYPE, ("name=\"field\"", b"sex")]).await,
        FormError::UnknownPart { name } if name == "field"
    ));
    assert!(matches!(refused(&[TYPE, TYPE]).await, FormError::RepeatedPart { .. }));
    assert!(matches!(
        refused(&[TYPE, ("name=\"fields\"", b"Sex")]).await,
        FormError::NotAFieldName { text } if text == "Sex"
    ));
    assert!(matches!(
        refused(&[TYPE, ("name=\"fields\"", b"sex,")]).await,
        FormError::NotAFieldName { .. }
    ));
    let long = "a/".repeat(100);
    assert!(matches!(
        refused(&[("name=\"document_type\"", long.as_bytes())]).await,
        FormError::NotText { .. }
    ));
}

#[tokio::test]
async fn the_type_need_not_be_named() {
    let request = parsed(&[("name=\"page\"", b"x")]).await.expect("valid");
    assert_eq!((request.document_type, request.pages.len()), (None, 1));
}

#[tokio::test]
async fn a_form_that_breaks_off_is_malformed() {
    let whole = form(&[TYPE, ("name=\"page\"", b"pixels")]);
    for length in [0, 10, whole.len() / 2, whole.len() - 8] {
        let error = parse(whole.slice(..length), "X".to_owned()).await;
        let error = form_error(error).expect_err("refused");
        assert!(matches!(error, FormError::Malformed), "{length}");
    }
}

#[test]
fn only_a_multipart_form_has_a_boundary() {
    let of = |value: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, value.parse().expect("a header value"));
        boundary(&headers)
    };
    assert_eq!(of("multipart/form-data; boundary=X").expect("a form"), "X");
    assert!(of("application/json").is_err());
    assert!(of("multipart/form-data").is_err());
    assert!(boundary(&HeaderMap::new()).is_err());
}

#[tokio::test]
async fn what_browsers_and_curl_send_is_taken_as_it_is_meant() {
    let coded: Part<'_> = ("name=\"passport\"; filename*=UTF-8''p%C3%A4ss.png", b"one");
    let left_empty: Part<'_> = ("name=\"page\"; filename=\"\"", b"");
    let empty: Part<'_> = ("name=\"page\"; filename=\"p.png\"", b"");
    let of_type: Part<'_> = ("name=\"document_type\"", b" utopia/passport/2024\r\n");
    let no_fields: Part<'_> = ("name=\"fields\"", b" ");
    let request = parsed(&[coded, left_empty, of_type, no_fields]).await.expect("valid");
    assert_eq!(request.pages, [Bytes::from("one")]);
    let document_type = request.document_type.expect("named");
    assert_eq!(document_type.as_str(), "utopia/passport/2024");
    assert_eq!(request.fields, None);
    // A file that was chosen, and has nothing in it, is a page all the same.
    assert_eq!(parsed(&[TYPE, empty]).await.expect("valid").pages, [Bytes::new()]);
}
