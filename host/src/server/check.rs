//! What a configuration names, looked at as the start does and without a port, a lock or a model: files of
//! tokens, certificates and keys, and folders.

use std::io;
use std::path::Path;

use dossier_engine::folders::{FolderError, Manifest, only_base};
use dossier_engine::has_catalogue;

use super::{JwtVerifier, KeySource, tls};
use crate::auth::token_file::ClientTokens;
use crate::config::{Config, JobsConfig, JobsKey, JobsStore, JwtConfig, TlsConfig};
use crate::jobs::{key_of, nats_settings, postgres_settings};
use crate::reloaded::FileError;
use crate::sharing;

/// A key whose value was looked at.
#[derive(Debug)]
pub(crate) struct Checked {
    /// The key, as the file names it.
    pub(crate) key: &'static str,
    /// What came of it.
    pub(crate) outcome: Outcome,
}

/// What came of a look.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The start takes it.
    Passed,
    /// The start refuses it, for this reason.
    Failed(String),
    /// Only the start can tell, for this reason.
    NotPerformed(&'static str),
}

/// Looks at everything that a configuration names.
pub(crate) async fn check(config: &Config) -> Vec<Checked> {
    let mut checked = Vec::new();
    if let Some(path) = &config.access.tokens_file {
        checked.push(Checked::of("tokens_file", ClientTokens::load(path)));
    }
    if let Some(jwt) = &config.access.jwt {
        checked.push(check_keys(jwt).await);
    }
    let listeners = [
        (&config.tls, ["tls_certificate", "tls_key", "tls_client_ca"]),
        (&config.admin_tls, ["admin_tls_certificate", "admin_tls_key", "admin_tls_client_ca"]),
    ];
    for (tls, keys) in listeners {
        if let Some(tls) = tls {
            checked.push(check_tls(tls, keys));
        }
    }
    if config.access.audit_file.is_some() {
        let reason = "the start opens it, and makes it where it is not there";
        checked.push(Checked { key: "audit_file", outcome: Outcome::NotPerformed(reason) });
    }
    if config.traces.is_some() {
        let reason = "nobody asks the collector before there are traces";
        checked.push(Checked { key: "traces_endpoint", outcome: Outcome::NotPerformed(reason) });
    }
    if let Some(sharing) = &config.sharing {
        let settings = sharing::postgres_settings(&sharing.server);
        checked.push(Checked::of("catalogue_postgres_file", settings));
        checked.push(Checked::of("catalogue_artifacts", sharing::artifacts_of(sharing)));
    }
    if let Some(jobs) = &config.jobs {
        checked.extend(check_jobs(jobs).await);
    }
    checked.push(check_data_root(config));
    if let Some(data_dir) = config.platform.as_ref().and_then(|platform| platform.data_dir.as_ref())
    {
        checked.push(Checked {
            key: "data_dir",
            outcome: outcome_of_folder(data_dir, CATALOGUE_OPENED),
        });
    }
    checked
}

impl Checked {
    fn of<T, E: ToString>(key: &'static str, result: Result<T, E>) -> Self {
        let outcome = match result {
            Ok(_) => Outcome::Passed,
            Err(error) => Outcome::Failed(error.to_string()),
        };
        Self { key, outcome }
    }
}

/// The store is not opened: that would take its lock from the host that may run on it, or make it.
async fn check_jobs(config: &JobsConfig) -> Vec<Checked> {
    let key = match &config.key {
        JobsKey::File(_) => Checked::of("jobs_key_file", key_of(&config.key).await),
        JobsKey::Command(_) => {
            let outcome = Outcome::NotPerformed("the start runs the command");
            Checked { key: "jobs_key_command", outcome }
        }
    };
    let mut checked = vec![key];
    match &config.store {
        JobsStore::Folder(dir) => {
            let outcome = outcome_of_folder(dir, JOBS_OPENED);
            checked.push(Checked { key: "jobs_dir", outcome });
        }
        JobsStore::Postgres { server, connections, nats } => {
            let settings = postgres_settings(server, *connections);
            checked.push(Checked::of("jobs_postgres_file", settings));
            let nats = nats.as_ref().map(nats_settings);
            checked.extend(nats.map(|settings| Checked::of("jobs_nats_file", settings)));
        }
    }
    checked
}

const JOBS_OPENED: &str = "it is a folder; the start opens the jobs in it";

async fn check_keys(config: &JwtConfig) -> Checked {
    let key = "jwt_keys";
    if config.is_address() {
        let reason = "the start asks the address";
        return Checked { key, outcome: Outcome::NotPerformed(reason) };
    }
    let opened = KeySource::open(config).await;
    Checked::of(key, opened.map(|keys| JwtVerifier::new(config, keys)))
}

/// The listener's files belong together; what is wrong is told by the key of the file that it is in.
fn check_tls(config: &TlsConfig, [certificate, key, client_ca]: [&'static str; 3]) -> Checked {
    let loaded = tls::load(config);
    let at_fault = loaded.as_ref().err().map(FileError::path);
    let name = match at_fault {
        Some(path) if path == config.key => key,
        Some(path) if Some(path) == config.client_ca.as_deref() => client_ca,
        _ => certificate,
    };
    Checked::of(name, loaded)
}

/// The manifests of the document types: what else stands there takes as long as the start to look at.
fn check_data_root(config: &Config) -> Checked {
    let data_dir = config.platform.as_ref().and_then(|platform| platform.data_dir.as_deref());
    if data_dir.is_some_and(has_catalogue) {
        let reason = "what serves stands in the data directory";
        return Checked { key: "data_root", outcome: Outcome::NotPerformed(reason) };
    }
    let adapters = config.reader.adapters();
    let found = Manifest::find_all(&adapters);
    Checked::of("data_root", found.and_then(|found| base_of(&adapters, &found)))
}

fn base_of(adapters: &Path, manifests: &[Manifest]) -> Result<(), FolderError> {
    let base = adapters.join("base").join(only_base(adapters, manifests)?);
    let listed = std::fs::read_dir(&base).map(drop);
    listed.map_err(|source| FolderError::Unreadable { path: base, source })
}

const CATALOGUE_OPENED: &str = "it is a folder; the start opens the catalogue in it";

/// It is not opened: that would take its lock from the host that may run on it, and bring it up to this
/// program's format.
fn outcome_of_folder(data_dir: &Path, opened: &'static str) -> Outcome {
    match std::fs::metadata(data_dir) {
        Ok(metadata) if metadata.is_dir() => Outcome::NotPerformed(opened),
        Ok(_) => Outcome::Failed(format!("{}: is no folder", data_dir.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Outcome::NotPerformed("the start makes it")
        }
        Err(error) => Outcome::Failed(format!("{}: can't be read: {error}", data_dir.display())),
    }
}
