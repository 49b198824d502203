//! Packages on disk: named by their digest, written once, never changed.
//!
//! `packages/<digest>/` holds the files of a package. A package is written below `incoming/`, made
//! durable, and then renamed into place: after a crash it is there whole or not at all. Taken away,
//! it goes the same way back.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::{Package, PackageDigest, PackageError};

/// The packages below one folder. Clones share nothing but the folder; any thread may use one.
#[derive(Clone, Debug)]
pub struct ArtifactStore {
    packages: PathBuf,
    incoming: PathBuf,
    durability: Durability,
}

/// Whether what is written must outlive a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Durability {
    Kept,
    /// The folder ends with the process.
    Temporary,
}

/// A package on disk, as the folder tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredPackage {
    /// Its digest, by the name of its folder.
    pub package: PackageDigest,
    /// Bytes of its files together.
    pub bytes: u64,
    /// When it was stored.
    pub stored_at: SystemTime,
}

/// A package can't be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// The disk refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no such package.
    #[error("there is no package {digest}")]
    Missing {
        /// Its digest.
        digest: PackageDigest,
    },
    /// What is stored is no package any more.
    #[error("the stored package {digest} is damaged: {source}")]
    Damaged {
        /// Its digest.
        digest: PackageDigest,
        /// What is wrong.
        source: PackageError,
    },
    /// What is stored is another package than the name says: somebody changed a file.
    #[error("the stored package {digest} was changed: its files are {found}")]
    Changed {
        /// The digest it was stored under.
        digest: PackageDigest,
        /// The digest of what is there now.
        found: PackageDigest,
    },
}

impl ArtifactError {
    /// Whether the disk is why: what was asked for may be asked again once it has space, or is mended.
    #[must_use]
    pub fn is_of_the_disk(&self) -> bool {
        matches!(self, Self::Io { .. })
    }
}

impl ArtifactStore {
    /// Opens the packages below `data_dir`, and clears what a crash left half-written.
    ///
    /// Only one process may have a data directory open; the catalogue beside holds the lock.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn open(data_dir: &Path) -> Result<Self, ArtifactError> {
        Self::open_as(data_dir, Durability::Kept)
    }

    /// The same in a folder that ends with the process: nothing waits for the disk.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn open_temporary(folder: &Path) -> Result<Self, ArtifactError> {
        Self::open_as(folder, Durability::Temporary)
    }

    fn open_as(data_dir: &Path, durability: Durability) -> Result<Self, ArtifactError> {
        let (packages, incoming) = (data_dir.join("packages"), data_dir.join("incoming"));
        let store = Self { packages, incoming, durability };
        if store.incoming.exists() {
            fs::remove_dir_all(&store.incoming).map_err(at(&store.incoming))?;
        }
        for folder in [&store.packages, &store.incoming] {
            make_private(folder)?;
        }
        store.sync_folder(data_dir)?;
        Ok(store)
    }

    /// How many packages are in a data directory that nobody has opened.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn packages_below(data_dir: &Path) -> Result<usize, ArtifactError> {
        let packages = data_dir.join("packages");
        match fs::read_dir(&packages) {
            Ok(entries) => Ok(entries.count()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(source) => Err(at(&packages)(source)),
        }
    }

    /// Stores a package; one that is there already is left as it is.
    ///
    /// # Errors
    /// When the disk refuses; nothing is left in place then.
    pub fn put(&self, package: &Package) -> Result<PackageDigest, ArtifactError> {
        let digest = package.digest();
        let place = self.folder(&digest);
        if place.exists() {
            return Ok(digest);
        }
        let folder = tempfile::tempdir_in(&self.incoming).map_err(at(&self.incoming))?;
        let signature = package.signature_file();
        let signature = signature.iter().map(|(name, content)| (*name, content.as_slice()));
        for (name, content) in package.files().chain(signature) {
            self.write(&folder.path().join(name), content)?;
        }
        let fixtures = folder.path().join("fixtures");
        if fixtures.exists() {
            self.sync_folder(&fixtures)?;
        }
        self.sync_folder(folder.path())?;
        match fs::rename(folder.path(), &place) {
            Ok(()) => {
                // It is in place now: there is nothing left to clean up.
                let _ = folder.keep();
            }
            // Somebody stored the same files meanwhile.
            Err(_) if place.exists() => {}
            Err(source) => return Err(at(&place)(source)),
        }
        self.sync_folder(&self.packages)?;
        Ok(digest)
    }

    /// Reads a package and checks that it is still the one that was stored.
    ///
    /// # Errors
    /// When it is missing, or was damaged or changed.
    pub fn read(&self, digest: &PackageDigest) -> Result<Package, ArtifactError> {
        let folder = self.folder(digest);
        if !folder.is_dir() {
            return Err(ArtifactError::Missing { digest: *digest });
        }
        let package = Package::from_folder(&folder)
            .map_err(|source| ArtifactError::Damaged { digest: *digest, source })?;
        let found = package.digest();
        if found != *digest {
            return Err(ArtifactError::Changed { digest: *digest, found });
        }
        Ok(package)
    }

    /// Bytes of a package's files; 0 if it is not stored.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn bytes(&self, digest: &PackageDigest) -> Result<u64, ArtifactError> {
        let folder = self.folder(digest);
        if folder.is_dir() { bytes_below(&folder) } else { Ok(0) }
    }

    /// A file for an archive that is being sent. It is gone when it is dropped, or with the process.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn begin_upload(&self) -> Result<tempfile::NamedTempFile, ArtifactError> {
        tempfile::NamedTempFile::new_in(&self.incoming).map_err(at(&self.incoming))
    }

    /// A folder for what is in the making. It is gone when it is dropped, or with the next
    /// [`ArtifactStore::open`].
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn scratch(&self) -> Result<tempfile::TempDir, ArtifactError> {
        tempfile::tempdir_in(&self.incoming).map_err(at(&self.incoming))
    }

    /// Every package on disk, by digest, whether or not anybody published it.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn stored(&self) -> Result<Vec<StoredPackage>, ArtifactError> {
        let mut stored = Vec::new();
        for entry in fs::read_dir(&self.packages).map_err(at(&self.packages))? {
            let folder = entry.map_err(at(&self.packages))?.path();
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            // Whatever else somebody put there is not this store's to tell of.
            let Ok(package) = format!("sha256:{name}").parse::<PackageDigest>() else { continue };
            let metadata = fs::metadata(&folder).map_err(at(&folder))?;
            let stored_at = metadata.modified().map_err(at(&folder))?;
            stored.push(StoredPackage { package, bytes: bytes_below(&folder)?, stored_at });
        }
        stored.sort_by_key(|stored| stored.package);
        Ok(stored)
    }

    /// Takes a package away. It is out of the way at once, and off the disk after: what a crash
    /// leaves of it is cleared by the next [`ArtifactStore::open`]. One that is not there is no error.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn remove(&self, digest: &PackageDigest) -> Result<(), ArtifactError> {
        let place = self.folder(digest);
        let grave = tempfile::tempdir_in(&self.incoming).map_err(at(&self.incoming))?;
        match fs::rename(&place, grave.path().join("package")) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(at(&place)(source)),
        }
        self.sync_folder(&self.packages)?;
        let path = grave.path().to_owned();
        grave.close().map_err(at(&path))
    }

    /// The folder that holds a package's files, if it is stored.
    #[must_use]
    pub fn folder(&self, digest: &PackageDigest) -> PathBuf {
        self.packages.join(digest.hex())
    }

    fn write(&self, path: &Path, content: &[u8]) -> Result<(), ArtifactError> {
        if let Some(parent) = path.parent() {
            make_private(parent)?;
        }
        let mut options = File::options();
        let mut file =
            options.write(true).create_new(true).mode(0o600).open(path).map_err(at(path))?;
        file.write_all(content).map_err(at(path))?;
        // Written once: nobody changes it by mistake.
        file.set_permissions(Permissions::from_mode(0o400)).map_err(at(path))?;
        match self.durability {
            Durability::Kept => file.sync_all().map_err(at(path)),
            Durability::Temporary => Ok(()),
        }
    }

    /// A rename is durable once the folder is.
    fn sync_folder(&self, folder: &Path) -> Result<(), ArtifactError> {
        match self.durability {
            Durability::Kept => {
                File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))
            }
            Durability::Temporary => Ok(()),
        }
    }
}

/// Makes a folder that its owner alone may look into; one that is there becomes so.
///
/// # Errors
/// When the disk refuses, or it is somebody else's.
pub fn make_private(folder: &Path) -> Result<(), ArtifactError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at(folder))?;
    fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(at(folder))
}

fn bytes_below(folder: &Path) -> Result<u64, ArtifactError> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        bytes += if path.is_dir() {
            bytes_below(&path)?
        } else {
            fs::metadata(&path).map_err(at(&path))?.len()
        };
    }
    Ok(bytes)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> ArtifactError + '_ {
    move |source| ArtifactError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
