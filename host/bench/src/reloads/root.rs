//! The host that is measured: its folder of artifacts and its configuration.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use dossier::config::{
    AdminConfig, CompileLimits, Config, HttpArgs, PlatformArgs, PlatformConfig, ServeArgs, Token,
};
use dossier_engine::CompileProbe;
use dossier_engine::folders::{Manifest, only_base};
use dossier_engine::settings::{Publisher, PublisherLimits, ReaderSettings};
use dossier_store::Scope;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::marked::{Marked, document_type, rules_name};
use super::{ReloadBenchError, TOKEN};

pub(super) const NOBODY_ELSE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A root of artifacts: the base, and document types that share the first adapter there is.
pub(super) fn write_root(
    reader: &ReaderSettings,
    marked: &Marked,
    root: &Path,
    plugins: u32,
) -> Result<(), ReloadBenchError> {
    let manifests = Manifest::find_all(&reader.adapters())?;
    let base_name = only_base(&reader.adapters(), &manifests)?;
    let base = Path::new("base").join(base_name);
    copy_files(&reader.adapters().join(&base), &root.join("adapters").join(&base))?;
    for plugin in 0..plugins {
        let (id, rules) = (document_type(plugin), rules_name(plugin));
        let folder = root.join("adapters").join(&id);
        copy_files(&manifests[0].folder, &folder)?;
        let manifest = json!({
            "document_type": id, "title": id, "pages": 1, "base": base_name, "rules": rules,
        });
        write(&folder.join("document-type.json"), manifest.to_string().as_bytes())?;
        let component = root.join("plugins/prebuilt").join(format!("{rules}.wasm"));
        write(&component, &marked.component(plugin, 1))?;
    }
    Ok(())
}

pub(super) fn configuration(
    reader: &ReaderSettings,
    folder: &Path,
    program: Option<PathBuf>,
) -> Result<Config, ReloadBenchError> {
    let everything = |pattern: &str| pattern.parse().into_iter().collect::<Vec<_>>();
    let scope = Scope { document_types: everything("*"), plugins: everything("*") };
    let publisher = Publisher { name: "bench".to_owned(), scope };
    let token = Token { sha256: Sha256::digest(TOKEN).into(), publisher };
    let defaults = PlatformArgs::default();
    let mut platform = PlatformConfig {
        data_dir: Some(folder.join("data")),
        admin: Some(AdminConfig { listen: NOBODY_ELSE, tokens: vec![token] }),
        signing_keys: Vec::new(),
        dev: true,
        watch: None,
        canary: defaults.canary(),
        probe: None,
        compile: defaults.compile_limits(),
        package_grace: Duration::MAX,
        prune_at_start: false,
        // One publisher does here what a thousand do.
        publisher: PublisherLimits { changes_a_minute: 1_000_000, ..PublisherLimits::default() },
        older_versions: true,
        revoked: BTreeSet::new(),
    };
    let CompileLimits { memory_bytes, timeout } = platform.compile;
    platform.probe = program.map(|program| CompileProbe {
        program,
        command: &["compile"],
        memory_bytes,
        timeout,
    });
    let http = HttpArgs { listen: Some(NOBODY_ELSE), ..HttpArgs::default() };
    let args = ServeArgs { http, ..ServeArgs::default() };
    let (config, _telemetry) = Config::resolve(args)?;
    let reader = ReaderSettings { data_root: folder.to_owned(), ..reader.clone() };
    Ok(Config { reader, platform: Some(platform), ..config })
}

fn copy_files(from: &Path, to: &Path) -> Result<(), ReloadBenchError> {
    for entry in std::fs::read_dir(from).map_err(at(from))? {
        let file = entry.map_err(at(from))?.path();
        if let (true, Some(name)) = (file.is_file(), file.file_name()) {
            write(&to.join(name), &read(&file)?)?;
        }
    }
    Ok(())
}

pub(super) fn read(file: &Path) -> Result<Vec<u8>, ReloadBenchError> {
    std::fs::read(file).map_err(at(file))
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), ReloadBenchError> {
    let folder = file.parent().unwrap_or(file);
    std::fs::create_dir_all(folder).map_err(at(folder))?;
    std::fs::write(file, bytes).map_err(at(file))
}

pub(super) fn at(path: &Path) -> impl FnOnce(std::io::Error) -> ReloadBenchError + '_ {
    move |source| ReloadBenchError::File { path: path.to_owned(), source }
}
