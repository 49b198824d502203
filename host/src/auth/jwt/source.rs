//! Where the keys of an identity provider come from: a file, or an address that is asked again and again.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jsonwebtoken::Algorithm;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::keys::{KeySet, MOST_BYTES};
use crate::config::JwtConfig;
use crate::outgoing::client_of;
use crate::reloaded::{FileError, Refresh, Reloaded};

/// How long an identity provider may take to answer.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two attempts that are made for a token of an unknown key: anybody can write such a token.
const LEAST_PAUSE: Duration = Duration::from_secs(10);

/// The keys that are there now.
#[derive(Debug)]
pub(crate) enum KeySource {
    /// Of a file, which is read again when it changes.
    File(Arc<Reloaded<KeySet>>),
    /// Of an address.
    Address(Remote),
}

/// The keys can't be had.
#[derive(Debug, thiserror::Error)]
pub enum KeySourceError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// There is no answer, or none that is one.
    #[error("{address}: {reason}")]
    Address {
        /// The address.
        address: String,
        /// What is wrong.
        reason: String,
    },
}

impl KeySource {
    /// The keys of the file or address that is configured, there and then.
    ///
    /// # Errors
    /// When they can't be had.
    pub(crate) async fn open(config: &JwtConfig) -> Result<Self, KeySourceError> {
        let algorithms = config.algorithms.clone();
        if config.is_address() {
            let pauses = Pauses { refresh: config.refresh, least: LEAST_PAUSE };
            return Remote::open(&config.keys, algorithms, pauses, config.keys_max_age)
                .await
                .map(Self::Address);
        }
        let path = Path::new(&config.keys).to_owned();
        let named = path.clone();
        let keys = Reloaded::load(vec![path], MOST_BYTES, move |files| {
            let bytes = files.first().map(Vec::as_slice).unwrap_or_default();
            KeySet::parse(bytes, &algorithms).map_err(|reason| FileError::Content {
                path: named.clone(),
                reason: reason.to_owned(),
            })
        })?;
        Ok(Self::File(Arc::new(keys)))
    }

    /// What is to be read again when its file changes.
    pub(crate) fn file(&self) -> Option<Arc<dyn Refresh>> {
        match self {
            Self::File(keys) => Some(Arc::clone(keys) as Arc<dyn Refresh>),
            Self::Address(_) => None,
        }
    }

    /// The keys, or none where those that there are are too old to go by.
    pub(super) fn current(&self) -> Option<Arc<KeySet>> {
        match self {
            Self::File(keys) => Some(keys.current()),
            Self::Address(remote) => remote.current(Instant::now()),
        }
    }

    /// Asks again for the sake of a key that is not there, unless that was done just now. Whether it was
    /// worth it: whether there may be other keys than before.
    pub(super) async fn look_again(&self) -> bool {
        match self {
            Self::File(_) => false,
            Self::Address(remote) => remote.look_again().await,
        }
    }
}

/// How often an address is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pauses {
    /// Without being asked to.
    pub(super) refresh: Duration,
    /// Between two that are asked for.
    pub(super) least: Duration,
}

/// Keys of an address. Dropping it ends the asking.
#[derive(Debug)]
pub(crate) struct Remote {
    kept: Arc<Kept>,
    max_age: Duration,
    wanted: Arc<Notify>,
    attempts: watch::Receiver<u64>,
    task: JoinHandle<()>,
}

/// What was had last, and when.
#[derive(Debug)]
struct Kept(Mutex<(Arc<KeySet>, Instant)>);

impl Kept {
    /// No step under the lock can panic half-way.
    fn get(&self) -> (Arc<KeySet>, Instant) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, keys: KeySet, now: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (Arc::new(keys), now);
    }
}

impl Remote {
    pub(super) async fn open(
        address: &str,
        algorithms: Vec<Algorithm>,
        pauses: Pauses,
        max_age: Duration,
    ) -> Result<Self, KeySourceError> {
        let refused = |reason| KeySourceError::Address { address: address.to_owned(), reason };
        let client = client_of(address)
            .timeout(FETCH_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build();
        let client = client.map_err(|error| refused(error.to_string()))?;
        let fetch = Fetch { client, address: address.to_owned(), algorithms };
        let keys = fetch.fetch().await.map_err(refused)?;
        let kept = Arc::new(Kept(Mutex::new((Arc::new(keys), Instant::now()))));
        let wanted = Arc::new(Notify::new());
        let (attempted, attempts) = watch::channel(0);
        let task = tokio::spawn(keep_fresh(
            fetch,
            Arc::clone(&kept),
            Arc::clone(&wanted),
            attempted,
            pauses,
        ));
        Ok(Self { kept, max_age, wanted, attempts, task })
    }

    fn current(&self, now: Instant) -> Option<Arc<KeySet>> {
        let (keys, since) = self.kept.get();
        (now.saturating_duration_since(since) <= self.max_age).then_some(keys)
    }

    async fn look_again(&self) -> bool {
        let mut attempts = self.attempts.clone();
        attempts.mark_unchanged();
        self.wanted.notify_one();
        // The task says so too when it does not ask, for it has asked just now.
        let attempted = timeout(FETCH_TIMEOUT * 2, attempts.changed()).await;
        matches!(attempted, Ok(Ok(())))
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn keep_fresh(
    fetch: Fetch,
    kept: Arc<Kept>,
    wanted: Arc<Notify>,
    attempted: watch::Sender<u64>,
    pauses: Pauses,
) {
    let mut last = Instant::now();
    loop {
        let is_wanted = tokio::select! {
            () = sleep(pauses.refresh.saturating_sub(last.elapsed())) => false,
            () = wanted.notified() => true,
        };
        if !is_wanted || last.elapsed() >= pauses.least {
            last = Instant::now();
            match fetch.fetch().await {
                Ok(keys) => kept.set(keys, Instant::now()),
                Err(reason) => {
                    let address = &fetch.address;
                    tracing::warn!(address, reason, "no keys: those that were had last stay");
                }
            }
        }
        attempted.send_modify(|attempts| *attempts = attempts.wrapping_add(1));
    }
}

/// How keys are asked for.
#[derive(Debug)]
struct Fetch {
    client: reqwest::Client,
    address: String,
    algorithms: Vec<Algorithm>,
}

impl Fetch {
    async fn fetch(&self) -> Result<KeySet, String> {
        let told = |error: reqwest::Error| error.without_url().to_string();
        let mut answer = self.client.get(&self.address).send().await.map_err(told)?;
        if answer.status() != reqwest::StatusCode::OK {
            return Err(format!("it answers {}", answer.status()));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(told)? {
            if bytes.len() + chunk.len() > MOST_BYTES {
                return Err("the set of keys is too long".to_owned());
            }
            bytes.extend_from_slice(&chunk);
        }
        KeySet::parse(&bytes, &self.algorithms).map_err(str::to_owned)
    }
}
