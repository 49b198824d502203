//! `dossier plugin`: rules run on values from a file, and rules built from source.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use dossier_document::{DocumentTypeId, FieldName, FieldText, InvalidFieldName};
use dossier_plugin::{PluginError, readings_from_values};
use serde_json::Value;

use super::run::{UsageError, install_quiet};
use super::{CommandError, PluginBuildArgs, PluginRunArgs, output};
use crate::catalog::is_artifact_name;
use crate::config::{ReaderConfig, defaults};
use crate::reader::{open_rules, rules_engine, rules_file};

mod reproducible;

/// What components of rules are compiled for.
const TARGET: &str = "wasm32-wasip2";

/// Rules can't be run or built.
#[derive(Debug, thiserror::Error)]
pub enum PluginCommandError {
    /// The file of values is no JSON.
    #[error("{}: {source}", file.display())]
    Json {
        /// The file.
        file: PathBuf,
        /// What and where.
        source: serde_json::Error,
    },
    /// The file of values has no object of fields.
    #[error("{}: must be {{\"fields\": {{\"name\": \"raw value\"}}}}", file.display())]
    NoFields {
        /// The file.
        file: PathBuf,
    },
    /// The file of values has a key that nothing here reads.
    #[error("{}: the key `{key}` is unknown", file.display())]
    UnknownKey {
        /// The file.
        file: PathBuf,
        /// The key.
        key: String,
    },
    /// A key of the file of values is no field name.
    #[error("{}: `{key}`: {source}", file.display())]
    FieldName {
        /// The file.
        file: PathBuf,
        /// The key.
        key: String,
        /// Why.
        source: InvalidFieldName,
    },
    /// A value of the file of values is no text.
    #[error("{}: `{key}`: a value is a text", file.display())]
    NotText {
        /// The file.
        file: PathBuf,
        /// The key.
        key: String,
    },
    /// The rules failed.
    #[error(transparent)]
    Rules(#[from] PluginError),
    /// There is no such folder of rules.
    #[error("{}: no rules to build: there is no Cargo.toml", folder.display())]
    NoSource {
        /// The folder.
        folder: PathBuf,
    },
    /// The compiler has no standard library for components.
    #[error("the target {TARGET} is not installed; `rustup target add {TARGET}` installs it")]
    NoTarget,
    /// A tool can't be started.
    #[error("`{tool}` can't be started: {source}")]
    Tool {
        /// The tool.
        tool: String,
        /// Why.
        source: io::Error,
    },
    /// The build failed; cargo has printed why.
    #[error("building the rules `{name}` failed ({status})")]
    Build {
        /// The rules.
        name: String,
        /// How cargo ended.
        status: ExitStatus,
    },
    /// The built component can't be put in place.
    #[error("{}: can't be written: {source}", file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// `dossier plugin run`.
pub(super) async fn run(args: PluginRunArgs) -> Result<(), CommandError> {
    install_quiet(args.telemetry)?;
    let document_type = args
        .document_type
        .parse::<DocumentTypeId>()
        .map_err(|error| CommandError::Usage(UsageError::DocumentType(error)))?;
    let config = ReaderConfig::resolve(args.reader)?;
    let values = read_values(&args.values)?;
    let (name, file) = locate(&config, &args.plugin);
    let engine = rules_engine(&config.rules)?;
    let rules = open_rules(&engine, &name, &file).await?;
    let readings = readings_from_values(values);
    let report = rules
        .after(&document_type, &readings, &config.today())
        .await
        .map_err(PluginCommandError::Rules)?;
    output::report(&report).map_err(CommandError::Output)
}

/// Prebuilt rules by name; anything else is a path.
fn locate(config: &ReaderConfig, plugin: &str) -> (String, PathBuf) {
    if is_artifact_name(plugin) {
        return (plugin.to_owned(), rules_file(config, plugin));
    }
    let file = PathBuf::from(plugin);
    let name = file.file_stem().map_or_else(|| plugin.to_owned(), |s| s.to_string_lossy().into());
    (name, file)
}

fn read_values(file: &Path) -> Result<Vec<(FieldName, FieldText)>, CommandError> {
    let text = std::fs::read_to_string(file)
        .map_err(|source| CommandError::Unreadable { path: file.to_owned(), source })?;
    Ok(parse_values(&text, file)?)
}

/// No error of this quotes a value: it is as personal here as anywhere.
fn parse_values(
    text: &str,
    file: &Path,
) -> Result<Vec<(FieldName, FieldText)>, PluginCommandError> {
    let file = file.to_owned();
    let json = serde_json::from_str::<Value>(text)
        .map_err(|source| PluginCommandError::Json { file: file.clone(), source })?;
    let Value::Object(mut top) = json else {
        return Err(PluginCommandError::NoFields { file });
    };
    let Some(Value::Object(fields)) = top.shift_remove("fields") else {
        return Err(PluginCommandError::NoFields { file });
    };
    if let Some(key) = top.keys().next() {
        return Err(PluginCommandError::UnknownKey { file, key: key.clone() });
    }
    let mut readings = Vec::with_capacity(fields.len());
    for (key, value) in fields {
        let name = key.parse().map_err(|source| {
            let (file, key) = (file.clone(), key.clone());
            PluginCommandError::FieldName { file, key, source }
        })?;
        let Value::String(raw) = value else {
            return Err(PluginCommandError::NotText { file, key });
        };
        readings.push((name, FieldText::new(raw)));
    }
    Ok(readings)
}

/// `dossier plugin build`.
pub(super) fn build(args: PluginBuildArgs) -> Result<(), CommandError> {
    let root = args.data_root.unwrap_or_else(|| PathBuf::from(defaults::DATA_ROOT));
    let plugins = root.join("plugins");
    let names = match args.name {
        Some(name) if plugins.join(&name).join("Cargo.toml").is_file() => vec![name],
        Some(name) => {
            return Err(PluginCommandError::NoSource { folder: plugins.join(name) }.into());
        }
        None => component_crates(&plugins)?,
    };
    require_target()?;
    for name in names {
        let file = build_one(&root, &name)?;
        output::print(&format!("{}\n", file.display())).map_err(CommandError::Output)?;
    }
    Ok(())
}

/// The folders of `plugins/` whose crate is a component: `crate-type` has `cdylib`.
fn component_crates(plugins: &Path) -> Result<Vec<String>, CommandError> {
    let unreadable = |source| CommandError::Unreadable { path: plugins.to_owned(), source };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(plugins).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let Ok(manifest) = std::fs::read_to_string(entry.path().join("Cargo.toml")) else {
            continue;
        };
        let is_component = manifest.parse::<toml::Table>().is_ok_and(|manifest| {
            let crate_type = manifest.get("lib").and_then(|lib| lib.get("crate-type"));
            crate_type
                .and_then(toml::Value::as_array)
                .is_some_and(|types| types.iter().any(|one| one.as_str() == Some("cdylib")))
        });
        if is_component {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Asks the compiler where the target's standard library would be, and looks.
fn require_target() -> Result<(), PluginCommandError> {
    let folder =
        standard_output("RUSTC", "rustc", &["--print", "target-libdir", "--target", TARGET])?;
    // An empty answer is a compiler that does not know the target.
    let folder = folder.trim();
    let has_library = !folder.is_empty() && Path::new(folder).is_dir();
    if has_library { Ok(()) } else { Err(PluginCommandError::NoTarget) }
}

/// What a tool prints; `variable` names another one to use. Nothing if the tool fails.
fn standard_output(
    variable: &str,
    tool: &str,
    arguments: &[&str],
) -> Result<String, PluginCommandError> {
    let tool = std::env::var(variable).unwrap_or_else(|_| tool.to_owned());
    let answer = Command::new(&tool)
        .args(arguments)
        .output()
        .map_err(|source| PluginCommandError::Tool { tool, source })?;
    let printed = String::from_utf8_lossy(&answer.stdout).into_owned();
    Ok(if answer.status.success() { printed } else { String::new() })
}

/// Builds one component and puts it among the prebuilt ones.
fn build_one(root: &Path, name: &str) -> Result<PathBuf, PluginCommandError> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let target_folder = root.join("target").join("components");
    let status = Command::new(&cargo)
        .current_dir(root)
        .envs(reproducible::environment(root)?)
        .args(["build", "--release", "--locked", "--target", TARGET, "--package", name])
        .arg("--target-dir")
        .arg(std::path::absolute(&target_folder).unwrap_or_else(|_| target_folder.clone()))
        .status()
        .map_err(|source| PluginCommandError::Tool { tool: cargo, source })?;
    if !status.success() {
        return Err(PluginCommandError::Build { name: name.to_owned(), status });
    }
    let built =
        target_folder.join(TARGET).join("release").join(format!("{}.wasm", name.replace('-', "_")));
    let file = root.join("plugins").join("prebuilt").join(format!("{name}.wasm"));
    let unwritable = |source| PluginCommandError::Unwritable { file: file.clone(), source };
    std::fs::create_dir_all(root.join("plugins").join("prebuilt")).map_err(unwritable)?;
    std::fs::copy(&built, &file).map_err(unwritable)?;
    Ok(file)
}

#[cfg(test)]
mod tests;
