//! The rules of Veligrad, as `document-types.toml` declares them.
#![deny(unsafe_code)]

dossier_rules_sdk::declared_rules! {
    /// The rules of Veligrad, as a component exports them.
    Veligrad
}
