//! Engines of rules under the limits of the settings, and components from files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dossier_plugin::{CodeCache, Plugin, PluginEngine, PluginSettings};

use crate::error::EngineError;
use crate::folders::FolderError;
use crate::settings::{ReaderSettings, RulesLimits};

/// An engine under the limits of the settings.
///
/// # Errors
/// When the machine can't give what the engine needs.
pub(crate) fn serving_engine(
    limits: &RulesLimits,
    code: Option<CodeCache>,
) -> Result<PluginEngine, EngineError> {
    engine(limits.plugin_settings(), code)
}

/// The same for the author's own commands: whoever builds rules with a Python interpreter in them
/// waits for their compilation, on a busy machine too.
///
/// # Errors
/// When the machine can't give what the engine needs.
pub fn author_engine(
    limits: &RulesLimits,
    code: Option<CodeCache>,
) -> Result<PluginEngine, EngineError> {
    const COMPILE_TIMEOUT: Duration = Duration::from_secs(900);
    let settings = PluginSettings {
        compile_timeout: COMPILE_TIMEOUT,
        explains: true,
        ..limits.plugin_settings()
    };
    engine(settings, code)
}

fn engine(settings: PluginSettings, code: Option<CodeCache>) -> Result<PluginEngine, EngineError> {
    match code {
        Some(code) => PluginEngine::with_code_cache(settings, code),
        None => PluginEngine::new(settings),
    }
    .map_err(EngineError::RulesEngine)
}

/// The file of the rules of this name.
#[must_use]
pub fn rules_file(settings: &ReaderSettings, name: &str) -> PathBuf {
    settings.prebuilt_rules().join(format!("{name}.wasm"))
}

/// Reads a component.
///
/// # Errors
/// When it can't be read.
pub fn read_component(file: &Path) -> Result<Vec<u8>, EngineError> {
    let unreadable = |source| FolderError::Unreadable { path: file.to_owned(), source };
    Ok(std::fs::read(file).map_err(unreadable)?)
}

/// Reads and compiles a component.
///
/// # Errors
/// When it can't be read, or is no component of rules.
pub async fn open_rules(
    engine: &PluginEngine,
    name: &str,
    file: &Path,
) -> Result<Plugin, EngineError> {
    compile(engine, name, file, read_component(file)?).await
}

/// Compiles the component that was read from a file.
///
/// # Errors
/// When it is no component of rules.
pub(crate) async fn compile(
    engine: &PluginEngine,
    name: &str,
    file: &Path,
    component: Vec<u8>,
) -> Result<Plugin, EngineError> {
    let refused =
        |source| EngineError::ComponentFile { file: file.to_owned(), source: Box::new(source) };
    engine.compile(name, component).await.map_err(refused)
}
