//! Backups of a data directory that no host runs on, and data directories made of backups.

use std::io::{self, Read};
use std::path::Path;

use dossier_store::{
    ArtifactStore, Backup, BackupError, Catalogue, Restored, catalogue_exists, restore,
};

use super::CATALOGUE_FILE;
use crate::error::EngineError;

/// Begins a backup of a data directory. No host may run on it: one that does is asked for one.
///
/// # Errors
/// When there is no catalogue, or it is open elsewhere; when the disk refuses.
pub fn begin_backup(data_dir: &Path) -> Result<Backup, EngineError> {
    let file = data_dir.join(CATALOGUE_FILE);
    let io = |source| BackupError::Io { path: file.clone(), source };
    // Opening one that is not there would make it.
    if !catalogue_exists(&file).map_err(io)? {
        return Err(io(io::ErrorKind::NotFound.into()).into());
    }
    let catalogue = Catalogue::open(&file)?;
    let artifacts = ArtifactStore::open(data_dir)?;
    Ok(Backup::begin(&catalogue, &artifacts)?)
}

/// Makes a data directory of a backup.
///
/// # Errors
/// When the folder holds anything, or the archive is no whole backup.
pub fn restore_backup(archive: impl Read, data_dir: &Path) -> Result<Restored, EngineError> {
    Ok(restore(archive, data_dir, CATALOGUE_FILE)?)
}
