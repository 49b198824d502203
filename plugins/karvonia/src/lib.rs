//! The rules of Karvonia, as `document-types.toml` declares them.
#![deny(unsafe_code)]

dossier_rules_sdk::declared_rules! {
    /// The rules of Karvonia, as a component exports them.
    Karvonia
}
