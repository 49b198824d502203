//! A data directory as one archive, and back: what serves, its history and settings, and every package.
//!
//! The archive is tar, in this order: `backup.json`, which says what follows; `catalogue.redb`, copied in one
//! transaction; and `packages/<digest>.tar`, each as it would be published. Packages never change, so what is
//! copied after the catalogue is what it names. Compiled code is not in it: it bears this host's own secret,
//! and is made again.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::catalogue::FORMAT;
use crate::digest::to_hex;
use crate::{
    ArtifactError, ArtifactStore, Catalogue, CatalogueError, PackageDigest, PackageError,
    SigningError,
};

mod restore;
pub use restore::{Restored, restore};

/// The format of archives written here.
const ARCHIVE_FORMAT: u64 = 1;
const MANIFEST: &str = "backup.json";
const CATALOGUE: &str = "catalogue.redb";
const PACKAGES: &str = "packages/";

/// A backup that is about to be written: the catalogue is copied, and what is published from now on is not in
/// it. Dropped, the copy is gone.
#[derive(Debug)]
pub struct Backup {
    artifacts: ArtifactStore,
    scratch: TempDir,
    packages: Vec<PackageDigest>,
    generation: u64,
}

/// `backup.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: u64,
    catalogue_format: u64,
    /// The SHA-256 of the catalogue.
    catalogue_sha256: String,
    generation: u64,
    packages: u64,
}

/// A backup can't be written or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file or folder can't be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The archive can't be written, or is cut off.
    #[error("the archive: {0}")]
    Archive(#[from] io::Error),
    /// The archive is not what a backup is.
    #[error("the archive: `{name}`: {reason}")]
    Damaged {
        /// What of it.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A package of the archive is none.
    #[error("the archive: `{name}`: {source}")]
    Package {
        /// Its name in the archive.
        name: String,
        /// What is wrong with it.
        source: PackageError,
    },
    /// A package of the archive bears a signature of other files.
    #[error("the archive: `{name}`: {source}")]
    Signature {
        /// Its name in the archive.
        name: String,
        /// What is wrong with it.
        source: SigningError,
    },
    /// The archive was written by a later version of the program.
    #[error(
        "the archive has format {found}, this program reads format {ARCHIVE_FORMAT}: restore it with \
         the program that wrote it, or a later one"
    )]
    Format {
        /// The format found.
        found: u64,
    },
    /// Something is there already.
    #[error("{}: is not empty: a backup is restored into a folder of its own", folder.display())]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
    },
    /// The catalogue can't be copied or is none.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A package can't be read or stored.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
}

impl Backup {
    /// Copies the catalogue as it is now, beside whoever writes to it.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn begin(catalogue: &Catalogue, artifacts: &ArtifactStore) -> Result<Self, BackupError> {
        let scratch = artifacts.scratch()?;
        catalogue.copy_to(&scratch.path().join(CATALOGUE))?;
        // Of the copy: what comes meanwhile is in neither.
        let copied = Catalogue::open(&scratch.path().join(CATALOGUE))?;
        let packages = copied.versions()?.iter().map(|version| version.package).collect();
        let generation = copied.current()?.map_or(0, |generation| generation.number);
        Ok(Self { artifacts: artifacts.clone(), scratch, packages, generation })
    }

    /// The generation that serves at the first start on it.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// How many packages are in it.
    #[must_use]
    pub fn packages(&self) -> usize {
        self.packages.len()
    }

    /// Writes the archive.
    ///
    /// # Errors
    /// When it can't be written; when a package is damaged, or was pruned meanwhile. What was written by then
    /// is no backup: it has fewer packages than it says.
    pub fn write(self, into: impl Write) -> Result<(), BackupError> {
        let path = self.scratch.path().join(CATALOGUE);
        let unreadable = |source| BackupError::Io { path: path.clone(), source };
        let mut digest = Sha256::new();
        io::copy(&mut File::open(&path).map_err(unreadable)?, &mut digest).map_err(unreadable)?;
        let manifest = Manifest {
            format: ARCHIVE_FORMAT,
            catalogue_format: FORMAT,
            catalogue_sha256: to_hex(&digest.finalize()),
            generation: self.generation,
            packages: self.packages.len() as u64,
        };
        let mut archive = tar::Builder::new(into);
        let manifest = serde_json::to_vec_pretty(&manifest).map_err(io::Error::from)?;
        append(&mut archive, MANIFEST, manifest.len() as u64, manifest.as_slice())?;
        let catalogue = File::open(&path).map_err(unreadable)?;
        let length = catalogue.metadata().map_err(unreadable)?.len();
        append(&mut archive, CATALOGUE, length, catalogue.take(length))?;
        for package in &self.packages {
            let bytes = self.artifacts.read(package)?.to_tar();
            append(&mut archive, &name_of(package), bytes.len() as u64, bytes.as_slice())?;
        }
        Ok(archive.into_inner()?.flush()?)
    }
}

fn append(
    archive: &mut tar::Builder<impl Write>,
    name: &str,
    length: u64,
    content: impl Read,
) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(length);
    header.set_mode(0o600);
    header.set_mtime(0);
    archive.append_data(&mut header, name, content)
}

fn name_of(package: &PackageDigest) -> String {
    format!("{PACKAGES}{}.tar", package.hex())
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> BackupError + '_ {
    move |source| BackupError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
