//! The rules of Norvaria, as `document-types.toml` declares them.
#![deny(unsafe_code)]

dossier_rules_sdk::declared_rules! {
    /// The rules of Norvaria, as a component exports them.
    Norvaria
}

#[cfg(test)]
mod tests;
