//! The thread that brings adapters back into memory.

use std::io;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use dossier_document::Digest;
use dossier_inference::BackendError;

use super::lease::AdapterLease;
use super::{LoadedFrom, Shared};
use crate::{Adapter, ModelError};

/// How often the loader looks whether those it makes room for still wait.
const PATIENCE: Duration = Duration::from_millis(100);

/// Starts the thread. It ends with the pool.
pub(super) fn start(shared: &Arc<Shared>, digests: Receiver<Digest>) -> io::Result<()> {
    let shared = Arc::downgrade(shared);
    let run = move || {
        for digest in digests {
            load(&shared, &digest);
        }
    };
    thread::Builder::new().name("adapter loader".to_owned()).spawn(run).map(drop)
}

fn load(shared: &Weak<Shared>, digest: &Digest) {
    let Some(shared) = shared.upgrade() else { return };
    // Room first: while a load is under way there are never more bytes than the budget.
    let Some(folder) = wait_for_room(&shared, digest) else { return };
    let begun = Instant::now();
    match read(&shared, digest, &folder) {
        Ok((adapter, from)) => {
            count(&shared, from, begun.elapsed());
            let waiting = shared.ledger().loaded(digest, Arc::new(adapter));
            for waiter in waiting {
                // Where the document has left, the lease ends here.
                let _ = waiter.send(Ok(AdapterLease::new(&shared, *digest)));
            }
        }
        Err(source) => {
            let waiting = shared.ledger().failed(digest);
            let source = Arc::new(source);
            for waiter in waiting {
                let source = Box::new(SharedError(source.clone()));
                let _ = waiter.send(Err(BackendError::AdapterLost { adapter: *digest, source }));
            }
        }
    }
}

/// The folder to load from, once there is room for it; `None` when nobody waits any more.
fn wait_for_room(shared: &Shared, digest: &Digest) -> Option<std::path::PathBuf> {
    let mut ledger = shared.ledger();
    loop {
        let folder = ledger.folder_to_load(digest, |waiter| !waiter.is_canceled())?.to_owned();
        if ledger.make_room(digest).is_some() {
            return Some(folder);
        }
        let waited = shared.released.wait_timeout(ledger, PATIENCE);
        ledger = waited.unwrap_or_else(PoisonError::into_inner).0;
    }
}

fn count(shared: &Shared, from: LoadedFrom, time: Duration) {
    let mut times = shared.load_times();
    match from {
        LoadedFrom::Disk => times.0.count(time),
        LoadedFrom::HostMemory => times.1.count(time),
    }
}

fn read(
    shared: &Shared,
    digest: &Digest,
    folder: &std::path::Path,
) -> Result<(Adapter, LoadedFrom), ModelError> {
    // Bound on its own: in a match the lock would be held while the adapter is made.
    let kept = shared.host_tier().get(digest);
    if let Some(files) = kept {
        return Ok((shared.make(&files)?, LoadedFrom::HostMemory));
    }
    let files = shared.read(folder)?;
    let found = files.digest();
    if found != *digest {
        let path = folder.to_owned();
        return Err(ModelError::AdapterChanged { path, expected: *digest, found });
    }
    let adapter = shared.make(&files)?;
    let bytes = files.bytes();
    shared.host_tier().keep(found, Arc::new(files), bytes);
    // It may have been removed meanwhile, and its files with it: nobody would take these away.
    let is_known = shared.ledger().knows(digest);
    if !is_known {
        shared.host_tier().remove(digest);
    }
    Ok((adapter, LoadedFrom::Disk))
}

/// One error for all who waited.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct SharedError(Arc<ModelError>);
