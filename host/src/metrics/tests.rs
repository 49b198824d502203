//! What is exposed can be read, and has what it should.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::api::App;
use crate::testing::{config, engine};

/// The samples of a text: names with labels, and values. Fails where a line is not as the format wants it.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let mut types = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut samples = BTreeMap::new();
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a name and a kind");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(types.insert(name.to_owned(), kind.to_owned()).is_none(), "twice: {line}");
        } else if let Some(rest) = line.strip_prefix("# ") {
            assert!(rest.starts_with("HELP "), "{line}");
        } else {
            let (series, value) = line.rsplit_once(' ').expect("a series and a value");
            let name = series.split('{').next().expect("a name");
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
            assert!(name.chars().all(is_name), "{line}");
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| {
                name.strip_suffix(suffix).filter(|name| types.contains_key(*name))
            });
            assert!(types.contains_key(family.unwrap_or(name)), "no type: {line}");
            let value = value.parse::<f64>().expect("a number");
            assert!(seen.insert(series.to_owned()), "twice: {line}");
            samples.insert(series.to_owned(), value);
        }
    }
    samples
}

async fn exposition() -> (Recorder, Exposition, tempfile::TempDir) {
    let config = config();
    let engine = engine(&config).await;
    let app = Arc::new(App::new(engine.reader, config.http));
    let recorder = app.recorder().clone();
    let exposition = Exposition::new(&recorder, app, Some(engine.reload));
    (recorder, exposition, tempfile::tempdir().expect("a folder"))
}

#[tokio::test]
async fn the_whole_text_follows_the_format() {
    let (recorder, exposition, _folder) = exposition().await;
    recorder.request("/v1/extract", 200, "ok", Duration::from_millis(3));
    recorder.request("/v1/extract", 200, "ok", Duration::from_millis(400));
    recorder.of(Listener::Admin).request("unknown", 404, "route.unknown", Duration::ZERO);
    let samples = samples(&exposition.whole().expect("is written"));
    let requests = |labels: &str| samples[&format!("dossier_requests_total{{{labels}}}")];
    let ok = r#"listener="documents",route="/v1/extract",status="2xx",code="ok""#;
    assert_eq!(requests(ok), 2.0);
    let unknown = r#"listener="admin",route="unknown",status="4xx",code="route.unknown""#;
    assert_eq!(requests(unknown), 1.0);
    let bucket = |le: &str| {
        let labels = format!(r#"listener="documents",route="/v1/extract",le="{le}""#);
        samples[&format!("dossier_request_duration_seconds_bucket{{{labels}}}")]
    };
    assert_eq!([bucket("0.005"), bucket("0.25"), bucket("+Inf")], [1.0, 1.0, 2.0]);
    assert_eq!(samples["dossier_ready"], 1.0);
    assert_eq!(samples["dossier_generation"], 1.0);
    assert_eq!(samples["dossier_document_types"], 1.0);
    assert_eq!(samples["dossier_documents_in_work_limit"], 32.0);
    assert_eq!(samples["dossier_store_available"], 1.0);
}

#[tokio::test]
async fn families_of_adapters_are_absent_where_nobody_counts_them() {
    let (_recorder, exposition, _folder) = exposition().await;
    for text in [exposition.whole(), exposition.routing()] {
        let text = text.expect("is written");
        assert!(!text.contains("vllm:"), "{text}");
    }
}

#[tokio::test]
async fn the_short_text_is_short() {
    let (recorder, exposition, _folder) = exposition().await;
    recorder.request("/v1/extract", 200, "ok", Duration::from_millis(3));
    let samples = samples(&exposition.routing().expect("is written"));
    assert!(samples.len() < 12, "{samples:?}");
    assert!(samples.contains_key("dossier_documents_queued"));
}
