//! How a package lies in a registry.
//!
//! A package is an artifact of a media type of its own: its component or weights, its other files
//! and its signature are a layer each. The component lies beside as an artifact of the CNCF's
//! layout for WebAssembly, which allows one layer only, so that other tools find what they know.

use dossier_plugin::{Inspection, PluginError, PluginSettings};
use dossier_store::{Package, PackageDigest, PackageKind};
use oci_client::manifest::{OciDescriptor, OciImageManifest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// An image manifest, of which every artifact is one.
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const PACKAGE_CONFIG: &str = "application/vnd.dossier.package.config.v1+json";
const COMPANIONS: &str = "application/vnd.dossier.package.files.v1+tar";
const SIGNATURE: &str = "application/vnd.dossier.package.signature.v1+json";
const WEIGHTS: &str = "application/vnd.dossier.adapter.weights.v1+safetensors";
/// The CNCF's "Wasm OCI Artifact layout", version 0.
const WASM_CONFIG: &str = "application/vnd.wasm.config.v0+json";
const WASM: &str = "application/wasm";
/// The layout wants a date; one that never changes keeps the digest the same for the same component.
const CREATED: &str = "1970-01-01T00:00:00Z";
/// What annotates a layer with the name of its file.
const TITLE: &str = "org.opencontainers.image.title";

/// Bytes that a registry keeps under their digest.
pub(super) struct Blob {
    media_type: &'static str,
    title: Option<&'static str>,
    pub(super) bytes: Vec<u8>,
}

/// A manifest and the blobs it names, the configuration first.
pub(super) struct Artifact {
    pub(super) manifest: Vec<u8>,
    pub(super) blobs: Vec<Blob>,
}

/// Where the parts of a package lie.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) kind: PackageKind,
    pub(super) config: OciDescriptor,
    pub(super) payload: OciDescriptor,
    pub(super) companions: OciDescriptor,
    pub(super) signature: Option<OciDescriptor>,
}

/// The configuration of a package: the digest that its parts must come to.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackageConfig {
    pub(super) package: PackageDigest,
    kind: String,
}

impl Blob {
    pub(super) fn digest(&self) -> String {
        digest_of(&self.bytes)
    }

    fn descriptor(&self) -> Value {
        let (digest, size) = (self.digest(), self.bytes.len());
        let mut descriptor = json!({"mediaType": self.media_type, "digest": digest, "size": size});
        if let Some(title) = self.title {
            descriptor["annotations"] = json!({TITLE: title});
        }
        descriptor
    }
}

impl Artifact {
    /// A package. The same package makes the same bytes.
    pub(super) fn of_package(package: &Package) -> Self {
        let kind = package.kind();
        let parts = package.to_parts();
        let config = PackageConfig { package: package.digest(), kind: kind.as_str().to_owned() };
        let blob = |media_type, title, bytes| Blob { media_type, title: Some(title), bytes };
        let mut layers = vec![
            blob(payload_type(kind), kind.payload(), parts.payload),
            blob(COMPANIONS, "files.tar", parts.companions),
        ];
        layers.extend(parts.signature.map(|bytes| blob(SIGNATURE, "signature.json", bytes)));
        Self::new(PACKAGE_CONFIG, &json!(config), layers)
    }

    /// The component of rules alone, as the CNCF's layout has it. None of other packages.
    pub(super) fn of_component(package: &Package) -> Result<Option<Self>, PluginError> {
        if package.kind() != PackageKind::Rules {
            return Ok(None);
        }
        let component = package.file(package.kind().payload()).unwrap_or_default().to_vec();
        let told = Inspection::of("component", &component, PluginSettings::COMPONENT_BYTES)?;
        let config = json!({
            "created": CREATED,
            "architecture": "wasm",
            "os": "wasip2",
            "layerDigests": [digest_of(&component)],
            "component": {"exports": told.exports, "imports": told.imports},
        });
        let layer = Blob { media_type: WASM, title: None, bytes: component };
        Ok(Some(Self::new(WASM_CONFIG, &config, vec![layer])))
    }

    fn new(config_type: &'static str, config: &Value, layers: Vec<Blob>) -> Self {
        let bytes = config.to_string().into_bytes();
        let config = Blob { media_type: config_type, title: None, bytes };
        let descriptors = layers.iter().map(Blob::descriptor).collect::<Vec<_>>();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config.descriptor(),
            "layers": descriptors,
        });
        let blobs = std::iter::once(config).chain(layers).collect();
        Self { manifest: manifest.to_string().into_bytes(), blobs }
    }
}

impl Layout {
    /// Finds the parts of a package in a manifest.
    ///
    /// # Errors
    /// What is there instead of a package.
    pub(super) fn read(manifest: &[u8]) -> Result<Self, String> {
        let manifest = serde_json::from_slice::<OciImageManifest>(manifest)
            .map_err(|error| format!("its manifest is not understood: {error}"))?;
        match manifest.config.media_type.as_str() {
            PACKAGE_CONFIG => {}
            WASM_CONFIG => return Err("it is a component alone, without manifest".to_owned()),
            other => return Err(format!("it is an artifact of type `{other}`")),
        }
        let unexpected = || {
            let types = manifest.layers.iter().map(|layer| layer.media_type.as_str());
            format!("its layers are {:?}", types.collect::<Vec<_>>())
        };
        let (payload, companions, signature) = match manifest.layers.as_slice() {
            [payload, companions] => (payload, companions, None),
            [payload, companions, signature] => (payload, companions, Some(signature)),
            _ => return Err(unexpected()),
        };
        let kinds = [PackageKind::Rules, PackageKind::Adapter];
        let kind = kinds.into_iter().find(|kind| payload_type(*kind) == payload.media_type);
        let is_signature = signature.is_none_or(|layer| layer.media_type == SIGNATURE);
        let (Some(kind), true, true) = (kind, companions.media_type == COMPANIONS, is_signature)
        else {
            return Err(unexpected());
        };
        Ok(Self {
            kind,
            config: manifest.config.clone(),
            payload: payload.clone(),
            companions: companions.clone(),
            signature: signature.cloned(),
        })
    }
}

pub(super) fn digest_of(bytes: &[u8]) -> String {
    dossier_document::Digest::from_sha256(Sha256::digest(bytes).into()).to_string()
}

fn payload_type(kind: PackageKind) -> &'static str {
    match kind {
        PackageKind::Rules => WASM,
        PackageKind::Adapter => WEIGHTS,
    }
}

#[cfg(test)]
mod tests;
