//! The rules of Meridia, as `document-types.toml` declares them; its licences bear AAMVA's barcode.
#![deny(unsafe_code)]

dossier_rules_sdk::observant_declared_rules! {
    /// The rules of Meridia, as a component exports them.
    Meridia
}
