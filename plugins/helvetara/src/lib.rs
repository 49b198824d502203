//! The rules of Helvetara, as `document-types.toml` declares them.
#![deny(unsafe_code)]

dossier_rules_sdk::declared_rules! {
    /// The rules of Helvetara, as a component exports them.
    Helvetara
}

#[cfg(test)]
mod tests;
