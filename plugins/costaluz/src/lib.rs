//! The rules of Costaluz, as `document-types.toml` declares them.
#![deny(unsafe_code)]

dossier_rules_sdk::declared_rules! {
    /// The rules of Costaluz, as a component exports them.
    Costaluz
}
