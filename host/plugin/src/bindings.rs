//! The types of `wit/v1`, and of what `wit/v1.2` has beyond, generated.
//!
//! They are private to the crate: what leaves it is validated and redacts its `Debug`.

wasmtime::component::bindgen!({
    path: "../../wit/v1",
    world: "rules",
});

pub(crate) use exports::dossier::rules::hooks;

/// The hooks are in it again, under the version of the package; their types are those above.
mod observant {
    wasmtime::component::bindgen!({
        path: "../../wit/v1.2",
        world: "observant-rules",
    });
}

pub(crate) use observant::exports::dossier::rules::evidence;
pub(crate) use observant::exports::dossier::rules::hooks as observed;
