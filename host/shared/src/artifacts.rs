//! Packages where every host finds them: a folder that hosts share, or a bucket.
//!
//! Each is one object, a tar archive named by the package's digest. What is there is never trusted: it is read
//! under the bounds of an upload, and is the package asked for by its digest or none.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use dossier_store::{Answer, Package, PackageDigest, PackageLimits, SharedArtifacts, SharedError};
use futures_util::StreamExt as _;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use tokio::time::timeout;

mod place;
pub use place::{ArtifactsPlace, InvalidArtifacts, S3Settings};

/// The folder, below the place, of packages.
const FOLDER: &str = "packages";
/// What an archive has beside the bytes of its files: a header and a remainder of each, and its end.
const BESIDE_A_FILE: usize = 1024;
/// How long one package may take on its way.
const LONGEST: Duration = Duration::from_secs(300);
/// Files of a package beyond those of its limits: its signature.
const SIGNATURE_FILES: usize = 1;

/// The packages of a place. Clones are the same.
#[derive(Clone)]
pub struct ObjectArtifacts {
    store: Arc<dyn ObjectStore>,
    folder: Path,
    place: String,
}

impl ObjectArtifacts {
    /// Opens a place. A folder must be there; a bucket is asked for nothing yet.
    ///
    /// # Errors
    /// When the place can't be one.
    pub fn open(place: &ArtifactsPlace) -> Result<Self, InvalidArtifacts> {
        let (store, prefix) = place.open()?;
        Ok(Self { store, folder: prefix.join(FOLDER), place: place.to_string() })
    }

    /// Puts something else in the place of a package, as whoever may write there can.
    pub(crate) async fn overwrite(
        &self,
        digest: &PackageDigest,
        bytes: Vec<u8>,
    ) -> Result<(), SharedError> {
        self.store.put(&self.path(digest), bytes.into()).await.map(drop).map_err(unavailable)
    }

    async fn read(&self, digest: &PackageDigest, most: usize) -> Result<Bytes, SharedError> {
        let digest = *digest;
        let found = match self.store.get(&self.path(&digest)).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => {
                return Err(SharedError::Missing { digest });
            }
            Err(error) => return Err(unavailable(error)),
        };
        let too_large = || SharedError::TooLarge { digest, most };
        // What it says of itself is looked at first, and what comes is counted all the same.
        if usize::try_from(found.meta.size).is_ok_and(|size| size > most) {
            return Err(too_large());
        }
        let mut archive = BytesMut::new();
        let mut pieces = found.into_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(unavailable)?;
            if piece.len() > most - archive.len() {
                return Err(too_large());
            }
            archive.extend_from_slice(&piece);
        }
        Ok(archive.freeze())
    }

    fn path(&self, digest: &PackageDigest) -> Path {
        self.folder.clone().join(format!("{}.tar", digest.hex()))
    }
}

impl SharedArtifacts for ObjectArtifacts {
    fn put(&self, package: Package) -> Answer<'_, ()> {
        let put = async move {
            let digest = package.digest();
            let archive = Bytes::from(package.to_tar());
            // Archives of one package are the same but for who signed them. One that is damaged, or that
            // somebody else signed, gives way: whoever publishes has proved this one.
            match self.read(&digest, archive.len()).await {
                Ok(found) if found == archive => return Ok(()),
                Ok(_) | Err(SharedError::Missing { .. } | SharedError::TooLarge { .. }) => {}
                Err(error) => return Err(error),
            }
            let put = self.store.put(&self.path(&digest), archive.into()).await;
            put.map(drop).map_err(unavailable)
        };
        Box::pin(in_time(put))
    }

    fn fetch(&self, digest: PackageDigest, limits: PackageLimits) -> Answer<'_, Package> {
        let files = limits.files.saturating_add(SIGNATURE_FILES + 1);
        let most = limits.bytes.saturating_add(files.saturating_mul(BESIDE_A_FILE));
        let fetched = async move {
            let archive = self.read(&digest, most).await?;
            // Its files are hashed: that takes a moment, for a large one.
            let read = tokio::task::spawn_blocking(move || {
                let package = Package::from_tar(&archive, limits)
                    .map_err(|source| SharedError::Malformed { digest, source })?;
                match package.digest() {
                    found if found == digest => Ok(package),
                    found => Err(SharedError::Changed { digest, found }),
                }
            });
            read.await.map_err(|_| SharedError::of_artifacts(&"a panic"))?
        };
        Box::pin(in_time(fetched))
    }

    fn has(&self, digest: PackageDigest) -> Answer<'_, bool> {
        let asked = async move {
            match self.store.head(&self.path(&digest)).await {
                Ok(_) => Ok(true),
                Err(object_store::Error::NotFound { .. }) => Ok(false),
                Err(error) => Err(unavailable(error)),
            }
        };
        Box::pin(in_time(asked))
    }

    fn remove(&self, digest: PackageDigest) -> Answer<'_, ()> {
        let removed = async move {
            match self.store.delete(&self.path(&digest)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(unavailable(error)),
            }
        };
        Box::pin(in_time(removed))
    }
}

async fn in_time<T>(work: impl Future<Output = Result<T, SharedError>>) -> Result<T, SharedError> {
    let late = |_| SharedError::of_artifacts(&format!("no answer within {} s", LONGEST.as_secs()));
    timeout(LONGEST, work).await.map_err(late)?
}

impl fmt::Debug for ObjectArtifacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectArtifacts").field("place", &self.place).finish_non_exhaustive()
    }
}

/// Servers answer texts of any length. None of them is sent a credential that it could say.
#[expect(clippy::needless_pass_by_value, reason = "given to map_err")]
fn unavailable(error: object_store::Error) -> SharedError {
    SharedError::of_artifacts(&error)
}

#[cfg(test)]
mod tests;
