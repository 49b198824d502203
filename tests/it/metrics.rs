//! `/metrics` of a real server: what it counts is what was sent, and nothing that a client writes is in it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use dossier_tests::{
    AdminClient, Client, TOKEN, TestRoot, bad_images, config, platform_config, samples_of,
    shipped_root,
};
use image::ImageFormat;
use reqwest::Method;

use crate::guest::Guest;
use crate::{ID_CARD, PASSPORT};

const FREE_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The samples of a text in the format of Prometheus, by name and labels.
async fn scrape(client: &Client, path: &str) -> BTreeMap<String, f64> {
    let answer = client.get(path).await.expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.content_type, "text/plain; version=0.0.4; charset=utf-8");
    let lines = answer.text.lines().filter(|line| !line.starts_with('#'));
    let sample = |line: &str| {
        let (series, value) = line.rsplit_once(' ').expect("a series and a value");
        (series.to_owned(), value.parse().expect("a number"))
    };
    lines.map(sample).collect()
}

fn requests(samples: &BTreeMap<String, f64>, route: &str, status: &str, code: &str) -> f64 {
    let labels =
        format!(r#"{{listener="documents",route="{route}",status="{status}",code="{code}"}}"#);
    samples.get(&format!("dossier_requests_total{labels}")).copied().unwrap_or(0.0)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_is_what_was_sent() {
    let mut config = config(&shipped_root()).expect("a configuration");
    config.metrics.listen = Some(FREE_PORT);
    let server = dossier::serve(config).await.expect("starts");
    let client = Client::new(server.address());
    let metrics = Client::new(server.metrics_address().expect("listens"));
    let (passport, card) =
        (&samples_of(PASSPORT).expect("samples")[0], &samples_of(ID_CARD).expect("samples")[0]);
    for _ in 0..2 {
        assert_eq!(client.extract(PASSPORT, &passport.pages).await.expect("an answer").status, 200);
    }
    assert_eq!(client.extract(ID_CARD, &card.pages).await.expect("an answer").status, 200);
    let blank = bad_images::blank(64, 48, ImageFormat::Png);
    for number in 0..50 {
        let name = format!("hostile/type-{number}/1");
        let answer = client.extract(&name, std::slice::from_ref(&blank)).await.expect("an answer");
        assert_eq!(answer.status, 404);
        let path = format!("/hostile/{number}?secret=ERIKSSON");
        assert_eq!(client.get(&path).await.expect("an answer").status, 404);
    }

    let samples = scrape(&metrics, "/metrics").await;
    assert_eq!(requests(&samples, "/v1/extract", "2xx", "ok"), 3.0);
    assert_eq!(requests(&samples, "/v1/extract", "4xx", "document_type.unknown"), 50.0);
    assert_eq!(requests(&samples, "unknown", "4xx", "route.unknown"), 50.0);
    assert_eq!(samples["dossier_document_queue_seconds_count"], 3.0);
    assert_eq!(samples["dossier_document_compute_seconds_count"], 3.0);
    let stages = ["pages", "before", "queue", "preprocess", "encode", "decode", "after"];
    for stage in stages {
        let series = format!(r#"dossier_document_stage_seconds_count{{stage="{stage}"}}"#);
        assert_eq!(samples[&series], 3.0, "{stage}");
    }
    let documents = |document_type: &str| {
        let of_type = format!(r#"dossier_documents_total{{document_type="{document_type}""#);
        let series = samples.iter().filter(|(series, _)| series.starts_with(&of_type));
        series.map(|(_, count)| count).sum::<f64>()
    };
    assert_eq!((documents(PASSPORT), documents(ID_CARD)), (2.0, 1.0));
    // `before` and `after` of each document; both types are Utopia's.
    let calls = r#"dossier_rules_calls_total{component="utopia",outcome="answered"}"#;
    assert_eq!(samples[calls], 6.0);
    assert!(samples[r#"dossier_rules_memory_peak_bytes{component="utopia"}"#] > 0.0);
    assert!(samples["dossier_step_rows_count"] >= 1.0);
    assert!(samples["dossier_step_rows_sum"] >= samples["dossier_step_documents_sum"]);
    assert_eq!(samples["dossier_documents_in_work"], 0.0);
    assert_eq!(samples["dossier_documents_queued"], 0.0);
    assert_eq!(samples["dossier_bodies_bytes"], 0.0);
    let series = format!(
        r#"vllm:lora_adapter_loaded{{adapter_name="{PASSPORT}",level="gpu",pinned="false"}}"#
    );
    assert_eq!(samples[&series], 1.0);
    let text = samples.keys().cloned().collect::<Vec<_>>().join("\n");
    assert!(!text.contains("hostile") && !text.contains("ERIKSSON"), "a client's text is a label");

    let routing = scrape(&metrics, "/metrics/routing").await;
    assert_eq!(routing[&series], 1.0);
    let loaded = routing.iter().find(|(series, _)| series.starts_with("vllm:num_gpu_loaded"));
    // Types may share an adapter.
    let listed = client.get("/v1/models").await.expect("an answer").body;
    let models = listed["data"].as_array().expect("a list").iter();
    let adapters = models.filter(|model| model["parent"].is_string());
    let adapters = adapters.filter_map(|model| model["root"].as_str()).collect::<BTreeSet<_>>();
    // The base's reader of zones is one more.
    assert_eq!(*loaded.expect("the host tells residency").1, adapters.len() as f64 + 1.0);
    let lists =
        routing.keys().find(|series| series.starts_with("vllm:lora_requests_info{max_lora="));
    let running = lists.and_then(|series| series.split("running_lora_adapters=\"").nth(1));
    let running = running.and_then(|list| list.split('"').next()).expect("a list");
    assert!(running.split(',').any(|name| name == PASSPORT), "it is in memory: {running}");
    assert!(!routing.keys().any(|series| series.starts_with("dossier_requests_total")));
    assert_eq!(metrics.get("/livez").await.expect("an answer").status, 200);
    assert_eq!(
        client.get("/metrics").await.expect("an answer").status,
        404,
        "not on this listener"
    );
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn adapters_that_come_and_go_are_told() {
    let mut config = config(&shipped_root()).expect("a configuration");
    config.metrics.on_listen = true;
    // Room for one adapter or two: each type's document sends another's away.
    config.reader.adapter_memory_bytes = 1_400_000;
    let server = dossier::serve(config).await.expect("starts");
    let client = Client::new(server.address());
    let samples = scrape(&client, "/metrics").await;
    let fit = samples.iter().find(|(series, _)| series.starts_with("vllm:max_gpu_lora_adapters"));
    let fit = *fit.expect("there is a largest").1;
    assert!((1.0..8.0).contains(&fit), "{fit}");
    for document_type in
        [PASSPORT, ID_CARD, "norvaria/id-card/2025", "siamara/id-card/2022", PASSPORT]
    {
        let pages = match samples_of(document_type) {
            Ok(samples) => samples[0].pages.clone(),
            Err(_) => continue,
        };
        let answer = client.extract(document_type, &pages).await.expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let samples = scrape(&client, "/metrics").await;
    let misses = samples[r#"dossier_adapter_leases_total{outcome="miss"}"#];
    let loads = ["load", "activate"].map(|transition| {
        samples[&format!(r#"vllm:lora_adapter_load_seconds_count{{transition="{transition}"}}"#)]
    });
    assert!(misses >= 1.0);
    assert_eq!(loads.iter().sum::<f64>(), misses, "{loads:?}");
    let passport = format!(r#"vllm:lora_adapter_loaded{{adapter_name="{PASSPORT}",level="gpu""#);
    assert!(samples.keys().any(|series| series.starts_with(&passport)), "it was read last");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_listener_wants_its_token_and_tells_of_reloads() {
    let root = TestRoot::with_base().expect("the shipped base");
    let mut guest = Guest::good();
    guest.describes("paper", "1.0.0", &["test/paper/1"]);
    root.add_document_type("test/paper/1", "paper", &guest.component()).expect("is written");
    let data_dir = tempfile::tempdir().expect("a folder");
    let config = platform_config(root.path(), data_dir.path()).expect("a configuration");
    let server = dossier::serve(config).await.expect("starts");
    let address = server.admin_address().expect("listens");
    let plain = Client::new(address);
    assert_eq!(plain.get("/metrics").await.expect("an answer").status, 401);
    let admin = AdminClient::new(address, TOKEN);
    let change = admin.change("paper", "rollback", serde_json::Value::Null).await;
    assert!(change.is_err(), "there is nothing before the first version");
    let text = admin.text("/metrics").await.expect("an answer");
    assert!(text.contains("dossier_reloads_total{outcome=\"refused\"} 1"), "{text}");
    assert!(text.contains("dossier_store_available 1"), "{text}");
    let refused = r#"listener="admin",route="/v1/packages/{name}/rollback",status="4xx""#;
    assert!(text.contains(refused), "{text}");
    let (status, _) = admin.ask(Method::GET, "/v1/packages", Vec::new()).await.expect("an answer");
    assert_eq!(status, 200);
    server.shutdown().await;
}
