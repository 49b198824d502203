//! A package on its way to the disk: never in memory before it has its turn.

use std::fs::File;
use std::io::{BufReader, Write as _};
use std::sync::Arc;

use dossier_store::{Package, PackageLimits};
use tempfile::TempPath;
use tokio::sync::OwnedSemaphorePermit;

use super::publishers::Asked;
use super::{Reload, blocking};
use crate::error::EngineError;
use crate::settings::Publisher;

/// Bytes of an archive beside its files, at most: a block of 512 bytes a file, and another to fill
/// its last one up.
const ARCHIVE_OVERHEAD_BYTES: u64 = 1 << 21;
/// Packages of one publisher at most, however small: each is looked at when its name is changed, and at
/// every start.
const MOST_PACKAGES: usize = 10_000;

/// An archive that is being sent. Dropped, it is gone, and the publisher's place is free.
#[derive(Debug)]
pub struct Upload {
    file: Arc<File>,
    path: TempPath,
    bytes: u64,
    /// Bytes that the publisher may still put on disk.
    left_bytes: u64,
    publisher: Publisher,
    _place: OwnedSemaphorePermit,
}

impl Reload {
    /// Takes a place for an archive that is about to be sent.
    ///
    /// # Errors
    /// [`EngineError::TooMuchOfOne`], [`EngineError::Quota`] and [`EngineError::TooManyPackages`], by what
    /// the publisher has in work and on disk; when the disk refuses.
    pub async fn begin_upload(&self, publisher: &Publisher) -> Result<Upload, EngineError> {
        let limits = self.shared.packages.publisher;
        let places = self.shared.turns.publishers.of(&publisher.name, &limits);
        let place = places.take(Asked::Upload, &publisher.name, &limits)?;
        let (shared, name) = (Arc::clone(&self.shared), publisher.name.clone());
        let ((packages, used_bytes), upload) = blocking(move || {
            Ok::<_, EngineError>((shared.used(&name)?, shared.store.begin_upload()?))
        })
        .await??;
        if packages >= MOST_PACKAGES {
            let (publisher, most) = (publisher.name.clone(), MOST_PACKAGES);
            return Err(EngineError::TooManyPackages { publisher, most });
        }
        let (file, path) = upload.into_parts();
        let left_bytes = limits.disk_bytes.saturating_sub(used_bytes);
        if left_bytes == 0 {
            let (publisher, most_bytes) = (publisher.name.clone(), limits.disk_bytes);
            return Err(EngineError::Quota { publisher, used_bytes, most_bytes });
        }
        let (file, publisher) = (Arc::new(file), publisher.clone());
        Ok(Upload { file, path, bytes: 0, left_bytes, publisher, _place: place })
    }

    /// Publishes an archive that was sent whole.
    ///
    /// # Errors
    /// As [`Reload::publish`], and when it is no package.
    pub async fn publish_upload(
        &self,
        upload: Upload,
    ) -> Result<dossier_store::Version, EngineError> {
        let publisher = upload.publisher.clone();
        self.publish_when_its_turn(&publisher, self.reading(upload)).await
    }

    /// Reads an archive that was sent, when its turn has come.
    pub(super) fn reading(
        &self,
        upload: Upload,
    ) -> impl FnOnce() -> Result<Package, EngineError> + Send + use<> {
        let shared = Arc::clone(&self.shared);
        move || {
            // The publisher's other uploads may have become packages meanwhile, and none does now.
            let (packages, used_bytes) = shared.used(&upload.publisher.name)?;
            upload.package(packages, used_bytes, shared.packages.publisher.disk_bytes)
        }
    }
}

impl Upload {
    /// The longest archive that is taken, in bytes.
    #[must_use]
    pub fn most_bytes() -> u64 {
        Reload::package_limits().bytes as u64 + ARCHIVE_OVERHEAD_BYTES
    }

    /// Whose it is.
    pub(super) fn publisher(&self) -> &Publisher {
        &self.publisher
    }

    /// Keeps the next bytes.
    ///
    /// # Errors
    /// [`EngineError::Quota`] beyond what the publisher may have on disk; when the disk refuses.
    pub async fn write(&mut self, bytes: bytes::Bytes) -> Result<(), EngineError> {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        if self.bytes > self.left_bytes.saturating_add(ARCHIVE_OVERHEAD_BYTES) {
            let (publisher, most_bytes) = (self.publisher.name.clone(), self.left_bytes);
            return Err(EngineError::Quota { publisher, used_bytes: self.bytes, most_bytes });
        }
        let file = Arc::clone(&self.file);
        let written = blocking(move || (&*file).write_all(&bytes)).await?;
        written.map_err(|source| EngineError::Upload { source })
    }

    /// The package in it, if there is room for it beside those of its publisher. It blocks.
    fn package(
        self,
        packages: usize,
        used_bytes: u64,
        most_bytes: u64,
    ) -> Result<Package, EngineError> {
        let unreadable = |source| EngineError::Upload { source };
        let file = File::open(&self.path).map_err(unreadable)?;
        let limits = PackageLimits::default();
        let package = Package::from_archive(BufReader::with_capacity(1 << 16, file), limits)?;
        let bytes = package.files().map(|(_, content)| content.len() as u64).sum::<u64>();
        let (publisher, used_bytes) = (self.publisher.name, used_bytes.saturating_add(bytes));
        if used_bytes > most_bytes {
            return Err(EngineError::Quota { publisher, used_bytes, most_bytes });
        }
        match packages >= MOST_PACKAGES {
            true => Err(EngineError::TooManyPackages { publisher, most: MOST_PACKAGES }),
            false => Ok(package),
        }
    }
}
