//! What is told to an address that a client names when a job is done with, by Standard Webhooks: signed with the
//! client's secret (`v1`, HMAC-SHA-256) and with this host's key (`v1a`, ed25519), and told again for days.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde::{Deserialize, Serialize};

/// How long after each attempt the next one comes, as Standard Webhooks advises; then it is given up.
const WAITS: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * HOUR),
    Duration::from_secs(5 * HOUR),
    Duration::from_secs(10 * HOUR),
    Duration::from_secs(14 * HOUR),
    Duration::from_secs(20 * HOUR),
    Duration::from_secs(24 * HOUR),
];
const HOUR: u64 = 60 * 60;
/// Of a wait, how much chance may add: so that what failed together does not come back together.
const JITTER: f64 = 0.25;

/// Where a client wants to be told, and with what it knows that it is this host.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The address.
    pub url: String,
    /// The secret that both know.
    pub secret: Option<WebhookSecret>,
}

/// A secret of 24 to 64 bytes, written as `whsec_` and its base64.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebhookSecret(Vec<u8>);

/// A text is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret is `whsec_` and the base64 of 24 to 64 bytes")]
pub struct InvalidSecret;

/// Signs what is told.
pub struct WebhookSigner(Ed25519KeyPair);

/// Something that is told, as it goes over the wire.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// `webhook-id`: the same whenever the same is told again.
    pub id: String,
    /// `webhook-timestamp`, in seconds since 1970.
    pub timestamp: u64,
    /// `webhook-signature`.
    pub signature: String,
    /// The body, JSON.
    pub body: Vec<u8>,
}

impl WebhookSigner {
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Option<Self> {
        Ed25519KeyPair::from_seed_unchecked(seed).ok().map(Self)
    }

    /// What its signatures are checked with: `whpk_` and the base64 of the key.
    #[must_use]
    pub fn public_key(&self) -> String {
        format!("whpk_{}", STANDARD.encode(self.0.public_key().as_ref()))
    }

    /// Signs a body, at a time.
    #[must_use]
    pub fn sign(
        &self,
        id: String,
        timestamp: u64,
        body: Vec<u8>,
        secret: Option<&WebhookSecret>,
    ) -> Message {
        let signed = [id.as_bytes(), b".", timestamp.to_string().as_bytes(), b".", &body].concat();
        let own = STANDARD.encode(self.0.sign(&signed).as_ref());
        let signature = match secret {
            None => format!("v1a,{own}"),
            Some(WebhookSecret(secret)) => {
                let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), &signed);
                format!("v1,{} v1a,{own}", STANDARD.encode(tag.as_ref()))
            }
        };
        Message { id, timestamp, signature, body }
    }
}

/// How long after an attempt, counted from 1, the next one comes; none after the last. `chance` is from 0 to 1.
#[must_use]
pub fn wait_after(attempt: u32, chance: f64) -> Option<Duration> {
    let wait = WAITS.get(usize::try_from(attempt).ok()?.checked_sub(1)?)?;
    Some(wait.mul_f64(1.0 + JITTER * chance.clamp(0.0, 1.0)))
}

impl TryFrom<String> for WebhookSecret {
    type Error = InvalidSecret;

    fn try_from(text: String) -> Result<Self, InvalidSecret> {
        let encoded = text.strip_prefix("whsec_").ok_or(InvalidSecret)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| InvalidSecret)?;
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(InvalidSecret) }
    }
}

impl From<WebhookSecret> for String {
    fn from(WebhookSecret(bytes): WebhookSecret) -> Self {
        format!("whsec_{}", STANDARD.encode(bytes))
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Target(…)")
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

impl fmt::Debug for WebhookSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSigner(…)")
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
