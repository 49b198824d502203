//! The rules of Hokuto, as `document-types.toml` declares them.
#![deny(unsafe_code)]

dossier_rules_sdk::declared_rules! {
    /// The rules of Hokuto, as a component exports them.
    Hokuto
}
