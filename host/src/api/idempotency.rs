//! `Idempotency-Key`: a request that is sent again gets the answer it had (draft-ietf-httpapi-idempotency-key).
//!
//! Answers are kept in memory, for a time, and only those of documents that were read: what was refused is
//! asked anew. Of the request a fingerprint is kept, of its pages nothing.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use dossier_document::{DocumentTypeId, Tenant};
use dossier_engine::{EngineError, ExtractRequest};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::ApiError;
use crate::config::IdempotencyLimits;

/// The header.
const KEY: &str = "idempotency-key";
/// Says of an answer that it was given before.
static REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longest key in bytes.
const MAX_KEY_BYTES: usize = 255;

/// What a client calls a request that it may send again. Each tenant has keys of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    tenant: Tenant,
    text: String,
}

/// What tells one request from another: its document, what must serve it, and the form of its answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; 32]);

/// An answer, as it is given again.
#[derive(Clone, Debug)]
pub(super) struct KeptAnswer {
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Bytes,
}

/// The answers of a listener. Clones share them.
#[derive(Clone)]
pub(super) struct Answers {
    shared: Arc<Shared>,
}

struct Shared {
    limits: IdempotencyLimits,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    entries: HashMap<Key, Entry>,
    /// Those that have an answer, the oldest first, by the number of their entry.
    answered: VecDeque<(Key, u64)>,
    bytes: usize,
    next: u64,
}

struct Entry {
    number: u64,
    fingerprint: Fingerprint,
    /// None while the request is in work.
    answer: Option<(Instant, KeptAnswer)>,
}

/// How a request with a key fares.
pub(super) enum Begun {
    /// It is the first: its answer is to be kept, or the place given up.
    First(Place),
    /// It was answered before.
    Again(KeptAnswer),
}

/// The place of a request in work. Dropped without an answer, the key is free again.
pub(super) struct Place {
    shared: Arc<Shared>,
    key: Key,
    number: u64,
}

/// The key of a request, if it has one.
///
/// # Errors
/// When the header stands twice, is empty, too long, or not of visible ASCII.
pub(super) fn key_of(headers: &HeaderMap, tenant: &Tenant) -> Result<Option<Key>, ApiError> {
    let mut values = headers.get_all(KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().map(str::trim).unwrap_or_default();
    // The draft writes it as a string of structured fields, many clients as it is.
    let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let text = quoted.unwrap_or(text);
    let is_key = (1..=MAX_KEY_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'));
    match (is_key, values.next()) {
        (true, None) => Ok(Some(Key { tenant: tenant.clone(), text: text.to_owned() })),
        _ => {
            let wanted = "1 to 255 visible ASCII characters";
            Err(ApiError::Header { name: KEY, wanted })
        }
    }
}

impl Key {
    /// What the client wrote.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

impl Fingerprint {
    /// Hashes the pages, so it takes as long as they are large. `form` is the form of the answer: what
    /// makes it besides the document.
    pub(super) fn of(request: &ExtractRequest, form: &str) -> Self {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        part(form.as_bytes());
        // A name is never empty.
        part(request.document_type.named().map_or("", DocumentTypeId::as_str).as_bytes());
        part(format!("{:?}", request.conditions).as_bytes());
        part(&(request.pages.len() as u64).to_le_bytes());
        request.pages.iter().for_each(|page| part(page));
        match &request.fields {
            None => part(b"all"),
            Some(fields) => {
                part(b"these");
                fields.iter().for_each(|field| part(field.as_str().as_bytes()));
            }
        }
        Self(hash.finalize().into())
    }
}

impl Answers {
    pub(super) fn new(limits: IdempotencyLimits) -> Self {
        Self { shared: Arc::new(Shared { limits, state: Mutex::default() }) }
    }

    /// Whether keys are taken at all.
    ///
    /// # Errors
    /// [`ApiError::NotKept`].
    pub(super) fn refuse_where_nothing_is_kept(&self) -> Result<(), ApiError> {
        match self.shared.limits.entries {
            0 => Err(ApiError::NotKept),
            _ => Ok(()),
        }
    }

    /// Looks a key up, and takes it where nobody has it.
    ///
    /// # Errors
    /// When the key is another request's, or one is in work; when all places are.
    pub(super) fn begin(&self, key: Key, fingerprint: Fingerprint) -> Result<Begun, ApiError> {
        self.begin_at(key, fingerprint, Instant::now())
    }

    fn begin_at(
        &self,
        key: Key,
        fingerprint: Fingerprint,
        now: Instant,
    ) -> Result<Begun, ApiError> {
        let limits = self.shared.limits;
        let mut state = self.shared.state();
        state.forget_before(now, limits.ttl);
        if let Some(entry) = state.entries.get(&key) {
            return match &entry.answer {
                _ if entry.fingerprint != fingerprint => Err(ApiError::OtherRequest),
                None => Err(ApiError::InWork),
                Some((_, answer)) => Ok(Begun::Again(answer.clone())),
            };
        }
        while state.entries.len() >= limits.entries {
            if !state.forget_oldest() {
                return Err(EngineError::Overloaded.into());
            }
        }
        let number = state.next;
        state.next = state.next.wrapping_add(1);
        state.entries.insert(key.clone(), Entry { number, fingerprint, answer: None });
        Ok(Begun::First(Place { shared: Arc::clone(&self.shared), key, number }))
    }
}

impl Place {
    /// Keeps the answer, if it is not larger than all answers together may be.
    pub(super) fn keep(self, answer: &KeptAnswer) {
        self.keep_at(answer, Instant::now());
    }

    fn keep_at(self, answer: &KeptAnswer, now: Instant) {
        let bytes = answer.bytes();
        let limits = self.shared.limits;
        if bytes > limits.bytes {
            return;
        }
        let mut state = self.shared.state();
        while state.bytes + bytes > limits.bytes && state.forget_oldest() {}
        if let Some(entry) = state.entries.get_mut(&self.key) {
            entry.answer = Some((now, answer.clone()));
            state.bytes += bytes;
            state.answered.push_back((self.key.clone(), self.number));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        let is_open = |entry: &Entry| entry.number == self.number && entry.answer.is_none();
        if state.entries.get(&self.key).is_some_and(is_open) {
            state.entries.remove(&self.key);
        }
    }
}

impl Shared {
    /// No step under the lock can panic half-way.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn forget_before(&mut self, now: Instant, ttl: Duration) {
        while let Some((key, _)) = self.answered.front() {
            let answered = self.entries.get(key).and_then(|entry| entry.answer.as_ref());
            let is_over = |(at, _): &(Instant, _)| now.saturating_duration_since(*at) >= ttl;
            if !answered.is_none_or(is_over) {
                return;
            }
            self.forget_oldest();
        }
    }

    /// Whether there was one.
    fn forget_oldest(&mut self) -> bool {
        let Some((key, number)) = self.answered.pop_front() else { return false };
        if self.entries.get(&key).is_some_and(|entry| entry.number == number)
            && let Some(Entry { answer: Some((_, answer)), .. }) = self.entries.remove(&key)
        {
            self.bytes -= answer.bytes();
        }
        true
    }
}

impl KeptAnswer {
    fn bytes(&self) -> usize {
        self.body.len()
    }

    /// An answer of JSON.
    ///
    /// # Errors
    /// None that is known: whatever is answered can be written.
    pub(super) fn json(body: &impl Serialize) -> Result<Self, ApiError> {
        let body = serde_json::to_vec(body).map_err(|_| ApiError::Unwritten)?.into();
        let headers = vec![(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        Ok(Self { headers, body })
    }

    /// The answer as it is given the first time.
    pub(super) fn first(&self) -> Response {
        let mut response = self.body.clone().into_response();
        for (name, value) in &self.headers {
            response.headers_mut().insert(name, value.clone());
        }
        response
    }

    /// The answer as it is given again.
    pub(super) fn again(&self) -> Response {
        let mut response = self.first();
        response.headers_mut().insert(&REPLAYED, HeaderValue::from_static("true"));
        response
    }
}

impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.shared.state();
        let (entries, bytes) = (state.entries.len(), state.bytes);
        f.debug_struct("Answers").field("entries", &entries).field("bytes", &bytes).finish()
    }
}

#[cfg(test)]
mod tests;
