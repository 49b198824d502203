//! The rules of Kumasia, as `document-types.toml` declares them.
#![deny(unsafe_code)]

dossier_rules_sdk::declared_rules! {
    /// The rules of Kumasia, as a component exports them.
    Kumasia
}
