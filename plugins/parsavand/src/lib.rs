//! The rules of Parsavand, as `document-types.toml` declares them.
#![deny(unsafe_code)]

dossier_rules_sdk::declared_rules! {
    /// The rules of Parsavand, as a component exports them.
    Parsavand
}
