//! The document type in the head, on every way in.

use super::*;

const OWN: &str = "x-dossier-document-type";
const ROUTERS: [&str; 3] =
    ["x-llm-d-model-name-rewrite", "x-gateway-model-name-rewrite", "serve_multiplexed_model_id"];

fn with(mut request: Request, fields: &[(&'static str, &str)]) -> Request {
    for (name, value) in fields {
        request.headers_mut().append(*name, value.parse().expect("a value"));
    }
    request
}

fn untyped() -> Request {
    post_parts(&[("name=\"page\"; filename=\"page-1.png\"", &png(8, 8))])
}

fn tensors(name: &str) -> Request {
    let pages = json!({"name": "pages", "shape": [1], "datatype": "BYTES", "data": [STANDARD.encode(png(8, 8))]});
    let request = Request::post(format!("/v2/models/{name}/infer"));
    let request = request.header(CONTENT_TYPE, "application/json");
    request.body(Body::from(json!({"inputs": [pages]}).to_string())).expect("a request")
}

#[tokio::test]
async fn a_head_names_the_type_as_well_as_a_body_does() {
    let app = app(&config()).await;
    let expected = lasting(&send(&app, passport("")).await);
    let of_json = || json_document(&json!({"pages": [STANDARD.encode(png(8, 8))]}));
    for header in [OWN].into_iter().chain(ROUTERS) {
        for request in [untyped(), of_json(), passport("")] {
            let answer = send(&app, with(request, &[(header, PASSPORT)])).await;
            assert_eq!(answer.status, 200, "{header}: {}", answer.json());
            assert_eq!(lasting(&answer), expected, "{header}");
        }
    }
}

#[tokio::test]
async fn a_head_that_contradicts_path_or_body_is_refused() {
    let app = app(&config()).await;
    let path = "/v1/document-types/utopia%2Fpassport%2F2024/extract";
    let of_json = json!({"document_type": PASSPORT, "pages": [STANDARD.encode(png(8, 8))]});
    let requests = [
        (passport(""), "the body"),
        (json_document(&of_json), "the body"),
        (page_document(path), "the path"),
    ];
    for (request, place) in requests {
        let answer = send(&app, with(request, &[(OWN, "utopia/visa/2020")])).await;
        let problem = answer.is_problem(400, "document_type.contradiction");
        let detail = problem["detail"].as_str().expect("a text");
        assert!(detail.contains(OWN) && detail.contains(place), "{detail}");
        assert!(!detail.contains("visa"), "{detail}");
    }
    let two = with(untyped(), &[(OWN, PASSPORT), (ROUTERS[2], "utopia/visa/2020")]);
    send(&app, two).await.is_problem(400, "document_type.contradiction");
    let refused = send(&app, with(tensors("utopia.passport.2024"), &[(OWN, "a/b")])).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.json()["code"]),
        (400, &json!("document_type.contradiction"))
    );
    let agreed = send(&app, with(tensors("utopia.passport.2024"), &[(ROUTERS[0], PASSPORT)])).await;
    assert_eq!(agreed.status, 200, "{}", agreed.json());
}

#[tokio::test]
async fn what_a_head_names_is_refused_as_what_a_body_names() {
    let app = app(&config()).await;
    let unknown = with(untyped(), &[(OWN, "utopia/visa/2020")]);
    send(&app, unknown).await.is_problem(404, "document_type.unknown");
    for value in ["passport", "utopia.passport.2024", ""] {
        let answer = send(&app, with(untyped(), &[(ROUTERS[1], value)])).await;
        let problem = answer.is_problem(400, "header.malformed");
        assert!(problem["detail"].as_str().is_some_and(|text| text.contains(ROUTERS[1])));
    }
    let twice = with(passport(""), &[(OWN, PASSPORT), (OWN, PASSPORT)]);
    send(&app, twice).await.is_problem(400, "header.malformed");
}
