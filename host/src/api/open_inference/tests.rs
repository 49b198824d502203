//! Tensors as clients write them, and as they should not.

use dossier_document::Tenant;

use super::*;
use crate::api::bodies::Bodies;
use crate::api::input::Asked;
use crate::testing::config;

const NAME: &str = "utopia.passport.2024";

async fn parsed(
    body: Vec<u8>,
    json_length: Option<usize>,
) -> Result<(Asked, TensorsAsked), ApiError> {
    let config = config();
    let bodies = Bodies::new(&config.http);
    let headers = axum::http::HeaderMap::new();
    let anybody = Tenant::anonymous();
    let read = bodies.read(&headers, body.into(), &config.http, &anybody).await;
    let (bytes, mut held) = read.expect("arrives");
    let id = document_type("utopia/passport/2024").expect("an identifier");
    let parsed = parse(bytes, &mut held, NAME, id, json_length);
    drop(held);
    assert_eq!(bodies.standing().held_bytes, 0, "everything is given back");
    parsed
}

async fn refused(json: &str) -> (&'static str, String) {
    let problem = parsed(json.into(), None).await.expect_err("refused").problem();
    (problem.code, problem.detail)
}

fn pages(shape: &str, data: &str) -> String {
    format!(
        r#"{{"inputs": [{{"name": "pages", "shape": {shape}, "datatype": "BYTES", "data": {data}}}]}}"#
    )
}

#[tokio::test]
async fn pages_and_fields_are_tensors() {
    let body = r#"{"id": "42", "model_name": "utopia/passport/2024", "inputs": [
        {"name": "pages", "shape": [1, 2], "datatype": "BYTES", "data": ["b25l", "dHdv"]},
        {"name": "fields", "shape": [1], "datatype": "BYTES", "data": ["surname"]}
    ], "outputs": [{"name": "verdict"}]}"#;
    let (asked, of_answer) = parsed(body.into(), None).await.expect("valid");
    assert_eq!(asked.pages, ["one", "two"].map(axum::body::Bytes::from));
    assert_eq!(asked.fields.expect("given")[0].as_str(), "surname");
    assert_eq!(of_answer.id.as_deref(), Some("42"));
    assert_eq!(of_answer.outputs, [(answer::Output::Verdict, false)]);
}

#[tokio::test]
async fn binary_tensors_follow_the_json() {
    let json = r#"{"inputs": [
        {"name": "pages", "shape": [2], "datatype": "BYTES", "parameters": {"binary_data_size": 14}},
        {"name": "fields", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": 7}}
    ], "parameters": {"binary_data_output": true}}"#;
    let mut body = json.as_bytes().to_vec();
    for element in ["one", "two", "sex"] {
        body.extend(u32::try_from(element.len()).expect("short").to_le_bytes());
        body.extend(element.as_bytes());
    }
    let length = Some(json.len());
    let (asked, of_answer) = parsed(body.clone(), length).await.expect("valid");
    assert_eq!(asked.pages, ["one", "two"].map(axum::body::Bytes::from));
    assert_eq!(asked.fields.expect("given")[0].as_str(), "sex");
    assert!(of_answer.is_binary);
    for cut in 1..body.len() - json.len() {
        let short = body[..body.len() - cut].to_vec();
        let problem = parsed(short, length).await.expect_err("is short").problem();
        assert_eq!(problem.code, "tensor.malformed", "{cut}");
    }
    body.push(0);
    let problem = parsed(body, length).await.expect_err("is long").problem();
    assert_eq!(problem.code, "tensor.malformed");
}

#[tokio::test]
async fn what_is_no_tensor_of_a_model_is_refused() {
    let data = r#"["b25l"]"#;
    for (body, code) in [
        (pages("[2]", data), "tensor.malformed"),
        (pages("[]", data), "tensor.malformed"),
        (pages("[18446744073709551615, 2]", data), "tensor.malformed"),
        (pages("[-1]", data), "json.value"),
        (pages("[1]", "null"), "tensor.malformed"),
        (pages("[1]", r#"["ERIKSSO"]"#), "page.base64"),
        (pages("[1]", data).replace("BYTES", "FP32"), "tensor.malformed"),
        (pages("[1]", data).replace("pages", "page"), "tensor.unknown"),
        (
            pages("[1]", data).replace(r#"{"inputs""#, r#"{"model_name": "a.b", "inputs""#),
            "tensor.model",
        ),
        (
            pages("[1]", data).replace(r#"{"inputs""#, r#"{"outputs": [{"name": "x"}], "inputs""#),
            "tensor.unknown",
        ),
        (
            pages("[1]", data).replace(r#"{"inputs""#, r#"{"parameters": {"x": 1}, "inputs""#),
            "json.unknown_key",
        ),
        (String::from("{}"), "json.missing_key"),
        (String::from("["), "json.malformed"),
    ] {
        let (found, detail) = refused(&body).await;
        assert_eq!(found, code, "{body}");
        assert!(!detail.contains("ERIKSSO"), "{detail}");
    }
    let one = r#"{"name": "pages", "shape": [1], "datatype": "BYTES", "data": ["b25l"]}"#;
    let (code, _) = refused(&format!(r#"{{"inputs": [{one}, {one}]}}"#)).await;
    assert_eq!(code, "tensor.malformed", "an input stands twice");
}
