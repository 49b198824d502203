//! The public keys of an identity provider (JWKS, RFC 7517).

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// Longest set, in bytes.
pub(super) const MOST_BYTES: usize = 256 * 1024;
/// Most keys of a set.
const MOST_KEYS: usize = 100;
/// Longest name of a key, in bytes.
const MOST_KID_BYTES: usize = 256;

/// The keys that tokens of the pinned algorithms may be signed with.
#[derive(Debug)]
pub(crate) struct KeySet {
    keys: Vec<Key>,
}

#[derive(Debug)]
struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

/// Keys are read one by one: one of a kind that nobody here knows makes no other useless.
#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

impl KeySet {
    /// The keys of a set that can be used.
    ///
    /// # Errors
    /// When it is no set, has too many keys, or none that can be used.
    pub(super) fn parse(bytes: &[u8], algorithms: &[Algorithm]) -> Result<Self, &'static str> {
        if bytes.len() > MOST_BYTES {
            return Err("the set of keys is too long");
        }
        let Set { keys } = serde_json::from_slice(bytes).map_err(|_| "is no set of keys (JWKS)")?;
        if keys.len() > MOST_KEYS {
            return Err("the set has too many keys");
        }
        let keys = keys.into_iter().filter_map(|key| Key::of(key, algorithms)).collect::<Vec<_>>();
        let ids = keys.iter().filter_map(|key| key.id.as_deref());
        let is_twice =
            |(index, id): (usize, &str)| ids.clone().take(index).any(|other| other == id);
        if ids.clone().enumerate().any(is_twice) {
            return Err("the set has two keys of one name");
        }
        if keys.is_empty() {
            Err("the set has no key of a pinned algorithm")
        } else {
            Ok(Self { keys })
        }
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.keys.iter().any(|key| key.id.as_deref() == Some(id))
    }

    /// The key of this name, if it is for the algorithm. A token without a name is of the only key.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&DecodingKey> {
        let key = match (id, self.keys.as_slice()) {
            (Some(id), keys) => keys.iter().find(|key| key.id.as_deref() == Some(id)),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        key.filter(|key| key.algorithm == algorithm).map(|key| &key.key)
    }
}

impl Key {
    fn of(key: Value, algorithms: &[Algorithm]) -> Option<Self> {
        let key = serde_json::from_value::<Jwk>(key).ok()?;
        let is_for_signatures =
            matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature));
        let algorithm = match &key.algorithm {
            AlgorithmParameters::RSA(_) => Algorithm::RS256,
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
                Algorithm::ES256
            }
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
                Algorithm::EdDSA
            }
            // A shared secret among public keys is none.
            _ => return None,
        };
        let stated = key.common.key_algorithm;
        let is_as_stated = stated.is_none_or(|stated| stated == algorithm.into());
        let id = key.common.key_id.clone();
        let is_short = id.as_ref().is_none_or(|id| id.len() <= MOST_KID_BYTES);
        if !(is_for_signatures && is_as_stated && is_short && algorithms.contains(&algorithm)) {
            return None;
        }
        Some(Self { id, algorithm, key: DecodingKey::from_jwk(&key).ok()? })
    }
}
