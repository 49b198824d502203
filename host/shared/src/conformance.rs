//! What every shared place and every shared catalogue must do, for the tests of each.

use std::collections::BTreeMap;

use dossier_store::{Package, PackageDigest, PackageLimits, SharedArtifacts as _, SharedError};

use crate::ObjectArtifacts;

mod catalogue;
pub use catalogue::catalogue;

/// Something does not do what it must.
#[derive(Debug)]
pub struct Violation(String);

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: std::error::Error> From<E> for Violation {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

fn ensure(holds: bool, what: &str) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation(what.to_owned())) }
}

/// A package whose adapter is of these bytes. Nothing loads it.
fn package(weights: &[u8]) -> Result<Package, Violation> {
    let mut files = BTreeMap::new();
    let mut add = |name: &str, content: &[u8]| {
        files.insert(name.to_owned(), content.to_vec());
    };
    add("document-type.json", b"{}");
    add("adapter_config.json", b"{}");
    add("adapter_model.safetensors", weights);
    Ok(Package::new(files)?)
}

/// Goes through the rules of shared artifacts one by one, in an empty place.
///
/// # Errors
/// The first that does not hold.
pub async fn artifacts(artifacts: &ObjectArtifacts) -> Result<(), Violation> {
    let limits = PackageLimits { bytes: 4 << 20, files: 16 };
    let small = package(b"weights")?;
    let large = package(&vec![7; 3 << 20])?;
    for package in [&small, &large] {
        let digest = package.digest();
        ensure(!artifacts.has(digest).await?, "nothing is there yet")?;
        let missing = artifacts.fetch(digest, limits).await;
        let is_missing = matches!(missing, Err(SharedError::Missing { .. }));
        ensure(is_missing, "what is not there is told by name")?;
        artifacts.put(package.clone()).await?;
        artifacts.put(package.clone()).await?;
        ensure(artifacts.has(digest).await?, "what is put is there")?;
        let fetched = artifacts.fetch(digest, limits).await?;
        ensure(fetched == *package, "what is fetched is what was put")?;
    }
    let narrow = PackageLimits { bytes: 1 << 20, files: 16 };
    let refused = artifacts.fetch(large.digest(), narrow).await;
    let is_refused = matches!(refused, Err(SharedError::TooLarge { .. }));
    ensure(is_refused, "what is too large is refused before it is read whole")?;
    what_was_changed_is_refused(artifacts, &small, limits).await?;
    artifacts.remove(small.digest()).await?;
    artifacts.remove(small.digest()).await?;
    ensure(!artifacts.has(small.digest()).await?, "what is taken away is gone")?;
    ensure(artifacts.has(large.digest()).await?, "and nothing else")?;
    artifacts.remove(large.digest()).await?;
    Ok(())
}

/// Puts something else in the place of a package, as whoever may write there can.
///
/// # Errors
/// When the place does not take it.
pub async fn overwrite(
    artifacts: &ObjectArtifacts,
    package: PackageDigest,
    bytes: Vec<u8>,
) -> Result<(), Violation> {
    Ok(artifacts.overwrite(&package, bytes).await?)
}

async fn what_was_changed_is_refused(
    artifacts: &ObjectArtifacts,
    package_there: &Package,
    limits: PackageLimits,
) -> Result<(), Violation> {
    let digest = package_there.digest();
    let other = package(b"others")?;
    artifacts.overwrite(&digest, other.to_tar()).await?;
    let refused = artifacts.fetch(digest, limits).await;
    let is_refused = matches!(refused, Err(SharedError::Changed { .. }));
    ensure(is_refused, "another package under its name is refused")?;
    for damaged in [Vec::new(), vec![b'x'; 4096], {
        let mut archive = package_there.to_tar();
        archive.truncate(700);
        archive
    }] {
        artifacts.overwrite(&digest, damaged).await?;
        let refused = artifacts.fetch(digest, limits).await;
        let is_refused = matches!(refused, Err(SharedError::Malformed { .. }));
        ensure(is_refused, "what is no package is refused")?;
    }
    // Whoever publishes it again mends it.
    artifacts.put(package_there.clone()).await?;
    let fetched = artifacts.fetch(digest, limits).await?;
    ensure(fetched == *package_there, "what is put again is whole again")
}
