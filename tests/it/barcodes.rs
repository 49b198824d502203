//! Licences with barcodes, read by the shipped rules of Meridia.

use dossier_tests::{Answer, samples_of};
use serde_json::Value;

use crate::{PASSPORT, shipped};

const LICENCE: &str = "meridia/driving-licence/2025";

/// The checks of the barcode by code, with what came of them.
fn of_barcode(answer: &Answer) -> Vec<(String, String)> {
    let checks = answer.body["checks"].as_array().expect("checks").iter();
    let text = |check: &Value, key: &str| check[key].as_str().expect("a text").to_owned();
    let checks = checks.map(|check| (text(check, "code"), text(check, "outcome")));
    checks.filter(|(code, _)| code.starts_with("barcode.")).collect()
}

fn outcome<'a>(checks: &'a [(String, String)], code: &str) -> &'a str {
    let found = checks.iter().find(|(known, _)| known == code);
    &found.unwrap_or_else(|| panic!("{code} is not among {checks:?}")).1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_licence_and_its_barcode_say_the_same() {
    let (server, client) = shipped().await;
    let sample = &samples_of(LICENCE).expect("samples")[0];
    let answer = client.extract(LICENCE, &sample.pages).await.expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.text);

    let barcodes = answer.body["barcodes"].as_array().expect("barcodes");
    assert_eq!(barcodes.len(), 1, "{barcodes:?}");
    assert_eq!(
        (&barcodes[0]["source"], &barcodes[0]["page"]),
        (&"barcode.pdf417".into(), &2.into())
    );
    let polygon = barcodes[0]["polygon"].as_array().expect("corners");
    let xs = polygon.iter().map(|corner| corner[0].as_f64().expect("a number")).collect::<Vec<_>>();
    let (left, right) =
        (xs.iter().copied().fold(f64::MAX, f64::min), xs.iter().copied().fold(0.0, f64::max));
    // The generator draws it from 56 to about 620 of 768 pixels. Where a page begins that bears no text, nobody
    // can say, so its corners may be those of a page that lies on its side.
    assert!((20.0..110.0).contains(&left) && (540.0..700.0).contains(&right), "{polygon:?}");
    assert!(answer.body["timings_ms"]["barcodes"].as_f64().expect("a number") > 0.0);
    // What it holds is the rules' to tell: of fields that were read on the page, nothing is told twice.
    let fields = answer.body["fields"].as_array().expect("fields");
    assert!(fields.iter().all(|field| field["source"] == "visual"), "{fields:?}");

    let checks = of_barcode(&answer);
    for code in ["barcode.search", "barcode.pdf417.format", "barcode.pdf417.issuer"] {
        assert_eq!(outcome(&checks, code), "passed");
    }
    let mut compared = 0;
    for field in fields {
        let name = field["name"].as_str().expect("a name");
        let code = format!("barcode.pdf417.matches.{name}");
        let Some((_, outcome)) = checks.iter().find(|(known, _)| *known == code) else { continue };
        let truth =
            sample.truth.iter().find(|(known, _)| known == name).expect("a field of the type");
        if field["raw"].as_str() == Some(&truth.1) {
            assert_eq!(outcome, "passed", "{code}");
            compared += 1;
        }
    }
    assert!(compared >= 6, "{compared} fields were read right, of 7 that the barcode repeats");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_back_of_another_licence_is_told() {
    let (server, client) = shipped().await;
    let samples = samples_of(LICENCE).expect("samples");
    let pages = [samples[0].pages[0].clone(), samples[1].pages[1].clone()];
    let answer = client.extract(LICENCE, &pages).await.expect("an answer");
    let checks = of_barcode(&answer);
    assert_eq!(outcome(&checks, "barcode.pdf417.format"), "passed");
    assert_eq!(outcome(&checks, "barcode.pdf417.matches.document_number"), "failed");
    assert_eq!(outcome(&checks, "barcode.pdf417.matches.surname"), "failed");
    assert_ne!(answer.body["verdict"], "accepted");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_back_without_a_barcode_leaves_its_checks_not_performed() {
    let (server, client) = shipped().await;
    let front = samples_of(LICENCE).expect("samples")[0].pages[0].clone();
    let answer = client.extract(LICENCE, &[front.clone(), front]).await.expect("an answer");
    assert_eq!(answer.body["barcodes"], Value::Array(Vec::new()));
    let checks = of_barcode(&answer);
    assert_eq!(outcome(&checks, "barcode.search"), "passed");
    let rest = checks.iter().filter(|(code, _)| code != "barcode.search").collect::<Vec<_>>();
    assert_eq!(rest.len(), 9, "{rest:?}");
    assert!(rest.iter().all(|(_, outcome)| outcome == "not_performed"), "{rest:?}");
    server.shutdown().await;
}

/// A barcode holds the whole document, and must not tell it to somebody who asked for a part.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_one_field_gets_one() {
    let (server, client) = shipped().await;
    let sample = &samples_of(LICENCE).expect("samples")[0];
    let answer = client.extract_fields(LICENCE, &sample.pages, "document_number").await;
    let answer = answer.expect("an answer");
    let fields = answer.body["fields"].as_array().expect("fields");
    assert_eq!(fields.len(), 1, "{fields:?}");
    let (_, surname) = sample.truth.iter().find(|(name, _)| name == "surname").expect("a field");
    assert!(!answer.text.contains(surname.as_str()), "{}", answer.text);
    let checks = of_barcode(&answer);
    assert_eq!(outcome(&checks, "barcode.pdf417.matches.document_number"), "passed");
    assert_eq!(outcome(&checks, "barcode.pdf417.matches.surname"), "not_performed");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn types_without_barcodes_are_not_searched() {
    let (server, client) = shipped().await;
    let sample = &samples_of(PASSPORT).expect("samples")[0];
    let answer = client.extract(PASSPORT, &sample.pages).await.expect("an answer");
    assert_eq!(answer.body["barcodes"], Value::Array(Vec::new()));
    assert_eq!(answer.body["timings_ms"]["barcodes"], 0.0);
    assert_eq!(of_barcode(&answer), []);
    server.shutdown().await;
}
