//! Ed25519 signatures over the statement of a package.

use std::fmt;
use std::str::FromStr;

use dossier_document::plain_text;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::bounds::SIGNATURE;
use crate::digest::{from_hex, to_hex};

const PUBLIC_PREFIX: &str = "ed25519:";
const SECRET_PREFIX: &str = "ed25519-secret:";

/// A publisher's secret key. It shows itself nowhere but in [`SecretKey::to_text`].
#[derive(Clone)]
pub struct SecretKey(SigningKey);

/// A publisher's public key, written `ed25519:` and 64 hexadecimal digits: a valid point.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; 32]);

/// The signature of a package and the key that it claims: `signature.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageSignature {
    /// The key it claims to be of.
    pub public_key: PublicKey,
    signature: [u8; 64],
}

/// A key or a signature is none, or is not of this package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// There is no signature.
    #[error("the package is not signed")]
    Unsigned,
    /// The signature is of other files, or by another key.
    #[error("the signature is not of this package")]
    Wrong,
    /// The signature's file is no signature.
    #[error("signature.json: {0}")]
    Malformed(String),
    /// A text is no public key.
    #[error("a public key reads `ed25519:` and 64 hexadecimal digits of a valid point")]
    PublicKey,
    /// A text is no secret key.
    #[error("a secret key reads `ed25519-secret:` and 64 hexadecimal digits")]
    SecretKey,
    /// The operating system gives no random numbers.
    #[error("no random numbers: {0}")]
    Random(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureFile {
    public_key: String,
    signature: String,
}

impl SecretKey {
    /// A new key from the operating system's random numbers.
    ///
    /// # Errors
    /// When it gives none.
    pub fn generate() -> Result<Self, SigningError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| SigningError::Random(error.to_string()))?;
        Ok(Self::from_seed(seed))
    }

    /// The key of a seed.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// The key as the text that [`SecretKey::from_str`] reads, for a file that nobody else reads.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{SECRET_PREFIX}{}", to_hex(&self.0.to_bytes()))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> PackageSignature {
        let signature = self.0.sign(message).to_bytes();
        PackageSignature { public_key: self.public_key(), signature }
    }
}

impl FromStr for SecretKey {
    type Err = SigningError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hex = text.trim().strip_prefix(SECRET_PREFIX).ok_or(SigningError::SecretKey)?;
        from_hex(hex).map(Self::from_seed).ok_or(SigningError::SecretKey)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public_key())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC_PREFIX}{}", to_hex(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = SigningError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hex = text.trim().strip_prefix(PUBLIC_PREFIX).ok_or(SigningError::PublicKey)?;
        let bytes = from_hex(hex).ok_or(SigningError::PublicKey)?;
        VerifyingKey::from_bytes(&bytes).map_err(|_| SigningError::PublicKey)?;
        Ok(Self(bytes))
    }
}

impl PackageSignature {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, SigningError> {
        let malformed = |error: String| SigningError::Malformed(plain_text(&error));
        SIGNATURE.check(bytes).map_err(|error| malformed(error.to_string()))?;
        let file = serde_json::from_slice::<SignatureFile>(bytes)
            .map_err(|error| malformed(error.to_string()))?;
        let public_key = file.public_key.parse::<PublicKey>()?;
        let signature = from_hex(&file.signature)
            .ok_or_else(|| malformed("`signature` is no 128 hexadecimal digits".to_owned()))?;
        Ok(Self { public_key, signature })
    }

    /// The contents of `signature.json`.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let file = SignatureFile {
            public_key: self.public_key.to_string(),
            signature: to_hex(&self.signature),
        };
        // Two texts always become JSON.
        serde_json::to_vec_pretty(&file).unwrap_or_default()
    }

    /// `verify_strict` also refuses weak keys, for which one signature fits many messages.
    pub(crate) fn verify(&self, message: &[u8]) -> Result<PublicKey, SigningError> {
        VerifyingKey::from_bytes(&self.public_key.0)
            .and_then(|key| key.verify_strict(message, &Signature::from_bytes(&self.signature)))
            .map_err(|_| SigningError::Wrong)?;
        Ok(self.public_key)
    }
}

#[cfg(test)]
mod tests;
