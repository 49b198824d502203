//! Where rules are: their source, their component, their fixtures.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::PluginCommandError;
use dossier_engine::folders::is_artifact_name;

/// What rules are written in, told by the manifest in their folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Rust,
    Python,
    JavaScript,
}

const MANIFESTS: [(&str, Language); 3] = [
    ("Cargo.toml", Language::Rust),
    ("pyproject.toml", Language::Python),
    ("package.json", Language::JavaScript),
];

/// The source of rules.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) folder: PathBuf,
    pub(super) language: Language,
    /// The name in the manifest.
    pub(super) name: String,
    /// The version in the manifest.
    pub(super) version: String,
}

impl Source {
    /// Reads the manifest of a folder.
    pub(super) fn at(folder: &Path) -> Result<Self, PluginCommandError> {
        let found = MANIFESTS.iter().find(|(file, _)| folder.join(file).is_file());
        let Some((file, language)) = found else {
            return Err(PluginCommandError::NoSource { folder: folder.to_owned() });
        };
        let manifest = folder.join(file);
        let invalid =
            |what: &'static str| PluginCommandError::Manifest { file: manifest.clone(), what };
        let text = std::fs::read_to_string(&manifest).map_err(|_| invalid("it can't be read"))?;
        let (name, version) = match language {
            Language::Rust => of_toml(&text, "package"),
            Language::Python => of_toml(&text, "project"),
            Language::JavaScript => of_json(&text),
        }
        .ok_or_else(|| invalid("it has no name and version"))?;
        if !is_artifact_name(&name) {
            return Err(invalid("its name isn't made of a-z, 0-9 and `-`"));
        }
        Ok(Self { folder: folder.to_owned(), language: *language, name, version })
    }

    /// Where its component is built: rules right below `plugins/` are among the prebuilt ones.
    pub(super) fn component(&self, root: &Path) -> PathBuf {
        let file = format!("{}.wasm", self.name);
        if self.folder.parent() == Some(root.join("plugins").as_path()) {
            root.join("plugins").join("prebuilt").join(file)
        } else {
            self.folder.join("build").join(file)
        }
    }
}

fn of_toml(text: &str, table: &str) -> Option<(String, String)> {
    let manifest = text.parse::<toml::Table>().ok()?;
    let table = manifest.get(table)?.as_table()?;
    let of_key = |key| table.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    Some((of_key("name")?, of_key("version")?))
}

fn of_json(text: &str) -> Option<(String, String)> {
    let manifest = serde_json::from_str::<Value>(text).ok()?;
    let of_key = |key: &str| manifest.get(key).and_then(Value::as_str).map(str::to_owned);
    Some((of_key("name")?, of_key("version")?))
}

/// Rules that a command is given: by name, by folder, or by component.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Located {
    /// The name that errors use.
    pub(super) name: String,
    pub(super) component: PathBuf,
    /// The folder of fixtures, if there is one where it is looked for.
    pub(super) fixtures: Option<PathBuf>,
}

/// A name means rules below `plugins/`, a folder the rules in it; anything else is a component.
pub(super) fn locate(root: &Path, plugin: &str) -> Result<Located, PluginCommandError> {
    let prebuilt = root.join("plugins").join("prebuilt");
    if is_artifact_name(plugin) {
        let (folder, component) =
            (root.join("plugins").join(plugin), prebuilt.join(format!("{plugin}.wasm")));
        if !folder.is_dir() && !component.is_file() {
            return Err(PluginCommandError::NoRules { name: plugin.to_owned() });
        }
        let fixtures = fixtures_of(&folder);
        return Ok(Located { name: plugin.to_owned(), component, fixtures });
    }
    let path = Path::new(plugin.trim_end_matches('/'));
    if path.is_dir() {
        let source = Source::at(path)?;
        let component = source.component(root);
        return Ok(Located { name: source.name, component, fixtures: fixtures_of(path) });
    }
    let name = path.file_stem().map_or_else(|| plugin.to_owned(), |s| s.to_string_lossy().into());
    let fixtures = path.parent().and_then(fixtures_of);
    Ok(Located { name, component: path.to_owned(), fixtures })
}

/// In the folder of the rules, or beside it where several share them.
fn fixtures_of(folder: &Path) -> Option<PathBuf> {
    let beside = folder.parent().map(|parent| parent.join("fixtures"));
    [Some(folder.join("fixtures")), beside].into_iter().flatten().find(|folder| folder.is_dir())
}
