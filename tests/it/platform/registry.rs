//! Packages by way of a registry that is honest, and of one that is not.

use std::fs;
use std::path::Path;

use dossier_store::{Package, SecretKey};
use dossier_tests::TestRegistry;
use serde_json::{Value, json};

use super::command_line::{path, run_package, text};
use super::{Host, package, version_of};

/// A signed package in a file.
fn signed(folder: &Path, number: u32) -> (Package, std::path::PathBuf) {
    let mut package = package(number);
    package.sign(&SecretKey::from_seed([7; 32]));
    let file = folder.join(format!("{number}.tar"));
    fs::write(&file, package.to_tar()).expect("written");
    (package, file)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_goes_by_way_of_a_registry_into_a_host() {
    let (host, registry) = (Host::start().await, TestRegistry::start().await.expect("listens"));
    let folder = tempfile::tempdir().expect("a folder");
    let (package, file) = signed(folder.path(), 2);
    let reference = registry.reference("test/paper:2");
    let pushed =
        text(&run_package(&host, &["push", path(&file), &reference, "--plain-http"]).await);
    assert!(pushed.contains(&package.digest().to_string()), "{pushed}");
    let again = text(&run_package(&host, &["push", path(&file), &reference, "--plain-http"]).await);
    assert_eq!(pushed, again, "the same package is the same artifact");

    let pulled = folder.path().join("pulled.tar");
    let pull = ["pull", &reference, "--output", path(&pulled), "--plain-http"];
    assert_eq!(text(&run_package(&host, &pull).await).trim(), package.digest().to_string());
    assert_eq!(fs::read(&pulled).expect("written"), package.to_tar());

    let remote = format!("oci://{reference}");
    let verified = text(&run_package(&host, &["verify", &remote, "--plain-http"]).await);
    assert!(verified.contains("ed25519:"), "{verified}");
    let publish = ["publish", &remote, "--plain-http", "--activate"];
    text(&run_package(&host, &publish).await);
    assert_eq!(version_of(&host.read().await).0, 2);

    // What the registry has is what was signed, however it is named.
    let manifest = registry.manifest("test/paper:2").expect("is there");
    let manifest = serde_json::from_slice::<Value>(&manifest).expect("JSON");
    let types = manifest["layers"].as_array().expect("layers").iter();
    let types = types.map(|layer| layer["mediaType"].as_str().expect("a type"));
    assert_eq!(
        types.collect::<Vec<_>>(),
        [
            "application/wasm",
            "application/vnd.dossier.package.files.v1+tar",
            "application/vnd.dossier.package.signature.v1+json",
        ]
    );
    let component = registry.manifest("test/paper:2-component").expect("lies beside");
    let component = serde_json::from_slice::<Value>(&component).expect("JSON");
    assert_eq!(component["layers"][0]["digest"], manifest["layers"][0]["digest"]);
    assert_eq!(component["config"]["mediaType"], "application/vnd.wasm.config.v0+json");
    host.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_registry_made_up_is_refused() {
    let (host, registry) = (Host::start().await, TestRegistry::start().await.expect("listens"));
    let folder = tempfile::tempdir().expect("a folder");
    let (_, file) = signed(folder.path(), 2);
    let push = ["push", path(&file), &registry.reference("test/paper:2"), "--plain-http"];
    text(&run_package(&host, &push).await);
    let good = registry.manifest("test/paper:2").expect("is there");
    let good = serde_json::from_slice::<Value>(&good).expect("JSON");
    let layer = |number: usize| {
        let digest = good["layers"][number]["digest"].as_str().expect("a digest").to_owned();
        let bytes = registry.blob(&digest).expect("is there");
        (digest, bytes)
    };
    let publish = async |name: &str| {
        let reference = format!("oci://{}", registry.reference(name));
        let output = run_package(&host, &["publish", &reference, "--plain-http"]).await;
        assert!(!output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };

    // The manifest lies about a layer.
    let _ = registry.take_fetched();
    for (name, pointer, value, told, is_fetched) in [
        ("test/paper:huge", "/layers/0/size", json!(1_u64 << 40), "are more than", false),
        ("test/paper:negative", "/layers/0/size", json!(-1), "are more than", false),
        ("test/paper:short", "/layers/0/size", json!(10), "has not the 10 bytes", true),
        ("test/paper:long", "/layers/0/size", json!(1_000_000), "has not the 1000000 bytes", true),
        ("test/paper:config", "/config/size", json!(1 << 20), "has not the 1048576 bytes", false),
        ("test/paper:type", "/layers/0/mediaType", json!("text/plain"), "no package", false),
        ("test/paper:many", "/layers", json!(vec![&good["layers"][0]; 4]), "no package", false),
    ] {
        let mut manifest = good.clone();
        *manifest.pointer_mut(pointer).expect("is there") = value;
        registry.set_manifest(name, manifest.to_string().into_bytes());
        let error = publish(name).await;
        assert!(error.contains(told), "{name}: {error}");
        let fetched = registry.take_fetched();
        assert_eq!(fetched.contains(&layer(0).0), is_fetched, "{name}: {fetched:?}");
    }

    // The layers are other bytes, or those of another package.
    let (digest, bytes) = layer(0);
    let mut changed = bytes.clone();
    changed[100] ^= 1;
    registry.set_blob(&digest, changed);
    let error = publish("test/paper:2").await;
    assert!(error.contains("igest"), "{error}");
    registry.set_blob(&digest, bytes);
    let (_, other) = signed(folder.path(), 3);
    let push = ["push", path(&other), &registry.reference("test/paper:3"), "--plain-http"];
    text(&run_package(&host, &push).await);
    let third = registry.manifest("test/paper:3").expect("is there");
    let third = serde_json::from_slice::<Value>(&third).expect("JSON");
    let mut mixed = good.clone();
    mixed["layers"][0] = third["layers"][0].clone();
    registry.set_manifest("test/paper:mixed", mixed.to_string().into_bytes());
    let error = publish("test/paper:mixed").await;
    assert!(error.contains("says it is the package"), "{error}");

    // Named by a digest, nothing else will do.
    registry
        .set_manifest(&format!("test/paper@sha256:{}", "0".repeat(64)), third.to_string().into());
    let error = publish(&format!("test/paper@sha256:{}", "0".repeat(64))).await;
    assert!(error.contains("igest"), "{error}");
    let error = publish("test/paper:nowhere").await;
    assert!(error.contains("test/paper:nowhere"), "{error}");
    let status = host.admin.status("paper").await.expect("a status");
    assert_eq!(status["versions"].as_array().map(Vec::len), Some(1), "nothing came through");
    host.end().await;
}
