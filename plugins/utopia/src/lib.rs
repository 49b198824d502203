//! The rules of Utopia, as `document-types.toml` declares them.
#![deny(unsafe_code)]

dossier_rules_sdk::declared_rules! {
    /// The rules of Utopia, as a component exports them.
    Utopia
}

#[cfg(test)]
mod tests;
