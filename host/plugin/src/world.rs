//! A component linked into the world `dossier:rules/rules`.

use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, Instance, InstancePre, Lift, Linker,
    Lower, TypedFunc,
};
use wasmtime::{Engine, Store};

use crate::bindings::hooks;
use crate::sandbox::Sandbox;
use crate::{Hook, WorldMismatch};

/// The interface that a component must export.
const HOOKS: &str = "dossier:rules/hooks@1.0.0";

/// The parameters of `before`: document type, page count, requested fields, today.
pub(crate) type BeforeParameters<'a> = (&'a str, u32, Option<&'a [String]>, &'a str);
/// The result of `before`.
pub(crate) type BeforeResult = (Result<Vec<hooks::FieldRequest>, hooks::Error>,);
/// The parameters of `after`: document type, readings, today.
pub(crate) type AfterParameters<'a> = (&'a str, &'a [hooks::Reading], &'a str);
/// The result of `after`.
pub(crate) type AfterResult = (Result<hooks::Report, hooks::Error>,);

/// A component whose imports are resolved and whose hooks are found, so that a call looks up
/// nothing by name.
pub(crate) struct Rules {
    pub(crate) instance: InstancePre<Sandbox>,
    describe: ComponentExportIndex,
    before: ComponentExportIndex,
    after: ComponentExportIndex,
}

impl Rules {
    /// Resolves the imports and finds the hooks.
    pub(crate) fn link(
        engine: &Engine,
        linker: &Linker<Sandbox>,
        component: &Component,
    ) -> Result<Self, WorldMismatch> {
        let instance = linker
            .instantiate_pre(component)
            .map_err(|error| unlinked_import(engine, component, &error))?;
        let interface = component
            .get_export_index(None, HOOKS)
            .ok_or_else(|| WorldMismatch::MissingExport { name: HOOKS.to_owned() })?;
        let index = |hook: Hook| {
            component
                .get_export_index(Some(&interface), hook.as_str())
                .ok_or_else(|| WorldMismatch::MissingExport { name: export_name(hook) })
        };
        Ok(Self {
            describe: index(Hook::Describe)?,
            before: index(Hook::Before)?,
            after: index(Hook::After)?,
            instance,
        })
    }

    /// A hook of an instance as a function of these types.
    pub(crate) fn function<Parameters, Results>(
        &self,
        hook: Hook,
        store: &mut Store<Sandbox>,
        instance: &Instance,
    ) -> Result<TypedFunc<Parameters, Results>, WorldMismatch>
    where
        Parameters: ComponentNamedList + Lower,
        Results: ComponentNamedList + Lift,
    {
        let index = match hook {
            Hook::Describe => self.describe,
            Hook::Before => self.before,
            Hook::After => self.after,
        };
        instance.get_typed_func(store, index).map_err(|error| WorldMismatch::ExportType {
            name: export_name(hook),
            detail: format!("{error:#}"),
        })
    }

    /// Whether the hooks that run later have the types of the WIT file.
    pub(crate) fn check_types(
        &self,
        store: &mut Store<Sandbox>,
        instance: &Instance,
    ) -> Result<(), WorldMismatch> {
        self.function::<BeforeParameters<'_>, BeforeResult>(Hook::Before, store, instance)?;
        self.function::<AfterParameters<'_>, AfterResult>(Hook::After, store, instance)?;
        Ok(())
    }
}

fn export_name(hook: Hook) -> String {
    format!("{HOOKS}#{hook}")
}

/// wasmtime says in a sentence what doesn't link; the import it speaks of is picked out of it.
fn unlinked_import(
    engine: &Engine,
    component: &Component,
    error: &wasmtime::Error,
) -> WorldMismatch {
    let detail = format!("{error:#}");
    let component_type = component.component_type();
    let name = component_type
        .imports(engine)
        .map(|(name, _)| name)
        .find(|name| detail.contains(&format!("`{name}`")))
        .unwrap_or("?")
        .to_owned();
    WorldMismatch::Import { name, detail }
}
