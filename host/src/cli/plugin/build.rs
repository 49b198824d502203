//! `dossier plugin build`: components from source in three languages.

use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_encoder::{ComponentNameSection, ComponentSection as _, CustomSection};

use super::source::{Language, Source};
use super::{CommandError, PluginCommandError, output, reproducible};
use crate::cli::PluginBuildArgs;
use dossier_engine::folders::is_artifact_name;

/// What components of rules are compiled for.
pub(super) const TARGET: &str = "wasm32-wasip2";
/// The file that rules in Python and JavaScript start from, without its ending.
const ENTRY: &str = "app";

/// `dossier plugin build`.
pub(in crate::cli) fn build(args: PluginBuildArgs) -> Result<(), CommandError> {
    let root = args.root.data_root();
    let plugins = root.join("plugins");
    let sources = match args.name {
        Some(name) if is_artifact_name(&name) => vec![Source::at(&plugins.join(name))?],
        Some(folder) => vec![Source::at(Path::new(folder.trim_end_matches('/')))?],
        None => component_crates(&plugins)?,
    };
    if sources.iter().any(|source| source.language == Language::Rust) {
        require_target()?;
    }
    for source in sources {
        let file = build_one(&root, &source)?;
        output::print(&format!("{}\n", file.display())).map_err(CommandError::Output)?;
    }
    Ok(())
}

/// The folders of `plugins/` whose crate is a component: `crate-type` has `cdylib`.
fn component_crates(plugins: &Path) -> Result<Vec<Source>, CommandError> {
    let unreadable = |source| CommandError::Unreadable { path: plugins.to_owned(), source };
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(plugins).map_err(unreadable)? {
        let folder = entry.map_err(unreadable)?.path();
        let Ok(manifest) = std::fs::read_to_string(folder.join("Cargo.toml")) else {
            continue;
        };
        let is_component = manifest.parse::<toml::Table>().is_ok_and(|manifest| {
            let crate_type = manifest.get("lib").and_then(|lib| lib.get("crate-type"));
            crate_type
                .and_then(toml::Value::as_array)
                .is_some_and(|types| types.iter().any(|one| one.as_str() == Some("cdylib")))
        });
        if is_component {
            sources.push(Source::at(&folder)?);
        }
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sources)
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
pub(super) fn standard_output(
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

/// Builds one component, writes its name and version into it, and puts it in its place.
fn build_one(root: &Path, source: &Source) -> Result<PathBuf, PluginCommandError> {
    let built = match source.language {
        Language::Rust => build_rust(root, source)?,
        Language::Python => build_python(source)?,
        Language::JavaScript => build_javascript(source)?,
    };
    let file = source.component(root);
    let unwritable = |source| PluginCommandError::Unwritable { file: file.clone(), source };
    let mut component = std::fs::read(&built).map_err(unwritable)?;
    name(&mut component, &source.name, &source.version);
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(unwritable)?;
    }
    std::fs::write(&file, component).map_err(unwritable)?;
    Ok(file)
}

fn build_rust(root: &Path, source: &Source) -> Result<PathBuf, PluginCommandError> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let target_folder = absolute(&root.join("target").join("components"));
    let mut command = Command::new(&cargo);
    command
        .envs(reproducible::environment(root, &source.folder)?)
        .args(["build", "--release", "--target", TARGET, "--package", &source.name])
        .arg("--manifest-path")
        .arg(absolute(&source.folder.join("Cargo.toml")))
        .arg("--target-dir")
        .arg(&target_folder);
    // Rules with a workspace of their own have their first lock file made here.
    let manifest = std::fs::read_to_string(source.folder.join("Cargo.toml")).unwrap_or_default();
    let is_alone =
        manifest.parse::<toml::Table>().is_ok_and(|manifest| manifest.contains_key("workspace"));
    if !is_alone || source.folder.join("Cargo.lock").is_file() {
        command.arg("--locked");
    }
    finish(command, cargo, source)?;
    let file = format!("{}.wasm", source.name.replace('-', "_"));
    Ok(target_folder.join(TARGET).join("release").join(file))
}

/// componentize-py snapshots the interpreter after it has loaded the rules. WASI is left in: rules are
/// granted nothing of it, but the interpreter writes to standard error what was thrown.
fn build_python(source: &Source) -> Result<PathBuf, PluginCommandError> {
    let missing = PluginCommandError::NoTool {
        folder: source.folder.clone(),
        tool: "componentize-py",
        install: "pip install componentize-py==0.25.1",
    };
    let tool = std::env::var("COMPONENTIZE_PY").unwrap_or_else(|_| "componentize-py".to_owned());
    let built = prepare(source, "component.wasm")?;
    let mut command = Command::new(&tool);
    command
        .current_dir(&source.folder)
        // The default is a seed of the day, and the same source must make the same component.
        .env("PYTHONHASHSEED", "0")
        .args(["--wit-path", "build/wit", "--world", "rules", "--quiet", "componentize", ENTRY])
        .args(["--output", "build/component.wasm"]);
    start(command, tool, source, missing)?;
    Ok(built)
}

/// componentize-js snapshots the engine after it has loaded the rules, with no more of WASI than
/// standard error, where it writes what was thrown. It is called as a library: the command line that wraps it, jco, fails on some versions of Node.
fn build_javascript(source: &Source) -> Result<PathBuf, PluginCommandError> {
    const SCRIPT: &str = include_str!("componentize.mjs");
    let missing = |tool| PluginCommandError::NoTool {
        folder: source.folder.clone(),
        tool,
        install: "npm install",
    };
    if !source.folder.join("node_modules/@bytecodealliance/componentize-js").exists() {
        return Err(missing("componentize-js"));
    }
    let built = prepare(source, "component.wasm")?;
    let script = source.folder.join("build/componentize.mjs");
    std::fs::write(&script, SCRIPT)
        .map_err(|source| PluginCommandError::Unwritable { file: script, source })?;
    let tool = std::env::var("NODE").unwrap_or_else(|_| "node".to_owned());
    let mut command = Command::new(&tool);
    command.current_dir(&source.folder).arg("build/componentize.mjs").arg(format!("{ENTRY}.js"));
    start(command, tool, source, missing("node"))?;
    Ok(built)
}

/// Writes the WIT file for the tools that want one, and tells where the component will be.
fn prepare(source: &Source, component: &str) -> Result<PathBuf, PluginCommandError> {
    let build = source.folder.join("build");
    let file = build.join("wit").join("rules.wit");
    let unwritable = |source| PluginCommandError::Unwritable { file: file.clone(), source };
    std::fs::create_dir_all(build.join("wit")).map_err(unwritable)?;
    std::fs::write(&file, dossier_plugin::WIT_V1).map_err(unwritable)?;
    Ok(build.join(component))
}

/// A tool that isn't there is the author's to install; any other failure is told as it is.
fn start(
    command: Command,
    tool: String,
    source: &Source,
    missing: PluginCommandError,
) -> Result<(), PluginCommandError> {
    match finish(command, tool, source) {
        Err(PluginCommandError::Tool { source, .. })
            if source.kind() == std::io::ErrorKind::NotFound =>
        {
            Err(missing)
        }
        result => result,
    }
}

fn finish(mut command: Command, tool: String, source: &Source) -> Result<(), PluginCommandError> {
    let status = command.status().map_err(|source| PluginCommandError::Tool { tool, source })?;
    if status.success() {
        Ok(())
    } else {
        Err(PluginCommandError::Build { name: source.name.clone(), status })
    }
}

/// The sections that tools of the component model read name and version from.
fn name(component: &mut Vec<u8>, name: &str, version: &str) {
    let mut names = ComponentNameSection::new();
    names.component(name);
    names.append_to_component(component);
    let version = CustomSection { name: "version".into(), data: version.as_bytes().into() };
    version.append_to_component(component);
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
