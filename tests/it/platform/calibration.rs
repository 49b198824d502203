//! An adapter's `calibration.json`, from its folder and from a package to the answer.

use std::collections::BTreeMap;
use std::fs;

use dossier_tests::{Answer, TestRoot, samples_of, serve};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Host, PAPER, adapter_package};
use crate::PASSPORT;

const FIELD: &str = "surname";
const SLOPE: f64 = 0.5;
const INTERCEPT: f64 = -1.0;

fn calibration() -> String {
    json!({"method": "platt", "fields": {FIELD: {"slope": SLOPE, "intercept": INTERCEPT}}})
        .to_string()
}

fn digest() -> String {
    let digest = Sha256::digest(calibration());
    format!("sha256:{}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn confidences(answer: &Answer) -> BTreeMap<String, f64> {
    let fields = answer.body["fields"].as_array().expect("a list").iter();
    let confident = fields.filter_map(|field| {
        Some((field["name"].as_str()?.to_owned(), field["confidence"].as_f64()?))
    });
    confident.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_s_calibration_changes_its_confidences_and_nothing_else() {
    let root = TestRoot::with_base().expect("the shipped base");
    root.add_shipped(PASSPORT).expect("the shipped passport");
    let file = root.document_type(PASSPORT).join("calibration.json");
    let sample = &samples_of(PASSPORT).expect("samples")[0];
    let mut answers = Vec::new();
    for calibration in [None, Some(calibration())] {
        match calibration {
            Some(calibration) => fs::write(&file, calibration).expect("is written"),
            None if file.exists() => fs::remove_file(&file).expect("is taken away"),
            None => {}
        }
        let server = serve(root.path()).await.expect("starts");
        let client = dossier_tests::Client::new(server.address());
        answers.push(client.extract(PASSPORT, &sample.pages).await.expect("an answer"));
        server.shutdown().await;
    }
    let [plain, calibrated] = &answers[..] else { panic!("two answers") };
    assert_eq!(plain.body["served_by"]["calibration"], Value::Null);
    assert_eq!(calibrated.body["served_by"]["calibration"], digest());
    assert_eq!(plain.body["served_by"]["adapter"], calibrated.body["served_by"]["adapter"]);
    let (before, after) = (confidences(plain), confidences(calibrated));
    assert!(before.len() > 5 && before.keys().eq(after.keys()));
    for (name, before) in before {
        let logit = (before / (1.0 - before)).ln();
        let expected = 1.0 / (1.0 + (-(SLOPE * logit + INTERCEPT)).exp());
        let expected = if name == FIELD { expected } else { before };
        // Both are told in four decimals, and near 1 a logit magnifies them.
        assert!((after[&name] - expected).abs() < 1e-2, "{name}: {} for {expected}", after[&name]);
    }
    assert!(confidences(plain)[FIELD] - confidences(calibrated)[FIELD] > 0.02);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_brings_its_calibration_or_is_refused_for_it() {
    let host = Host::start().await;
    let package = |calibration: &str| {
        adapter_package(PAPER, TestRoot::BASE, &[("calibration.json", calibration.as_bytes())])
    };
    let turned = calibration().replace("0.5", "-0.5");
    let error = host.admin.publish(&package(&turned)).await.expect_err("refused").to_string();
    assert!(error.contains("package.manifest") && error.contains(FIELD), "{error}");

    let published = host.admin.publish(&package(&calibration())).await.expect("is published");
    let body = json!({"package": published.package});
    host.admin.change(PAPER, "activate", body).await.expect("is activated");
    let host = host.restart().await;
    assert_eq!(host.read().await.body["served_by"]["calibration"], digest());
    host.end().await;
}
