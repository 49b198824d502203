//! What the host has of jobs before a request comes: the store, opened, and the key from outside it.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use dossier_jobs::{EmbeddedStore, Jobs, JobsError, MasterKey, StoreError, VaultError};
use tokio::time::timeout;

use crate::config::{JobsConfig, JobsKey};

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
    /// The store can't be opened.
    #[error("jobs_dir: {0}")]
    Store(#[from] StoreError),
    /// The store can't be used with this key.
    #[error("jobs_dir: {0}")]
    Jobs(#[from] JobsError),
}

/// Opens the store under its key.
///
/// # Errors
/// When there is no key, or the store can't be opened, or not with this key.
pub(crate) async fn open(config: &JobsConfig) -> Result<Arc<Jobs>, JobsStartError> {
    let key = key_of(&config.key).await?;
    let store = Arc::new(EmbeddedStore::open(&config.dir)?);
    Ok(Arc::new(Jobs::open(store, key, config.settings).await?))
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
}
