//! The rules of Anatolis, as `document-types.toml` declares them.
#![deny(unsafe_code)]

dossier_rules_sdk::declared_rules! {
    /// The rules of Anatolis, as a component exports them.
    Anatolis
}
