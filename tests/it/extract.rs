//! `POST /v1/extract` and the other routes, with a real base, adapter and rules.

use std::sync::Arc;

use dossier::RunningServer;
use dossier_engine::folders::Manifest;
use dossier_tests::{
    Answer, Client, Corners, Score, bad_images, config, overlap, post_all, samples_of,
    shipped_root, shipped_types,
};
use image::ImageFormat;
use serde_json::Value;

use crate::{ID_CARD, PASSPORT, shipped};

/// The share of the samples' fields that must be exact, 0 to 1. `adapters/README.md` has the figures
/// of many more documents; this is what no change may fall below.
const LEAST_EXACT: f64 = 0.96;

#[tokio::test(flavor = "multi_thread")]
async fn the_samples_are_read() {
    let (server, client) = shipped().await;
    let documents = shipped_types()
        .expect("manifests")
        .into_iter()
        .flat_map(|Manifest { document_type, .. }| {
            let samples = samples_of(document_type.as_str()).expect("samples");
            samples.into_iter().map(move |sample| (document_type.to_string(), sample))
        })
        .collect::<Vec<_>>();
    let documents = Arc::new(documents);
    let answers = post_all(&client, &documents, 4).await.expect("every document is answered");
    let mut score = Score::default();
    for ((_, sample), answer) in documents.iter().zip(&answers) {
        score.add_answer(sample, answer);
    }
    assert!(score.accuracy() >= LEAST_EXACT, "{:.3}: {:#?}", score.accuracy(), score.fields);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_document_type_is_answered_in_the_documented_form() {
    let (server, client) = shipped().await;
    for Manifest { document_type, pages, .. } in shipped_types().expect("manifests") {
        let document_type = document_type.as_str();
        let sample = &samples_of(document_type).expect("samples")[0];
        assert_eq!(sample.pages.len(), pages, "{document_type}");
        let answer = client.extract(document_type, &sample.pages).await.expect("an answer");
        assert_eq!(answer.status, 200, "{document_type}: {}", answer.code());
        assert_has_the_documented_form(&answer);
        assert_eq!(answer.body["document_type"], document_type);
        // Fields of the truth are those that are read, each once.
        let read = fields(&answer).iter().filter(|field| !field["raw"].is_null());
        let mut read = read.map(|field| text(&field["name"])).collect::<Vec<_>>();
        let mut truth = sample.truth.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        read.sort_unstable();
        truth.sort_unstable();
        assert_eq!(read, truth, "{document_type}");
    }
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_the_requested_fields_are_read_in_their_order() {
    let (server, client) = shipped().await;
    let sample = &samples_of(PASSPORT).expect("samples")[0];
    let requested = "sex,document_number,surname";
    let answer = client.extract_fields(PASSPORT, &sample.pages, requested).await.expect("answered");
    assert_eq!(answer.status, 200, "{}", answer.text);
    let read = fields(&answer).iter().filter(|field| !field["raw"].is_null());
    let names = read.map(|field| text(&field["name"])).collect::<Vec<_>>();
    assert_eq!(names.join(","), requested);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_count_from_one_in_the_order_of_the_form() {
    let (server, client) = shipped().await;
    let sample = &samples_of(ID_CARD).expect("samples")[0];
    let fields_asked = "surname,authority";
    let answer =
        client.extract_fields(ID_CARD, &sample.pages, fields_asked).await.expect("answered");
    let pages = fields(&answer).iter().map(|field| field["page"].as_u64()).collect::<Vec<_>>();
    assert_eq!(pages[..2], [Some(1), Some(2)], "{}", answer.text);
    server.shutdown().await;
}

/// A server that looks for no pages in pictures.
async fn pages_as_sent() -> (RunningServer, Client) {
    let mut config = config(&shipped_root()).expect("the defaults");
    config.reader.pages_as_sent = true;
    let server = dossier::serve(config).await.expect("the server starts");
    let client = Client::new(server.address());
    (server, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_image_format_gives_the_same_fields() {
    let (server, client) = pages_as_sent().await;
    let page = bad_images::blank(640, 400, ImageFormat::Png);
    let first = client.extract_fields(PASSPORT, &[page], "mrz").await.expect("an answer");
    for (name, format) in bad_images::FORMATS {
        let page = bad_images::blank(640, 400, format);
        let answer = client.extract_fields(PASSPORT, &[page], "mrz").await.expect("an answer");
        assert_eq!(answer.status, 200, "{name}: {}", answer.text);
        assert_eq!(fields(&answer)[0]["raw"], fields(&first)[0]["raw"], "{name}");
    }
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blank_page_is_never_read_with_confidence() {
    let (server, client) = pages_as_sent().await;
    for Manifest { document_type, pages, .. } in shipped_types().expect("manifests") {
        let document_type = document_type.as_str();
        let pages = vec![bad_images::blank(768, 512, ImageFormat::Png); pages];
        let answer = client.extract(document_type, &pages).await.expect("an answer");
        assert_eq!(answer.status, 200, "{document_type}: {}", answer.text);
        assert_ne!(answer.body["verdict"], "accepted", "{document_type}");
        for field in fields(&answer).iter().filter(|field| !field["raw"].is_null()) {
            let confidence = field["confidence"].as_f64().expect("a confidence");
            let is_empty = text(&field["raw"]).is_empty();
            assert!(is_empty || confidence < 0.5, "{document_type}: {}", field["name"]);
        }
    }
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn document_types_are_listed() {
    let (server, client) = shipped().await;
    let answer = client.get("/v1/document-types").await.expect("an answer");
    assert_eq!(answer.status, 200);
    let listed = array(&answer.body["document_types"]);
    let ids = listed.iter().map(|listed| text(&listed["document_type"])).collect::<Vec<_>>();
    let shipped = shipped_types().expect("manifests");
    let (of_any_issuer, ids) = ids.into_iter().partition::<Vec<_>, _>(|id| id.starts_with("icao/"));
    assert_eq!(of_any_issuer, ["icao/mrv-a", "icao/mrv-b", "icao/td1", "icao/td2", "icao/td3"]);
    assert_eq!(
        ids,
        shipped.iter().map(|shipped| shipped.document_type.as_str()).collect::<Vec<_>>()
    );
    for listed in listed {
        assert!(is_digest(&listed["adapter"]) && is_digest(&listed["rules"]["digest"]));
        assert!(!array(&listed["fields"]).is_empty());
    }
    assert!(is_digest(&answer.body["base"]));

    let path = format!("/v1/document-types/{}", PASSPORT.replace('/', "%2F"));
    let one = client.get(&path).await.expect("an answer");
    assert_eq!(one.body["document_type"], PASSPORT);
    let scalings = array(&one.body["scalings"]);
    let scaled = scalings.iter().map(|scaling| text(&scaling["field"])).collect::<Vec<_>>();
    for field in array(&one.body["fields"]) {
        assert!(scaled.contains(&text(field)), "{field} of {scaled:?}");
    }
    assert!(
        scalings.iter().all(|scaling| scaling["slope"].as_f64().is_some_and(|slope| slope > 0.0))
    );
    server.shutdown().await;
}

/// Where they stand was measured on the sample's picture.
#[tokio::test(flavor = "multi_thread")]
async fn fields_are_found_where_they_stand() {
    let (server, client) = shipped().await;
    let sample = samples_of(PASSPORT).expect("samples").remove(0);
    let answer = client.extract(PASSPORT, &sample.pages).await.expect("an answer");
    for (name, [left, top, right, bottom]) in [
        ("surname", [250.0, 108.0, 374.0, 126.0]),
        ("document_number", [546.0, 49.0, 715.0, 70.0]),
        ("sex", [506.0, 252.0, 524.0, 270.0]),
        ("mrz", [26.0, 421.0, 755.0, 482.0]),
    ] {
        let field = fields(&answer).iter().find(|field| field["name"] == name).expect(name);
        let found = serde_json::from_value::<Corners>(field["polygon"].clone()).expect(name);
        let expected = [[left, top], [right, top], [right, bottom], [left, bottom]];
        assert!(overlap(&found, &expected) > 0.6, "{name}: {found:?}");
    }
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_answer() {
    let (server, client) = shipped().await;
    for path in ["/livez", "/readyz"] {
        assert_eq!(client.get(path).await.expect("an answer").status, 200, "{path}");
    }
    server.shutdown().await;
}

fn assert_has_the_documented_form(answer: &Answer) {
    let body = &answer.body;
    for field in fields(answer) {
        let keys = field.as_object().expect("an object").keys().collect::<Vec<_>>();
        let expected =
            ["name", "raw", "value", "confidence", "source", "page", "polygon", "other_reading"];
        assert_eq!(keys, expected);
        let is_read = field["raw"].is_string();
        assert_eq!(field["confidence"].is_f64(), is_read, "{}", field["name"]);
        assert_eq!(field["page"].is_u64(), is_read, "{}", field["name"]);
        let has_text = field["raw"].as_str().is_some_and(|raw| !raw.trim().is_empty());
        assert_eq!(field["polygon"].is_array(), has_text, "{}", field["name"]);
        if let Some(confidence) = field["confidence"].as_f64() {
            assert!((0.0..=1.0).contains(&confidence), "{}", field["name"]);
        }
    }
    let checks = array(&body["checks"]);
    assert!(!checks.is_empty());
    let outcomes = checks.iter().map(|check| text(&check["outcome"])).collect::<Vec<_>>();
    for outcome in &outcomes {
        assert!(["passed", "failed", "not_performed"].contains(outcome), "{outcome}");
    }
    let verdict = match &outcomes {
        outcomes if outcomes.contains(&"failed") => "rejected",
        outcomes if outcomes.contains(&"not_performed") => "incomplete",
        _ => "accepted",
    };
    assert_eq!(body["verdict"], verdict);
    for artifact in ["base", "adapter", "rules"] {
        assert!(is_digest(&body["served_by"][artifact]), "{artifact}");
    }
    assert_eq!(body["served_by"]["generation"], 1);
    for stage in ["pages", "before", "queue", "preprocess", "encode", "decode", "after", "total"] {
        assert!(body["timings_ms"][stage].as_f64().is_some_and(|time| time >= 0.0), "{stage}");
    }
    assert_eq!(body["request_id"], answer.request_id.as_str());
}

fn fields(answer: &Answer) -> &[Value] {
    array(&answer.body["fields"])
}

fn array(value: &Value) -> &[Value] {
    value.as_array().expect("an array")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn is_digest(value: &Value) -> bool {
    let hex = value.as_str().and_then(|text| text.strip_prefix("sha256:")).unwrap_or_default();
    hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
}
