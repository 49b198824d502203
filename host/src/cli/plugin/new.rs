//! `dossier plugin new`: rules of one's own, begun from an example that works.

use std::path::Path;

use super::{CommandError, PluginCommandError, output};
use crate::cli::{PluginNewArgs, TemplateLanguage};
use dossier_engine::folders::is_artifact_name;

/// Includes a file of the example.
macro_rules! example {
    ($path:literal) => {
        include_str!(concat!("../../../../plugins/examples/residence-permit/", $path))
    };
}

const RUST: &[(&str, &str)] =
    &[("Cargo.toml", example!("rust/Cargo.toml")), ("src/lib.rs", example!("rust/src/lib.rs"))];
const PYTHON: &[(&str, &str)] =
    &[("pyproject.toml", example!("python/pyproject.toml")), ("app.py", example!("python/app.py"))];
const JAVASCRIPT: &[(&str, &str)] = &[
    ("package.json", example!("javascript/package.json")),
    ("app.js", example!("javascript/app.js")),
];
const FIXTURES: &[(&str, &str)] = &[
    ("fixtures/good.json", example!("fixtures/good.json")),
    ("fixtures/expired.json", example!("fixtures/expired.json")),
    ("fixtures/forged.json", example!("fixtures/forged.json")),
];
const IGNORED: &str = "build/\nnode_modules/\ntarget/\n__pycache__/\n";

/// `dossier plugin new`.
pub(in crate::cli) fn new(args: &PluginNewArgs) -> Result<(), CommandError> {
    let starts_with_letter = args.name.starts_with(|c: char| c.is_ascii_lowercase());
    if !is_artifact_name(&args.name) || !starts_with_letter {
        return Err(PluginCommandError::Name { name: args.name.clone() }.into());
    }
    let root = args.root.data_root();
    let folder = root.join("plugins").join(&args.name);
    if folder.exists() {
        return Err(PluginCommandError::Exists { folder }.into());
    }
    let (files, tools) = match args.language {
        TemplateLanguage::Rust => (RUST, "rustup target add wasm32-wasip2"),
        TemplateLanguage::Python => (PYTHON, "pip install componentize-py==0.25.1"),
        TemplateLanguage::Javascript => (JAVASCRIPT, "npm install, in that folder"),
    };
    for (path, text) in files.iter().chain(FIXTURES) {
        write(&folder.join(path), &renamed(text, &args.name))?;
    }
    write(&folder.join(".gitignore"), IGNORED)?;
    let name = &args.name;
    let next = format!(
        "{}\n\nOnce:  {tools}\nThen:  dossier plugin build {name}\n       dossier plugin test {name}\n",
        folder.display()
    );
    output::print(&next).map_err(CommandError::Output)
}

/// The example's text under another name. The helpers of Rust stand beside the new folder.
fn renamed(text: &str, name: &str) -> String {
    text.replace("utopia/residence-permit/2025", &format!("{name}/residence-permit/2025"))
        .replace("\"residence-permit\"", &format!("\"{name}\""))
        .replace("../../../sdk", "../sdk")
}

fn write(file: &Path, text: &str) -> Result<(), PluginCommandError> {
    let unwritable = |source| PluginCommandError::Unwritable { file: file.to_owned(), source };
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(unwritable)?;
    }
    std::fs::write(file, text).map_err(unwritable)
}
