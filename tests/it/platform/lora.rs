//! Adapters as controllers for vLLM load and unload them.

use dossier_tests::{AdminClient, TestRoot, bad_images};
use image::ImageFormat;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Host, PAPER, adapter_package};

async fn post(admin: &AdminClient, path: &str, body: Value) -> (u16, String) {
    admin.ask_text(Method::POST, path, body.to_string().into_bytes()).await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_adapter_is_loaded_and_its_memory_freed() {
    let host = Host::start().await;
    let manifest = json!({"document_type": PAPER, "title": "Another paper", "pages": 1,
                          "base": TestRoot::BASE, "rules": "paper"});
    let manifest = manifest.to_string();
    let package =
        adapter_package(PAPER, TestRoot::BASE, &[("document-type.json", manifest.as_bytes())]);
    let published = host.admin.publish(&package).await.expect("a good package");

    let load = json!({"lora_name": PAPER, "lora_path": published.package});
    let (status, told) = post(&host.admin, "/v1/load_lora_adapter", load.clone()).await;
    assert_eq!(
        (status, told.as_str()),
        (200, "Success: LoRA adapter 'test/paper/1' added successfully.")
    );
    let active = host.admin.status(PAPER).await.expect("a status");
    assert_eq!(active["active"], published.package.as_str());
    let generation = active["generation"].clone();
    let by_alias =
        json!({"lora_name": "test.paper.1", "lora_path": published.package, "load_inplace": true});
    assert_eq!(post(&host.admin, "/v1/load_lora_adapter", by_alias).await.0, 200);
    // As AIBrix names objects, and artifacts.
    let of_aibrix =
        json!({"lora_name": "test-paper-1", "lora_path": format!("/{}", published.package)});
    let (status, told) = post(&host.admin, "/v1/load_lora_adapter", of_aibrix).await;
    assert_eq!(status, 200, "{told}");
    let again = host.admin.status(PAPER).await.expect("a status");
    assert_eq!(again["generation"], generation, "what serves already is not changed");

    let page = bad_images::blank(64, 48, ImageFormat::Png);
    let read = host.client.extract(PAPER, std::slice::from_ref(&page)).await.expect("an answer");
    assert_eq!(read.status, 200, "{}", read.text);
    let unload = json!({"lora_name": PAPER});
    let (status, told) = post(&host.admin, "/v1/unload_lora_adapter", unload).await;
    assert_eq!(
        (status, told.as_str()),
        (200, "Success: LoRA adapter 'test/paper/1' removed successfully.")
    );
    let loaded = async || {
        let text = host.admin.text("/metrics").await.expect("an answer");
        text.contains("vllm:lora_adapter_loaded{adapter_name=\"test/paper/1\",level=\"gpu\"")
    };
    assert!(!loaded().await);
    let read = host.client.extract(PAPER, &[page]).await.expect("an answer");
    assert_eq!(read.status, 200, "it is loaded again: {}", read.text);
    assert!(loaded().await);
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_fetched_and_nothing_unknown_is_loaded() {
    let host = Host::start().await;
    let digest = format!("sha256:{}", "7f".repeat(32));
    for (path, body, wanted) in [
        (
            "/v1/load_lora_adapter",
            json!({"lora_name": PAPER, "lora_path": "s3://bucket/adapter"}),
            400,
        ),
        ("/v1/load_lora_adapter", json!({"lora_name": PAPER, "lora_path": digest}), 404),
        ("/v1/load_lora_adapter", json!({"lora_name": "no name", "lora_path": digest}), 404),
        ("/v1/load_lora_adapter", json!({"lora_name": PAPER, "lora_path": digest, "x": 1}), 400),
        ("/v1/load_lora_adapter", json!({"lora_name": "no-paper-1", "lora_path": digest}), 404),
        ("/v1/unload_lora_adapter", json!({"lora_name": "test/other/1"}), 404),
        ("/v1/unload_lora_adapter", json!({}), 400),
    ] {
        let (status, told) = post(&host.admin, path, body.clone()).await;
        assert_eq!(status, wanted, "{path} {body}: {told}");
    }
    host.end().await;
}
