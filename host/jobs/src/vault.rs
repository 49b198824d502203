//! Keys, and what is sealed with them (AES-256-GCM).
//!
//! A master key from outside the store wraps a key a tenant; that wraps a key a job; that seals its documents
//! and results. Without the record of a key nothing below it can be read, so to erase a job or a tenant is to
//! delete that record. A seal is bound to the place it was made for.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hmac;
use serde::{Deserialize, Serialize};

/// Bytes of every key.
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// What wraps the keys of tenants. It stands in no store.
pub struct MasterKey(Secret);

/// A tenant's.
pub(crate) struct TenantKey {
    wrapping: Secret,
    tags: hmac::Key,
}

/// A job's.
pub(crate) struct JobKey(Secret);

/// A key that another one has sealed, as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WrappedKey(String);

/// Something can't be sealed, or not be opened. No text of it holds anything of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// A text is no key.
    #[error("a key is 64 hexadecimal digits, as `openssl rand -hex 32` prints them")]
    NotAKey,
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes")]
    Random,
    /// What was sealed was sealed with another key or for another place, or was changed.
    #[error("what was sealed does not open: the key is another, or the bytes were changed")]
    Closed,
}

struct Secret([u8; KEY_BYTES]);

impl MasterKey {
    /// Longest text of a key, blanks around it included.
    pub const MAX_TEXT_BYTES: usize = 1024;

    /// The key that a text is: 64 hexadecimal digits, with blanks around them or without.
    ///
    /// # Errors
    /// [`VaultError::NotAKey`].
    pub fn from_text(text: &str) -> Result<Self, VaultError> {
        let text = text.trim();
        if text.len() != 2 * KEY_BYTES {
            return Err(VaultError::NotAKey);
        }
        let digits = text.bytes().map(|byte| char::from(byte).to_digit(16));
        let digits = digits.collect::<Option<Vec<_>>>().ok_or(VaultError::NotAKey)?;
        let mut key = [0; KEY_BYTES];
        for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = u8::try_from(pair[0] * 16 + pair[1]).map_err(|_| VaultError::NotAKey)?;
        }
        Ok(Self(Secret(key)))
    }

    /// A new key of a tenant, wrapped.
    pub(crate) fn new_tenant_key(&self, tenant: &str) -> Result<WrappedKey, VaultError> {
        self.0.wrap(&Secret::new()?, &format!("tenant {tenant}"))
    }

    /// The key of a tenant.
    pub(crate) fn tenant_key(
        &self,
        wrapped: &WrappedKey,
        tenant: &str,
    ) -> Result<TenantKey, VaultError> {
        let key = self.0.unwrap(wrapped, &format!("tenant {tenant}"))?;
        Ok(TenantKey {
            wrapping: key.derived(b"wrapping"),
            tags: hmac::Key::new(hmac::HMAC_SHA256, &key.derived(b"tags").0),
        })
    }

    /// What tells, later, whether a store was written with this key.
    pub(crate) fn witness(&self) -> Result<WrappedKey, VaultError> {
        self.0.wrap(&Secret([0; KEY_BYTES]), "witness")
    }

    /// What webhooks are signed with: the same for as long as the key is.
    pub(crate) fn webhook_seed(&self) -> [u8; KEY_BYTES] {
        self.0.derived(b"webhooks").0
    }

    /// Whether a store's witness was made with this key.
    pub(crate) fn made(&self, witness: &WrappedKey) -> bool {
        self.0.unwrap(witness, "witness").is_ok()
    }
}

impl TenantKey {
    /// A new key of a job, and how it is kept.
    pub(crate) fn new_job_key(&self, job: &str) -> Result<(JobKey, WrappedKey), VaultError> {
        let key = Secret::new()?;
        let wrapped = self.wrapping.wrap(&key, &format!("job {job}"))?;
        Ok((JobKey(key), wrapped))
    }

    /// The key of a job.
    pub(crate) fn job_key(&self, wrapped: &WrappedKey, job: &str) -> Result<JobKey, VaultError> {
        self.wrapping.unwrap(wrapped, &format!("job {job}")).map(JobKey)
    }

    /// What stands for a text that nobody may read in the store, and finds it again.
    pub(crate) fn tag<'a>(&self, kind: &str, parts: impl IntoIterator<Item = &'a [u8]>) -> String {
        let mut context = hmac::Context::with_key(&self.tags);
        context.update(kind.as_bytes());
        for part in parts {
            context.update(&(part.len() as u64).to_le_bytes());
            context.update(part);
        }
        STANDARD_NO_PAD.encode(context.sign().as_ref())
    }
}

impl JobKey {
    /// Seals bytes for a place of the job.
    pub(crate) fn seal(&self, bytes: &[u8], place: &str) -> Result<Vec<u8>, VaultError> {
        self.0.seal(bytes, place)
    }

    /// Opens what was sealed for this place.
    pub(crate) fn open(&self, sealed: Vec<u8>, place: &str) -> Result<Vec<u8>, VaultError> {
        self.0.open(sealed, place)
    }
}

impl WrappedKey {
    /// As a store has kept it.
    #[must_use]
    pub fn from_text(text: String) -> Self {
        Self(text)
    }

    /// As a store keeps it.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.0
    }
}

impl Secret {
    fn new() -> Result<Self, VaultError> {
        let mut bytes = [0; KEY_BYTES];
        getrandom::fill(&mut bytes).map_err(|_| VaultError::Random)?;
        Ok(Self(bytes))
    }

    /// A key for one use, so that none has two.
    fn derived(&self, purpose: &[u8]) -> Self {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), purpose);
        let mut bytes = [0; KEY_BYTES];
        bytes.copy_from_slice(tag.as_ref());
        Self(bytes)
    }

    fn aead(&self) -> Result<LessSafeKey, VaultError> {
        let key = UnboundKey::new(&AES_256_GCM, &self.0).map_err(|_| VaultError::NotAKey)?;
        Ok(LessSafeKey::new(key))
    }

    /// Nonce, bytes, tag. Nonces are random: a key seals a few hundred things at most.
    fn seal(&self, bytes: &[u8], place: &str) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| VaultError::Random)?;
        let mut sealed = Vec::with_capacity(NONCE_BYTES + bytes.len() + AES_256_GCM.tag_len());
        sealed.extend(nonce);
        sealed.extend_from_slice(bytes);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.aead()?.seal_in_place_separate_tag(
            nonce,
            Aad::from(place.as_bytes()),
            &mut sealed[NONCE_BYTES..],
        );
        sealed.extend_from_slice(tag.map_err(|_| VaultError::Closed)?.as_ref());
        Ok(sealed)
    }

    fn open(&self, mut sealed: Vec<u8>, place: &str) -> Result<Vec<u8>, VaultError> {
        let (nonce, rest) = sealed.split_at_mut_checked(NONCE_BYTES).ok_or(VaultError::Closed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::Closed)?;
        let opened = self.aead()?.open_in_place(nonce, Aad::from(place.as_bytes()), rest);
        let length = opened.map_err(|_| VaultError::Closed)?.len();
        sealed.truncate(NONCE_BYTES + length);
        sealed.drain(..NONCE_BYTES);
        Ok(sealed)
    }

    fn wrap(&self, key: &Self, place: &str) -> Result<WrappedKey, VaultError> {
        Ok(WrappedKey(STANDARD_NO_PAD.encode(self.seal(&key.0, place)?)))
    }

    fn unwrap(&self, wrapped: &WrappedKey, place: &str) -> Result<Self, VaultError> {
        let sealed = STANDARD_NO_PAD.decode(&wrapped.0).map_err(|_| VaultError::Closed)?;
        let key = self.open(sealed, place)?;
        key.try_into().map(Self).map_err(|_| VaultError::Closed)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

impl fmt::Debug for TenantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TenantKey(…)")
    }
}

impl fmt::Debug for JobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JobKey(…)")
    }
}

#[cfg(test)]
mod tests;
