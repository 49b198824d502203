//! Compiled code kept between processes, each file written once.
//!
//! A file is named by the component's digest and by the engine that compiled it, and bears an
//! authentication code over both and the machine code, under a key that only this process's user
//! reads. What does not bear it is never run: see `host/decisions/0010`.

use std::fs;
use std::hash::{Hash as _, Hasher};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use dossier_document::Digest;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

mod native;

/// First bytes of a file: no other format means compiled code.
const HEAD: &[u8] = b"dossier compiled code 1\n";
/// Length of the authentication code that follows.
const TAG_BYTES: usize = 32;
/// Longest file that is read: an interpreter's code is a tenth of that.
const MAX_FILE_BYTES: u64 = 1 << 30;
/// Ending of the files.
const ENDING: &str = "code";

/// Compiled code kept below one folder. One engine uses it, from any thread.
#[derive(Debug)]
pub struct CodeCache {
    folder: PathBuf,
    key: Key,
    taken: AtomicU64,
    compiled: AtomicU64,
    rejected: AtomicU64,
    unwritten: AtomicU64,
    /// Whether what is taken is marked as used, for [`Self::open_shared`].
    marks_use: bool,
}

/// The cache can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CodeCacheError {
    /// The disk refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others could put code of theirs into the folder.
    #[error("{}: others than its owner may change it: chmod 700, or delete it", path.display())]
    NotPrivate {
        /// The folder.
        path: PathBuf,
    },
    /// The key is no key, or is not secret.
    #[error("{}: {reason}", path.display())]
    Key {
        /// The key's file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// Where the code of a plugin came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeOrigin {
    /// It was compiled.
    Compiled,
    /// An earlier compilation was kept.
    Cache,
    /// It was compiled, for what was kept is damaged or not this host's.
    Rejected,
}

/// What became of components since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CodeCounts {
    /// Taken from the cache.
    pub taken: u64,
    /// Compiled, because nothing was kept.
    pub compiled: u64,
    /// Compiled, because what was kept is damaged or not this host's.
    pub rejected: u64,
    /// Compiled, and not kept: the disk refuses.
    pub unwritten: u64,
}

/// The key of the authentication codes. It shows itself nowhere.
struct Key([u8; 32]);

/// The engine's configuration and version, hashed: code runs in an equal engine only.
#[derive(Clone, Copy)]
struct EngineHash([u8; 32]);

impl CodeCache {
    /// Opens the cache below `data_dir`: the folder `compiled`, and the key beside it, made by the
    /// first to open it.
    ///
    /// # Errors
    /// When the disk refuses, or the key's file can be read by others.
    pub fn open(data_dir: &Path) -> Result<Self, CodeCacheError> {
        let folder = data_dir.join("compiled");
        let mut private = fs::DirBuilder::new();
        private.recursive(true).mode(0o700).create(&folder).map_err(at(&folder))?;
        let key = Key::open(data_dir)?;
        let [taken, compiled, rejected, unwritten] = [0; 4].map(AtomicU64::new);
        Ok(Self { folder, key, taken, compiled, rejected, unwritten, marks_use: false })
    }

    /// The same for processes of one user that share it, such as those of a command line: nobody
    /// tells them what is still wanted, so the longest unused goes once there are more than
    /// `most_bytes`.
    ///
    /// # Errors
    /// When the disk refuses, or others than this user may change the folder or read the key.
    pub fn open_shared(folder: &Path, most_bytes: u64) -> Result<Self, CodeCacheError> {
        let mut private = fs::DirBuilder::new();
        private.recursive(true).mode(0o700).create(folder).map_err(at(folder))?;
        let metadata = fs::metadata(folder).map_err(at(folder))?;
        let is_own = metadata.uid() == rustix::process::geteuid().as_raw();
        if !is_own || metadata.permissions().mode() & 0o022 != 0 {
            return Err(CodeCacheError::NotPrivate { path: folder.to_owned() });
        }
        let cache = Self { marks_use: true, ..Self::open(folder)? };
        cache.shrink(most_bytes).map_err(at(&cache.folder))?;
        Ok(cache)
    }

    /// What became of components so far.
    #[must_use]
    pub fn counts(&self) -> CodeCounts {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        CodeCounts {
            taken: read(&self.taken),
            compiled: read(&self.compiled),
            rejected: read(&self.rejected),
            unwritten: read(&self.unwritten),
        }
    }

    /// A component from what is kept of it, if that is this host's and whole; otherwise, how it stands. It
    /// blocks.
    pub(crate) fn kept(&self, engine: &Engine, digest: &Digest) -> Result<Component, CodeOrigin> {
        let hash = EngineHash::of(engine);
        let path = self.folder.join(file_name(digest, hash));
        let kept = read(&path)
            .map(|file| file.and_then(|file| self.open_file(engine, digest, hash, file)));
        match kept {
            Some(Some(component)) => {
                count(&self.taken);
                if self.marks_use {
                    // A wish: without it, this goes before what is used less.
                    let _ =
                        fs::File::open(&path).and_then(|file| file.set_modified(SystemTime::now()));
                }
                Ok(component)
            }
            Some(None) => Err(CodeOrigin::Rejected),
            None => Err(CodeOrigin::Compiled),
        }
    }

    /// A component that is compiled and kept from now on. It blocks.
    pub(crate) fn compile(
        &self,
        engine: &Engine,
        digest: &Digest,
        bytes: &[u8],
        origin: CodeOrigin,
    ) -> wasmtime::Result<Component> {
        let hash = EngineHash::of(engine);
        let path = self.folder.join(file_name(digest, hash));
        let is_rejected = origin == CodeOrigin::Rejected;
        count(if is_rejected { &self.rejected } else { &self.compiled });
        let component = Component::new(engine, bytes)?;
        let is_kept = component
            .serialize()
            .is_ok_and(|code| self.write(&path, digest, hash, &code, is_rejected).is_ok());
        if !is_kept {
            count(&self.unwritten);
        }
        Ok(component)
    }

    /// Both, for tests.
    #[cfg(test)]
    fn component(
        &self,
        engine: &Engine,
        digest: &Digest,
        bytes: &[u8],
    ) -> wasmtime::Result<(Component, CodeOrigin)> {
        match self.kept(engine, digest) {
            Ok(component) => Ok((component, CodeOrigin::Cache)),
            Err(origin) => {
                self.compile(engine, digest, bytes, origin).map(|component| (component, origin))
            }
        }
    }

    /// Deletes what is kept of components that `keep` does not want, or of other engines.
    pub(crate) fn retain(&self, engine: &Engine, keep: impl Fn(&Digest) -> bool) -> io::Result<()> {
        let hash = EngineHash::of(engine);
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let digest = name.get(..64).and_then(|hex| format!("sha256:{hex}").parse().ok());
            let is_wanted = digest
                .is_some_and(|digest: Digest| keep(&digest) && name == file_name(&digest, hash));
            if !is_wanted {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }

    /// Deletes what was used longest ago until at most `most_bytes` are left.
    fn shrink(&self, most_bytes: u64) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            // Another process may have deleted it meanwhile.
            let Ok(metadata) = entry.metadata() else { continue };
            files.push((metadata.modified()?, metadata.len(), entry.path()));
        }
        files.sort();
        let mut bytes = files.iter().map(|(_, bytes, _)| bytes).sum::<u64>();
        for (_, length, path) in files {
            if bytes <= most_bytes {
                break;
            }
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => bytes = bytes.saturating_sub(length),
            }
        }
        Ok(())
    }

    /// None where the bytes are not what this cache wrote for this component and engine.
    fn open_file(
        &self,
        engine: &Engine,
        digest: &Digest,
        hash: EngineHash,
        file: Vec<u8>,
    ) -> Option<Component> {
        let rest = file.strip_prefix(HEAD)?;
        let (tag, code) = rest.split_at_checked(TAG_BYTES)?;
        let code = native::Authenticated::new(self.key.mac(digest, hash), tag, code)?;
        code.into_component(engine).ok()
    }

    fn write(
        &self,
        path: &Path,
        digest: &Digest,
        hash: EngineHash,
        code: &[u8],
        replace: bool,
    ) -> io::Result<()> {
        let tag = self.key.mac(digest, hash).chain_update(code).finalize().into_bytes();
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        for part in [HEAD, tag.as_slice(), code] {
            file.write_all(part)?;
        }
        // Not made durable: what a crash cuts short does not bear its authentication code.
        if replace {
            file.persist(path)?;
            return Ok(());
        }
        match file.persist_noclobber(path) {
            Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
            _ => Ok(()),
        }
    }
}

impl Key {
    fn open(data_dir: &Path) -> Result<Self, CodeCacheError> {
        let path = data_dir.join("compiled.key");
        if !path.exists() {
            Self::make(data_dir, &path)?;
        }
        let wrong = |reason| CodeCacheError::Key { path: path.clone(), reason };
        let file = fs::File::open(&path).map_err(at(&path))?;
        let mode = file.metadata().map_err(at(&path))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(wrong(
                "others than its owner may read or write it: chmod 600, or delete it",
            ));
        }
        let mut bytes = Vec::new();
        file.take(33).read_to_end(&mut bytes).map_err(at(&path))?;
        let key = bytes.try_into().map_err(|_| wrong("it is no key of 32 bytes: delete it"))?;
        Ok(Self(key))
    }

    /// Whole or not at all, and readable by its owner alone from the first byte on.
    fn make(data_dir: &Path, path: &Path) -> Result<(), CodeCacheError> {
        let mut key = [0; 32];
        let no_randomness = |_| CodeCacheError::Key {
            path: path.to_owned(),
            reason: "the operating system gives no random numbers for it",
        };
        getrandom::fill(&mut key).map_err(no_randomness)?;
        let mut file = tempfile::NamedTempFile::new_in(data_dir).map_err(at(data_dir))?;
        file.write_all(&key).and_then(|()| file.as_file().sync_all()).map_err(at(path))?;
        match file.persist_noclobber(path) {
            Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => {
                Err(at(path)(error.error))
            }
            _ => Ok(()),
        }
    }

    /// Over everything that makes code usable for one purpose only; the code itself is to follow.
    fn mac(&self, digest: &Digest, hash: EngineHash) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of HMAC has any length");
        mac.chain_update(HEAD).chain_update(digest.to_bytes()).chain_update(hash.0)
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl EngineHash {
    fn of(engine: &Engine) -> Self {
        /// Everything that is hashed, through SHA-256: a `u64` would collide.
        struct Sink(Sha256);
        impl Hasher for Sink {
            fn write(&mut self, bytes: &[u8]) {
                self.0.update(bytes);
            }
            fn finish(&self) -> u64 {
                0
            }
        }
        let mut sink = Sink(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut sink);
        Self(sink.0.finalize().into())
    }
}

/// None if there is no file; no bytes if there is one that can't be read.
fn read(path: &Path) -> Option<Option<Vec<u8>>> {
    let read = || {
        let file = fs::File::open(path)?;
        let mut bytes = Vec::new();
        file.take(MAX_FILE_BYTES).read_to_end(&mut bytes)?;
        Ok::<_, io::Error>(bytes)
    };
    match read() {
        Ok(bytes) => Some(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(_) => Some(None),
    }
}

fn file_name(digest: &Digest, hash: EngineHash) -> String {
    let hash = Digest::from_sha256(hash.0).to_string();
    let hex = |digest: String| digest.trim_start_matches("sha256:").to_owned();
    format!("{}-{}.{ENDING}", hex(digest.to_string()), &hex(hash)[..16])
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> CodeCacheError + '_ {
    move |source| CodeCacheError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
