//! The types of `wit/v1`, generated.
//!
//! They are private to the crate: what leaves it is validated and redacts its `Debug`.

wasmtime::component::bindgen!({
    path: "../../wit/v1",
    world: "rules",
});

pub(crate) use exports::dossier::rules::hooks;
