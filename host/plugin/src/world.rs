//! A component linked into the world `dossier:rules/rules`.

use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, Instance, InstancePre, Lift, Linker,
    Lower, TypedFunc,
};
use wasmtime::{Engine, Store};

use crate::bindings::{evidence, hooks};
use crate::sandbox::{Sandbox, WASI_VERSION};
use crate::{Hook, WorldMismatch, inspection};

/// The newest WIT file that this host speaks; what it has of older versions is the same.
const WIT: &str = include_str!("../../../wit/v1.2/rules.wit");
/// Where that file is.
const WIT_FILE: &str = "wit/v1.2/rules.wit";

/// The interface that a component must export; one of a later 1.x is found by this name too.
const HOOKS: &str = "dossier:rules/hooks@1.0.0";
/// The interface that a component with settings exports.
const SETTINGS: &str = "dossier:rules/settings@1.1.0";
/// The interface that a component exports which looks at what the host saw.
const EVIDENCE: &str = "dossier:rules/evidence@1.2.0";
/// The versions of the package that this host speaks.
const SPOKEN: &str = "1.0.0, 1.1.0 and 1.2.0";

/// The parameters of `before`: document type, page count, requested fields, today.
pub(crate) type BeforeParameters<'a> = (&'a str, u32, Option<&'a [String]>, &'a str);
/// The result of `before`.
pub(crate) type BeforeResult = (Result<Vec<hooks::FieldRequest>, hooks::Error>,);
/// The parameters of `after`: document type, readings, today.
pub(crate) type AfterParameters<'a> = (&'a str, &'a [hooks::Reading], &'a str);
/// The result of `after`.
pub(crate) type AfterResult = (Result<hooks::Report, hooks::Error>,);
/// The parameters of `configure`: document type, settings.
pub(crate) type ConfigureParameters<'a> = (&'a str, &'a str);
/// The result of `configure`.
pub(crate) type ConfigureResult = (Result<(), hooks::Error>,);
/// The result of `searches`.
pub(crate) type SearchesResult = (Vec<evidence::Search>,);
/// The parameters of `observe`: document type, what was seen.
pub(crate) type ObserveParameters<'a> = (&'a str, &'a evidence::Observation);

/// A component whose imports are resolved and whose hooks are found, so that a call looks up
/// nothing by name.
pub(crate) struct Rules {
    pub(crate) instance: InstancePre<Sandbox>,
    describe: ComponentExportIndex,
    before: ComponentExportIndex,
    after: ComponentExportIndex,
    /// Of a component that takes settings.
    configure: Option<ComponentExportIndex>,
    /// Of a component that looks at what the host saw.
    evidence: Option<Evidence>,
}

/// The functions of the interface `evidence`.
#[derive(Clone, Copy)]
struct Evidence {
    searches: ComponentExportIndex,
    observe: ComponentExportIndex,
}

/// Whether the component exports the hooks and imports nothing that isn't offered, by their names:
/// what can be told before it is compiled, which takes an interpreter half a minute. Types are compared
/// when it is linked.
pub(crate) fn check_names(bytes: &[u8]) -> Result<(), WorldMismatch> {
    let Some(names) = inspection::Names::of(bytes) else {
        // What can't be decoded here is refused by the compiler, which says why.
        return Ok(());
    };
    if let Some(name) = names.needed_imports.iter().find(|import| !is_offered(import)) {
        let detail = "it is none of the interfaces that this host offers".to_owned();
        return Err(import_mismatch(name, bytes, detail));
    }
    let exported = |interface: &str| {
        let (name, _) = interface.split_once('@').unwrap_or((interface, ""));
        let is_it = |export: &&(String, Vec<String>)| {
            export
                .0
                .split_once('@')
                .is_some_and(|(other, version)| other == name && version.starts_with("1."))
        };
        names.exports.iter().find(is_it)
    };
    let Some((_, functions)) = exported(HOOKS) else {
        return Err(missing_export(HOOKS.to_owned(), "export hooks;", bytes));
    };
    let mut hooks =
        vec![(Hook::Describe, functions), (Hook::Before, functions), (Hook::After, functions)];
    if let Some((_, functions)) = exported(SETTINGS) {
        hooks.push((Hook::Configure, functions));
    }
    if let Some((_, functions)) = exported(EVIDENCE) {
        hooks.extend([(Hook::Searches, functions), (Hook::Observe, functions)]);
    }
    match hooks
        .into_iter()
        .find(|(hook, functions)| !functions.iter().any(|name| name == hook.as_str()))
    {
        Some((hook, _)) => Err(missing_export(export_name(hook), &declaration(hook), bytes)),
        None => Ok(()),
    }
}

impl Rules {
    /// Resolves the imports and finds the hooks. `bytes` are the component's, to explain what is
    /// missing by its own WIT.
    pub(crate) fn link(
        engine: &Engine,
        linker: &Linker<Sandbox>,
        component: &Component,
        bytes: &[u8],
    ) -> Result<Self, WorldMismatch> {
        let instance = linker
            .instantiate_pre(component)
            .map_err(|error| unlinked_import(engine, component, bytes, &error))?;
        let missing = |hook| missing_export(export_name(hook), &declaration(hook), bytes);
        let hooks = component
            .get_export_index(None, HOOKS)
            .ok_or_else(|| missing_export(HOOKS.to_owned(), "export hooks;", bytes))?;
        let function = |interface: &ComponentExportIndex, hook: Hook| {
            component.get_export_index(Some(interface), hook.as_str()).ok_or_else(|| missing(hook))
        };
        let configure = component
            .get_export_index(None, SETTINGS)
            .map(|settings| function(&settings, Hook::Configure))
            .transpose()?;
        let evidence = component
            .get_export_index(None, EVIDENCE)
            .map(|evidence| {
                let searches = function(&evidence, Hook::Searches)?;
                Ok(Evidence { searches, observe: function(&evidence, Hook::Observe)? })
            })
            .transpose()?;
        Ok(Self {
            describe: function(&hooks, Hook::Describe)?,
            before: function(&hooks, Hook::Before)?,
            after: function(&hooks, Hook::After)?,
            configure,
            evidence,
            instance,
        })
    }

    /// Whether the component takes settings.
    pub(crate) fn takes_settings(&self) -> bool {
        self.configure.is_some()
    }

    /// Whether the component looks at what the host saw.
    pub(crate) fn observes(&self) -> bool {
        self.evidence.is_some()
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
        let absent = || missing_export(export_name(hook), &declaration(hook), &[]);
        let index = match hook {
            Hook::Describe => self.describe,
            Hook::Before => self.before,
            Hook::After => self.after,
            Hook::Configure => self.configure.ok_or_else(absent)?,
            Hook::Searches => self.evidence.ok_or_else(absent)?.searches,
            Hook::Observe => self.evidence.ok_or_else(absent)?.observe,
        };
        instance.get_typed_func(store, index).map_err(|error| WorldMismatch::ExportType {
            name: export_name(hook),
            wit: wit_line(&declaration(hook)),
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
        if self.takes_settings() {
            let hook = Hook::Configure;
            self.function::<ConfigureParameters<'_>, ConfigureResult>(hook, store, instance)?;
        }
        if self.observes() {
            self.function::<(), SearchesResult>(Hook::Searches, store, instance)?;
            self.function::<ObserveParameters<'_>, ()>(Hook::Observe, store, instance)?;
        }
        Ok(())
    }
}

fn export_name(hook: Hook) -> String {
    let interface = match hook {
        Hook::Describe | Hook::Before | Hook::After => HOOKS,
        Hook::Configure => SETTINGS,
        Hook::Searches | Hook::Observe => EVIDENCE,
    };
    format!("{interface}#{hook}")
}

/// How the WIT file declares a hook.
fn declaration(hook: Hook) -> String {
    format!("{hook}: func(")
}

/// A line of the host's WIT file, and where it stands.
fn wit_line(declaration: &str) -> String {
    let lines = WIT.lines().zip(1..).map(|(line, number)| (line.trim(), number));
    let found = lines
        .filter(|(line, _)| !line.starts_with("//"))
        .find(|(line, _)| line.starts_with(declaration));
    found.map_or_else(
        || WIT_FILE.to_owned(),
        |(line, number)| format!("{WIT_FILE}:{number}: `{line}`"),
    )
}

fn missing_export(name: String, declaration: &str, bytes: &[u8]) -> WorldMismatch {
    let found = inspection::exports(bytes);
    let of_package = found
        .iter()
        .filter(|export| export.starts_with("dossier:rules/"))
        .map(|export| format!("`{export}`"))
        .collect::<Vec<_>>();
    let exported = if of_package.is_empty() {
        format!(
            "it exports nothing of the package dossier:rules, whose versions {SPOKEN} this host speaks"
        )
    } else {
        let of_package = of_package.join(", ");
        format!("it exports {of_package}, and this host speaks {SPOKEN}")
    };
    WorldMismatch::MissingExport { name, wit: wit_line(declaration), exported }
}

/// Whether the host offers an import: all of WASI 0.2, and nothing else.
pub(crate) fn is_offered(import: &str) -> bool {
    let Some((interface, version)) = import.split_once('@') else { return false };
    const PACKAGES: [&str; 6] = [
        "wasi:cli/",
        "wasi:clocks/",
        "wasi:filesystem/",
        "wasi:io/",
        "wasi:random/",
        "wasi:sockets/",
    ];
    PACKAGES.iter().any(|package| interface.starts_with(package)) && version.starts_with("0.2.")
}

/// wasmtime says in a sentence what doesn't link; the import it speaks of is picked out of it.
fn unlinked_import(
    engine: &Engine,
    component: &Component,
    bytes: &[u8],
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
    import_mismatch(&name, bytes, detail)
}

fn import_mismatch(name: &str, bytes: &[u8], detail: String) -> WorldMismatch {
    let name = name.to_owned();
    let wit = inspection::wit_line(bytes, &name)
        .map_or_else(|| "in no line of its WIT".to_owned(), |line| format!("`{line}`"));
    let offered = if name.starts_with("wasi:") {
        format!(
            "this host offers WASI {WASI_VERSION} (cli, clocks, filesystem, io, random, sockets)"
        )
    } else if name.starts_with("dossier:rules/") {
        format!("this host offers no import of dossier:rules: its versions {SPOKEN} have none")
    } else {
        format!("this host offers nothing but WASI {WASI_VERSION}, with nothing granted")
    };
    WorldMismatch::Import { name, wit, offered, detail }
}
