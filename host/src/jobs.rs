//! What the host has of jobs before a request comes: the store, opened, and the key from outside it.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use dossier_jobs::{
    EmbeddedStore, InvalidNats, InvalidPostgres, JobStore, Jobs, JobsError, MasterKey,
    NatsSettings, NatsWaker, PostgresSettings, PostgresStore, StoreError, VaultError,
};
use tokio::time::timeout;

use crate::config::{JobsConfig, JobsKey, JobsStore, NatsConfig, ServerFiles};
use crate::server_files::{FileUnread, read_bytes, read_text};

/// How long a command has to print the key.
const COMMAND_TIME: Duration = Duration::from_secs(30);

/// Jobs can't be taken. No text of it holds anything of a key.
#[derive(Debug, thiserror::Error)]
pub enum JobsStartError {
    /// The file of the key can't be read.
    #[error("jobs_key_file: {}: can't be read: {source}", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is printed or written is no key.
    #[error("{key}: {source}")]
    Key {
        /// Where the key was to be.
        key: &'static str,
        /// What is wrong.
        source: VaultError,
    },
    /// The command does not print a key.
    #[error("jobs_key_command: `{program}`: {reason}")]
    Command {
        /// The program.
        program: String,
        /// What it did.
        reason: String,
    },
    /// A file that says how a server is reached can't be read.
    #[error(transparent)]
    File(#[from] FileUnread),
    /// What it says of the database is refused.
    #[error("{key}: {source}")]
    Postgres {
        /// The key at fault.
        key: &'static str,
        /// Why.
        source: InvalidPostgres,
    },
    /// What it says of NATS is refused.
    #[error("{key}: {source}")]
    Nats {
        /// The key at fault.
        key: &'static str,
        /// Why.
        source: InvalidNats,
    },
    /// The store can't be opened.
    #[error("{key}: {source}")]
    Store {
        /// The key that names the store.
        key: &'static str,
        /// Why.
        source: StoreError,
    },
    /// The store can't be used with this key.
    #[error("{key}: {source}")]
    Jobs {
        /// The key that names the store.
        key: &'static str,
        /// Why.
        source: JobsError,
    },
}

/// Opens the store under its key.
///
/// # Errors
/// When there is no key, or the store can't be opened, or not with this key.
pub(crate) async fn open(config: &JobsConfig) -> Result<Arc<Jobs>, JobsStartError> {
    let master = key_of(&config.key).await?;
    let (key, opened, nats) = match &config.store {
        JobsStore::Folder(dir) => {
            let opened = EmbeddedStore::open(dir);
            ("jobs_dir", opened.map(|store| Arc::new(store) as Arc<dyn JobStore>), None)
        }
        JobsStore::Postgres { server, connections, nats } => {
            let settings = postgres_settings(server, *connections)?;
            let opened = PostgresStore::open(settings).await;
            let opened = opened.map(|store| Arc::new(store) as Arc<dyn JobStore>);
            (POSTGRES_KEYS.0, opened, nats.as_ref())
        }
    };
    let store = opened.map_err(|source| JobsStartError::Store { key, source })?;
    let waker = match nats {
        None => None,
        Some(nats) => {
            let started = NatsWaker::start(nats_settings(nats)?).await;
            Some(started.map_err(|source| JobsStartError::Nats { key: NATS_KEYS.0, source })?)
        }
    };
    let jobs = Jobs::open(store, master, config.settings).await;
    let jobs = jobs.map_err(|source| JobsStartError::Jobs { key, source })?;
    Ok(Arc::new(match waker {
        Some(waker) => jobs.woken_by(Arc::new(waker)),
        None => jobs,
    }))
}

/// The keys of a database's URL and of the certificates it is checked by.
const POSTGRES_KEYS: (&str, &str) = ("jobs_postgres_file", "jobs_postgres_ca");
/// The same of NATS.
const NATS_KEYS: (&str, &str) = ("jobs_nats_file", "jobs_nats_ca");

/// How the database is reached, by its files.
///
/// # Errors
/// When one can't be read, or what it says is refused.
pub(crate) fn postgres_settings(
    server: &ServerFiles,
    connections: usize,
) -> Result<PostgresSettings, JobsStartError> {
    let (url, authorities) = read_files(server, POSTGRES_KEYS)?;
    PostgresSettings::new(url.trim(), authorities.as_deref(), connections).map_err(|source| {
        let key = match source {
            InvalidPostgres::Authorities(_) => POSTGRES_KEYS.1,
            _ => POSTGRES_KEYS.0,
        };
        JobsStartError::Postgres { key, source }
    })
}

/// How NATS is reached, by its files.
///
/// # Errors
/// As [`postgres_settings`].
pub(crate) fn nats_settings(nats: &NatsConfig) -> Result<NatsSettings, JobsStartError> {
    let (urls, authorities) = read_files(&nats.server, NATS_KEYS)?;
    NatsSettings::new(urls.trim(), authorities.as_deref(), &nats.stream).map_err(|source| {
        let key = match source {
            InvalidNats::Authorities(_) => NATS_KEYS.1,
            InvalidNats::Name => "jobs_nats_stream",
            InvalidNats::Address => NATS_KEYS.0,
        };
        JobsStartError::Nats { key, source }
    })
}

/// The URL of a server, and the certificates of those who vouch for it.
fn read_files(
    files: &ServerFiles,
    (url, authorities): (&'static str, &'static str),
) -> Result<(String, Option<Vec<u8>>), JobsStartError> {
    let text = read_text(url, &files.url)?;
    let pem = files.authorities.as_ref().map(|path| read_bytes(authorities, path));
    Ok((text, pem.transpose()?))
}

/// The key, from where it is.
///
/// # Errors
/// When there is none.
pub(crate) async fn key_of(key: &JobsKey) -> Result<MasterKey, JobsStartError> {
    let (text, key) = match key {
        JobsKey::File(path) => {
            let read = |path: &PathBuf| {
                let mut text = String::new();
                let longest = MasterKey::MAX_TEXT_BYTES as u64;
                File::open(path)?.take(longest).read_to_string(&mut text)?;
                Ok(text)
            };
            let text = read(path)
                .map_err(|source| JobsStartError::KeyFile { path: path.clone(), source })?;
            (text, "jobs_key_file")
        }
        JobsKey::Command(words) => (printed(words).await?, "jobs_key_command"),
    };
    MasterKey::from_text(&text).map_err(|source| JobsStartError::Key { key, source })
}

async fn printed(words: &[String]) -> Result<String, JobsStartError> {
    let program = words.first().map(String::as_str).unwrap_or_default();
    let failed = |reason: String| JobsStartError::Command { program: program.to_owned(), reason };
    let mut command = std::process::Command::new(program);
    command.args(words.iter().skip(1)).stdin(Stdio::null()).stderr(Stdio::inherit());
    let mut child = command.stdout(Stdio::piped()).spawn();
    let child = child.as_mut().map_err(|error| failed(format!("does not start: {error}")))?;
    let Some(output) = child.stdout.take() else { return Err(failed("prints nothing".to_owned())) };
    let reading = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        output.take(MasterKey::MAX_TEXT_BYTES as u64).read_to_string(&mut text).map(|_| text)
    });
    let read = timeout(COMMAND_TIME, reading).await;
    if read.is_err() {
        // It may have ended meanwhile.
        let _ = child.kill();
    }
    let ended = child.wait().map_err(|error| failed(error.to_string()))?;
    let read = read.map_err(|_| failed(format!("prints no key within {COMMAND_TIME:?}")))?;
    let text = read.map_err(|_| failed("prints no text".to_owned()))?;
    let text = text.map_err(|_| failed("prints no text".to_owned()))?;
    match ended.success() {
        true => Ok(text),
        false => Err(failed(format!("ended with {ended}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    fn command(words: &[&str]) -> JobsKey {
        JobsKey::Command(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[tokio::test]
    async fn a_key_comes_from_a_file_or_a_command_and_is_told_nowhere() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("key");
        let of = JobsKey::File(file.clone());
        let told = key_of(&of).await.expect_err("there is no file").to_string();
        assert!(told.starts_with("jobs_key_file: ") && told.contains("can't be read"), "{told}");
        std::fs::write(&file, format!("{KEY}x\n")).expect("written");
        let told = key_of(&of).await.expect_err("no key").to_string();
        assert!(told.starts_with("jobs_key_file: a key is") && !told.contains(KEY), "{told}");
        std::fs::write(&file, format!("{KEY}\n")).expect("written");
        key_of(&of).await.expect("a key");

        key_of(&command(&["echo", KEY])).await.expect("a key");
        for (words, what) in [
            (&["no-such-program-here"][..], "does not start"),
            (&["false"], "ended with"),
            (&["echo", "nonsense"], "a key is 64"),
        ] {
            let told = key_of(&command(words)).await.expect_err(what).to_string();
            assert!(told.starts_with("jobs_key_command: ") && told.contains(what), "{told}");
        }
    }

    #[test]
    fn what_says_how_servers_are_reached_is_told_by_its_key_and_no_password_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            path
        };
        let of = |url: PathBuf, authorities| ServerFiles { url, authorities };
        let good = path("url", "postgres://clerk:hunter2@db.example/jobs?sslmode=disable\n");
        postgres_settings(&of(good.clone(), None), 16).expect("a URL");
        let bad = path("bad", "hunter2");
        let empty = path("empty", "");
        let encrypted = path("tls", "postgres://clerk:hunter2@db.example/jobs");
        let missing = folder.path().join("missing");
        for (files, key) in [
            (of(missing.clone(), None), "jobs_postgres_file: "),
            (of(bad.clone(), None), "jobs_postgres_file: the address"),
            (of(encrypted, Some(empty.clone())), "jobs_postgres_ca: "),
            (of(good, Some(missing)), "jobs_postgres_ca: "),
        ] {
            let told = postgres_settings(&files, 16).map(drop).expect_err(key).to_string();
            assert!(told.starts_with(key) && !told.contains("hunter2"), "{told}");
        }
        let nats = |url: PathBuf, stream: &str| {
            nats_settings(&NatsConfig { server: of(url, None), stream: stream.to_owned() })
        };
        let url = path("nats", "nats://token:hunter2@127.0.0.1:4222, nats://127.0.0.1:4223");
        nats(url.clone(), "JOBS").map(drop).expect("URLs");
        for (refused, key) in
            [(nats(bad, "JOBS"), "jobs_nats_file: "), (nats(url, "a b"), "jobs_nats_stream: ")]
        {
            let told = refused.map(drop).expect_err(key).to_string();
            assert!(told.starts_with(key) && !told.contains("hunter2"), "{told}");
        }
    }
}
