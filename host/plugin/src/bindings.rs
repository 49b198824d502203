//! The types and functions of `wit/v1`, generated.
//!
//! They are private to the crate: what leaves it is validated and redacts its `Debug`.

wasmtime::component::bindgen!({
    path: "../../wit/v1",
    world: "rules",
    exports: { default: async },
});

pub(crate) use exports::dossier::rules::hooks;

/// The interface that a component must export.
pub(crate) const HOOKS: &str = "dossier:rules/hooks@1.0.0";
