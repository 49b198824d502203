//! A backup of the store, beside everything else that is done with it.

use std::io::Write;
use std::sync::Arc;

use dossier_store::Backup;
use tokio::sync::OwnedSemaphorePermit;

use super::{Reload, blocking};
use crate::error::EngineError;
use crate::settings::Publisher;

/// A backup that is about to be sent: what serves now, whatever is changed meanwhile.
#[derive(Debug)]
pub struct LiveBackup {
    backup: Backup,
    _turn: OwnedSemaphorePermit,
}

impl Reload {
    /// Begins a backup for a publisher that reaches everything: it holds everybody's packages, and the history.
    ///
    /// # Errors
    /// [`EngineError::Forbidden`] for any other, [`EngineError::Busy`] while another backup is made; when the
    /// disk refuses.
    pub async fn begin_backup(&self, publisher: &Publisher) -> Result<LiveBackup, EngineError> {
        if !publisher.scope.is_everything() {
            return Err(EngineError::Forbidden { name: "*".to_owned() });
        }
        let turn = Arc::clone(&self.shared.turns.backup).try_acquire_owned();
        let turn = turn.map_err(|_| EngineError::Busy)?;
        let begun = async {
            self.obtain_all().await?;
            let shared = Arc::clone(&self.shared);
            Ok(blocking(move || Backup::begin(&shared.catalogue, &shared.store)).await??)
        };
        let backup = self.unless_stopped(begun).await?;
        Ok(LiveBackup { backup, _turn: turn })
    }
}

impl Reload {
    /// A host that follows others has fetched what it serves; an archive has every package.
    async fn obtain_all(&self) -> Result<(), EngineError> {
        if self.shared.sharing.is_none() {
            return Ok(());
        }
        let shared = Arc::clone(&self.shared);
        for version in blocking(move || shared.catalogue.versions()).await?? {
            let package = version.package;
            let named = |source: EngineError| EngineError::Kept { package, source: source.into() };
            self.shared.obtain(package).await.map_err(named)?;
        }
        Ok(())
    }
}

impl LiveBackup {
    /// Writes the archive. It blocks.
    ///
    /// # Errors
    /// When it can't be written, or a package is damaged or was pruned meanwhile.
    pub fn write(self, into: impl Write) -> Result<(), EngineError> {
        Ok(self.backup.write(into)?)
    }
}
