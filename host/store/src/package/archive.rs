//! Files in a tar archive, in memory on both sides.

use std::collections::BTreeMap;
use std::io::{self, Read};

use dossier_document::plain_text;

use super::{PackageError, PackageLimits, check_length};

/// The names of packages have up to 114, and `./` before them.
const MAX_NAME_BYTES: usize = 256;

/// Bytes that a file's content begins with room for.
const FIRST_BYTES: usize = 1 << 16;

/// A package has one folder, and the archive may name the one that it stands in.
const MAX_FOLDERS: usize = 16;

/// The files of an archive by name. Nothing is unpacked to a name that it chooses.
pub(super) fn read(
    bytes: impl Read,
    limits: PackageLimits,
) -> Result<BTreeMap<String, Vec<u8>>, PackageError> {
    let mut archive = tar::Archive::new(bytes);
    let mut files = BTreeMap::new();
    let mut left_bytes = limits.bytes;
    for (count, entry) in archive.entries().map_err(PackageError::Archive)?.enumerate() {
        let mut entry = entry.map_err(PackageError::Archive)?;
        // Folders are no files, but as many as these would be no package either.
        if count == limits.files.saturating_add(MAX_FOLDERS) {
            return Err(PackageError::TooManyFiles { limit: limits.files });
        }
        let bytes_of_name = entry.path_bytes().len();
        if bytes_of_name > MAX_NAME_BYTES {
            let (bytes, limit) = (bytes_of_name, MAX_NAME_BYTES);
            return Err(PackageError::NameTooLong { bytes, limit });
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let name = name.strip_prefix("./").unwrap_or(&name).to_owned();
        match entry.header().entry_type() {
            tar::EntryType::Directory => continue,
            tar::EntryType::Regular => {}
            _ => return Err(PackageError::NotAFile { name }),
        }
        if files.len() == limits.files {
            return Err(PackageError::TooManyFiles { limit: limits.files });
        }
        let too_large = PackageError::TooLarge { limit_bytes: limits.bytes };
        let length = usize::try_from(entry.size()).unwrap_or(usize::MAX);
        let Some(left) = left_bytes.checked_sub(length) else { return Err(too_large) };
        left_bytes = left;
        check_length(&name, length)
            .map_err(|source| PackageError::OutOfBounds { file: plain_text(&name), source })?;
        // A header alone makes this no larger than a file is before it has a byte.
        let mut content = Vec::with_capacity(length.min(FIRST_BYTES));
        entry.read_to_end(&mut content).map_err(PackageError::Archive)?;
        if content.len() != length {
            return Err(PackageError::Archive(io::ErrorKind::UnexpectedEof.into()));
        }
        if files.insert(name.clone(), content).is_some() {
            return Err(PackageError::Repeated { name });
        }
    }
    Ok(files)
}

/// An archive of these files: the same bytes for the same files in the same order.
pub(super) fn write<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut written = Ok(());
    for (name, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        // Names are checked to be short and relative, and writing to memory does not fail.
        written = written.and_then(|()| archive.append_data(&mut header, name, content));
    }
    debug_assert!(written.is_ok(), "a package fits an archive");
    archive.into_inner().unwrap_or_default()
}
