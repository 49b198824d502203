//! Packages as artifacts, and artifacts that are no package.

use std::collections::BTreeMap;

use dossier_store::SecretKey;

use super::*;

fn package(files: &[(&str, &[u8])]) -> Package {
    let files = files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec()));
    Package::new(files.collect::<BTreeMap<_, _>>()).expect("a package")
}

fn rules() -> Package {
    let component =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/prebuilt/noop.wasm"));
    let component = component.expect("is shipped");
    package(&[("plugin.json", b"{}"), ("component.wasm", &component), ("fixtures/a.json", b"{}")])
}

fn json_of(artifact: &Artifact) -> Value {
    serde_json::from_slice(&artifact.manifest).expect("JSON")
}

#[test]
fn a_package_is_found_again_in_its_own_artifact() {
    let mut package = rules();
    for layers in [2, 3] {
        let artifact = Artifact::of_package(&package);
        assert_eq!(artifact.manifest, Artifact::of_package(&package).manifest);
        let layout = Layout::read(&artifact.manifest).expect("a package");
        assert_eq!((layout.kind, layout.signature.is_some()), (PackageKind::Rules, layers == 3));
        assert_eq!(json_of(&artifact)["layers"].as_array().map(Vec::len), Some(layers));
        let digests = artifact.blobs.iter().map(Blob::digest).collect::<Vec<_>>();
        assert_eq!(layout.config.digest, digests[0]);
        assert_eq!(layout.payload.digest, digests[1]);
        package.sign(&SecretKey::from_seed([7; 32]));
    }
    let adapter = self::package(&[
        ("document-type.json", b"{}"),
        ("adapter_config.json", b"{}"),
        ("adapter_model.safetensors", b"weights"),
    ]);
    let layout = Layout::read(&Artifact::of_package(&adapter).manifest).expect("a package");
    assert_eq!(layout.kind, PackageKind::Adapter);
    assert!(Artifact::of_component(&adapter).expect("no component").is_none());
}

/// The CNCF's "Wasm OCI Artifact layout": one layer, and a configuration that lists it.
#[test]
fn a_component_lies_beside_as_other_tools_expect_it() {
    let package = rules();
    let artifact = Artifact::of_component(&package).expect("a component").expect("of rules");
    let manifest = json_of(&artifact);
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.wasm.config.v0+json");
    assert_eq!(manifest["layers"].as_array().map(Vec::len), Some(1));
    assert_eq!(manifest["layers"][0]["mediaType"], "application/wasm");
    let config = serde_json::from_slice::<Value>(&artifact.blobs[0].bytes).expect("JSON");
    assert_eq!(config["layerDigests"], json!([manifest["layers"][0]["digest"]]));
    assert_eq!((&config["architecture"], &config["os"]), (&json!("wasm"), &json!("wasip2")));
    assert_eq!(config["component"]["exports"], json!(["dossier:rules/hooks@1.0.0"]));
    // The package shares its bytes.
    let shared = json_of(&Artifact::of_package(&package))["layers"][0]["digest"].clone();
    assert_eq!(shared, manifest["layers"][0]["digest"]);
    let what = Layout::read(&artifact.manifest).expect_err("no package");
    assert!(what.contains("a component alone"), "{what}");

    let broken = self::package(&[("plugin.json", b"{}"), ("component.wasm", b"\0asm")]);
    assert!(Artifact::of_component(&broken).is_err());
}

#[test]
fn what_is_no_package_is_told() {
    let good = json_of(&Artifact::of_package(&rules()));
    let layer = |number: usize| good["layers"][number].clone();
    for (pointer, value, expected) in [
        ("/config/mediaType", json!("application/vnd.oci.image.config.v1+json"), "image.config"),
        ("/layers", json!([layer(0)]), "application/wasm"),
        ("/layers", json!([layer(1), layer(0)]), "layers"),
        ("/layers", json!([layer(0), layer(1), layer(1)]), "layers"),
        ("/layers", json!([layer(0), layer(1), layer(1), layer(1)]), "layers"),
        ("/layers/1/mediaType", json!("text/plain"), "text/plain"),
        ("/layers/0/size", json!("large"), "not understood"),
    ] {
        let mut manifest = good.clone();
        *manifest.pointer_mut(pointer).expect("is there") = value;
        let what = Layout::read(manifest.to_string().as_bytes()).expect_err(pointer);
        assert!(what.contains(expected), "{pointer}: {what}");
    }
    assert!(Layout::read(b"no JSON").is_err());
}
