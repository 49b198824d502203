//! An archive becomes a data directory. Nothing is unpacked to a name that the archive chooses, and the catalogue
//! comes last: what is cut off on the way is packages without one, which no start serves from.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use dossier_document::plain_text;
use sha2::{Digest as _, Sha256};

use super::{ARCHIVE_FORMAT, BackupError, CATALOGUE, MANIFEST, Manifest, PACKAGES, at, name_of};
use crate::digest::to_hex;
use crate::{
    ArtifactStore, Catalogue, Package, PackageDigest, PackageLimits, SigningError, make_private,
};

/// Longest manifest of a backup, in bytes.
const MANIFEST_BYTES: u64 = 4 << 10;
/// Longest catalogue, in bytes: 256 generations of tens of thousands of names.
const CATALOGUE_BYTES: u64 = 16 << 30;
/// Longest archive of a package beside its files, in bytes.
const ARCHIVE_OVERHEAD_BYTES: u64 = 2 << 20;
/// Bytes that are copied at a time.
const CHUNK_BYTES: usize = 1 << 16;

/// What was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The generation that serves at the next start.
    pub generation: u64,
    /// How many packages there are.
    pub packages: usize,
}

/// Makes a data directory of a backup; `catalogue` is the name of the catalogue's file in it. Every digest and
/// signature is checked. Whose signature counts is for the start to say.
///
/// # Errors
/// When the folder holds anything, the disk refuses, or the archive is damaged, cut off, or of a later format.
/// The folder is as empty as before then.
pub fn restore(
    archive: impl Read,
    data_dir: &Path,
    catalogue: &str,
) -> Result<Restored, BackupError> {
    let is_new = !data_dir.exists();
    make_private(data_dir)?;
    if fs::read_dir(data_dir).map_err(at(data_dir))?.next().is_some() {
        return Err(BackupError::NotEmpty { folder: data_dir.to_owned() });
    }
    let restored = restore_into(archive, data_dir, catalogue);
    if restored.is_err() {
        // What the archive is wrong about is what is told, not what else the disk says.
        let _ = clear(data_dir, is_new);
    }
    restored
}

fn restore_into(
    archive: impl Read,
    data_dir: &Path,
    catalogue: &str,
) -> Result<Restored, BackupError> {
    let artifacts = ArtifactStore::open(data_dir)?;
    let scratch = artifacts.scratch()?;
    let copy = scratch.path().join(CATALOGUE);
    let mut archive = tar::Archive::new(archive);
    let mut entries = archive.entries()?;
    let mut next = || entries.next().transpose();

    let manifest = read_manifest(wanted(next()?, MANIFEST)?)?;
    read_catalogue(wanted(next()?, CATALOGUE)?, &copy, &manifest)?;
    let opened = Catalogue::open(&copy)?;
    let versions = opened.versions()?;
    let mut missing = versions.iter().map(|version| version.package).collect::<BTreeSet<_>>();
    let generation = opened.current()?;
    drop(opened);
    let packages = missing.len();
    let Some(generation) = generation else {
        return Err(damaged(CATALOGUE, "nothing has ever served"));
    };
    if (manifest.generation, manifest.packages) != (generation.number, packages as u64) {
        return Err(damaged(MANIFEST, "is that of another catalogue"));
    }
    while let Some(entry) = next()? {
        let package = read_package(entry, &mut missing)?;
        artifacts.put(&package)?;
    }
    if let Some(first) = missing.first() {
        let reason = "is missing: the archive is cut off, or is none of a whole backup".to_owned();
        return Err(BackupError::Damaged { name: name_of(first), reason });
    }
    let place = data_dir.join(catalogue);
    fs::rename(&copy, &place).map_err(at(&place))?;
    Catalogue::open(&place)?.copy_last_generation().map_err(at(&place))?;
    File::open(data_dir).and_then(|folder| folder.sync_all()).map_err(at(data_dir))?;
    Ok(Restored { generation: generation.number, packages })
}

/// The next part, which must be this one.
fn wanted<'a, R: Read>(
    entry: Option<tar::Entry<'a, R>>,
    name: &str,
) -> Result<tar::Entry<'a, R>, BackupError> {
    let entry = entry.ok_or_else(|| damaged(name, "is missing"))?;
    let found = entry_name(&entry)?;
    if found != name {
        return Err(damaged(&found, &format!("stands where `{name}` should")));
    }
    Ok(entry)
}

fn read_manifest(mut entry: tar::Entry<'_, impl Read>) -> Result<Manifest, BackupError> {
    let bytes = read_bounded(&mut entry, MANIFEST, MANIFEST_BYTES)?;
    // A later format may have other keys: what it is comes first.
    let value = serde_json::from_slice::<serde_json::Value>(&bytes);
    let value = value.map_err(|error| damaged(MANIFEST, &plain_text(&error.to_string())))?;
    match value["format"].as_u64() {
        Some(ARCHIVE_FORMAT) => {}
        Some(found) => return Err(BackupError::Format { found }),
        None => return Err(damaged(MANIFEST, "has no `format`")),
    }
    serde_json::from_value(value)
        .map_err(|error| damaged(MANIFEST, &plain_text(&error.to_string())))
}

fn read_catalogue(
    mut entry: tar::Entry<'_, impl Read>,
    copy: &Path,
    manifest: &Manifest,
) -> Result<(), BackupError> {
    let length = entry.size();
    if length > CATALOGUE_BYTES {
        return Err(damaged(CATALOGUE, &format!("is longer than {CATALOGUE_BYTES} bytes")));
    }
    let mut options = File::options();
    let mut file = options.write(true).create_new(true).mode(0o600).open(copy).map_err(at(copy))?;
    let mut digest = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut copied = 0;
    loop {
        let read = entry.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        copied += read as u64;
        digest.update(&chunk[..read]);
        file.write_all(&chunk[..read]).map_err(at(copy))?;
    }
    file.sync_all().map_err(at(copy))?;
    if copied != length {
        return Err(damaged(CATALOGUE, "is cut off"));
    }
    if to_hex(&digest.finalize()) != manifest.catalogue_sha256 {
        return Err(damaged(CATALOGUE, "is not the one that was written: its SHA-256 differs"));
    }
    Ok(())
}

fn read_package(
    mut entry: tar::Entry<'_, impl Read>,
    missing: &mut BTreeSet<PackageDigest>,
) -> Result<Package, BackupError> {
    let name = entry_name(&entry)?;
    let hex = name.strip_prefix(PACKAGES).and_then(|name| name.strip_suffix(".tar"));
    let digest = hex.and_then(|hex| format!("sha256:{hex}").parse::<PackageDigest>().ok());
    let digest = digest.ok_or_else(|| damaged(&name, "is no part of a backup"))?;
    if !missing.remove(&digest) {
        return Err(damaged(&name, "is there twice, or the catalogue does not name it"));
    }
    let limits = PackageLimits::default();
    let most = limits.bytes as u64 + ARCHIVE_OVERHEAD_BYTES;
    let bytes = read_bounded(&mut entry, &name, most)?;
    let package = Package::from_tar(&bytes, limits);
    let package = package.map_err(|source| BackupError::Package { name: name.clone(), source })?;
    if package.digest() != digest {
        return Err(damaged(&name, &format!("holds the package {}", package.digest())));
    }
    match package.verify() {
        Ok(_) | Err(SigningError::Unsigned) => Ok(package),
        Err(source) => Err(BackupError::Signature { name, source }),
    }
}

fn entry_name(entry: &tar::Entry<'_, impl Read>) -> Result<String, BackupError> {
    let name = plain_text(&String::from_utf8_lossy(&entry.path_bytes()));
    match entry.header().entry_type() {
        tar::EntryType::Regular => Ok(name),
        _ => Err(damaged(&name, "is no plain file")),
    }
}

fn read_bounded(entry: &mut impl Read, name: &str, most: u64) -> Result<Vec<u8>, BackupError> {
    let mut bytes = Vec::new();
    entry.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(damaged(name, &format!("is longer than {most} bytes")));
    }
    Ok(bytes)
}

fn damaged(name: &str, reason: &str) -> BackupError {
    BackupError::Damaged { name: name.to_owned(), reason: reason.to_owned() }
}

/// Takes away what was restored so far: the folder was empty, or was not there.
fn clear(data_dir: &Path, is_new: bool) -> io::Result<()> {
    if is_new {
        return fs::remove_dir_all(data_dir);
    }
    for entry in fs::read_dir(data_dir)? {
        let path = entry?.path();
        if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
    }
    Ok(())
}
