//! `dossier plugin inspect`: what a component is, without running it.

use std::fmt::Write as _;
use std::path::Path;

use dossier_plugin::{Inspection, PluginSettings};
use serde_json::json;

use super::source::locate;
use super::{CommandError, PluginCommandError, output};
use crate::cli::PluginInspectArgs;

/// `dossier plugin inspect`.
pub(in crate::cli) fn inspect(args: &PluginInspectArgs) -> Result<(), CommandError> {
    let root = args.root.data_root();
    let located = locate(&root, &args.plugin)?;
    let file = located.component;
    let component = std::fs::read(&file)
        .map_err(|source| CommandError::Unreadable { path: file.clone(), source })?;
    let limit = PluginSettings::COMPONENT_BYTES;
    let inspection =
        Inspection::of(&located.name, &component, limit).map_err(PluginCommandError::Rules)?;
    if args.json {
        return output::json(&body(&file, &inspection)).map_err(CommandError::Output);
    }
    output::print(&text(&file, &inspection)).map_err(CommandError::Output)
}

fn body(file: &Path, inspection: &Inspection) -> serde_json::Value {
    let outline = &inspection.outline;
    json!({
        "file": file.display().to_string(),
        "digest": inspection.digest.to_string(),
        "bytes": inspection.bytes,
        "name": inspection.name,
        "version": inspection.version,
        "hooks": inspection.hooks_version,
        "imports": inspection.imports,
        "not_offered": inspection.not_offered,
        "exports": inspection.exports,
        "core_modules": outline.modules,
        "functions": outline.functions,
        "code_bytes": outline.code_bytes,
        "largest_function_bytes": outline.largest_function_bytes,
        "instances": outline.instances,
        "wit": inspection.wit,
    })
}

fn text(file: &Path, inspection: &Inspection) -> String {
    let Inspection { outline, .. } = inspection;
    let unknown = || "not stated".to_owned();
    let hooks = inspection.hooks_version.as_ref().map_or_else(
        || "none: this is no component of rules".to_owned(),
        |version| format!("dossier:rules/hooks@{version}"),
    );
    let rows = [
        ["file".to_owned(), file.display().to_string()],
        ["digest".to_owned(), inspection.digest.to_string()],
        ["size".to_owned(), format!("{} bytes", inspection.bytes)],
        ["name".to_owned(), inspection.name.clone().unwrap_or_else(unknown)],
        ["version".to_owned(), inspection.version.clone().unwrap_or_else(unknown)],
        ["hooks".to_owned(), hooks],
        [
            "code".to_owned(),
            format!(
                "{} functions in {} core modules, {} bytes, the largest {}",
                outline.functions,
                outline.modules,
                outline.code_bytes,
                outline.largest_function_bytes
            ),
        ],
    ];
    let mut text = output::table(["", ""], rows.into_iter()).trim_start().to_owned();
    text += "\nimports\n";
    for import in &inspection.imports {
        let is_offered = !inspection.not_offered.contains(import);
        let note =
            if is_offered { "offered, with nothing granted" } else { "NOT OFFERED by this host" };
        // Writing to a String can't fail.
        let _ = writeln!(text, "  {import}  {note}");
    }
    text += "exports\n";
    text.extend(inspection.exports.iter().map(|export| format!("  {export}\n")));
    text + "\n" + &inspection.wit
}
