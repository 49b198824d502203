//! The rules of Siamara, as `document-types.toml` declares them.
#![deny(unsafe_code)]

dossier_rules_sdk::declared_rules! {
    /// The rules of Siamara, as a component exports them.
    Siamara
}
