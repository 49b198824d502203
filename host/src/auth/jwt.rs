//! Tokens of an identity provider (JWT, RFC 7519): signed by one of its keys, for this host, of a tenant.

use std::sync::Arc;

use dossier_document::{Tenant, is_plain};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde_json::{Map, Value};

use super::{AuthError, Caller};
use dossier_engine::identify::Reach;

use crate::config::{JwtConfig, patterns_of};

mod keys;
use keys::KeySet;

mod source;
pub(crate) use source::KeySource;
pub use source::KeySourceError;

mod signature;

/// Longest token, in bytes.
const MOST_BYTES: usize = 8 * 1024;
/// Most document types that a token may name.
const MOST_PATTERNS: usize = 1_000;
/// By how much clocks may differ, in seconds.
const LEEWAY_SECONDS: u64 = 30;
/// What every token must have. Without these names the library looks at what is there alone.
const REQUIRED: [&str; 4] = ["exp", "iss", "aud", "sub"];

/// What an identity provider's tokens are judged by.
#[derive(Debug)]
pub(crate) struct JwtVerifier {
    validation: Validation,
    tenant_claim: String,
    document_types_claim: String,
    keys: KeySource,
}

impl JwtVerifier {
    /// A verifier with the keys that a source has now.
    pub(crate) fn new(config: &JwtConfig, keys: KeySource) -> Self {
        signature::choose();
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.algorithms.clone_from(&config.algorithms);
        validation.set_issuer(&[&config.issuer]);
        validation.set_audience(&[&config.audience]);
        validation.set_required_spec_claims(&REQUIRED);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY_SECONDS;
        Self {
            validation,
            tenant_claim: config.tenant_claim.clone(),
            document_types_claim: config.document_types_claim.clone(),
            keys,
        }
    }

    /// Whether a text looks like such a token. The file's tokens have no dots.
    pub(crate) fn is_jwt(token: &str) -> bool {
        token.bytes().filter(|byte| *byte == b'.').count() == 2
    }

    /// Whose token it is.
    ///
    /// # Errors
    /// When it is not signed by one of the keys, not for this host, its time is over or has not come, or
    /// it names no tenant and document types; and when the keys are too old to go by.
    pub(crate) async fn caller(&self, token: &str) -> Result<Arc<Caller>, AuthError> {
        if token.len() > MOST_BYTES {
            return Err(AuthError::Invalid);
        }
        let header = decode_header(token).map_err(|_| AuthError::Invalid)?;
        // Ahead of the look for a key: whoever writes any header makes the host fetch nothing.
        if !self.validation.algorithms.contains(&header.alg) {
            return Err(AuthError::Invalid);
        }
        let keys = self.keys_with(header.kid.as_deref()).await?;
        let key = keys.find(header.kid.as_deref(), header.alg).ok_or(AuthError::Invalid)?;
        // It is pinned, as was looked at above; the library wants those of one kind of key.
        let algorithms = vec![header.alg];
        let validation = Validation { algorithms, ..self.validation.clone() };
        let claims = decode::<Map<String, Value>>(token, key, &validation);
        match claims {
            Ok(token) => self.caller_of(&token.claims).ok_or(AuthError::Invalid).map(Arc::new),
            Err(error) => Err(match error.kind() {
                ErrorKind::ExpiredSignature => AuthError::Expired,
                _ => AuthError::Invalid,
            }),
        }
    }

    /// The keys, fetched again if one is asked for that is not among them.
    async fn keys_with(&self, kid: Option<&str>) -> Result<Arc<KeySet>, AuthError> {
        let keys = self.keys.current().ok_or(AuthError::Unavailable)?;
        match kid {
            Some(kid) if !keys.has(kid) && self.keys.look_again().await => {
                self.keys.current().ok_or(AuthError::Unavailable)
            }
            _ => Ok(keys),
        }
    }

    fn caller_of(&self, claims: &Map<String, Value>) -> Option<Caller> {
        // The library takes several issuers if one is right; a token has one.
        claims.get("iss")?.as_str()?;
        let subject = claims.get("sub")?.as_str()?;
        if subject.len() > MOST_SUBJECT_BYTES || !subject.chars().all(is_plain) {
            return None;
        }
        let tenant = claims.get(&self.tenant_claim)?.as_str()?.parse::<Tenant>().ok()?;
        let document_types = match claims.get(&self.document_types_claim)? {
            // As scopes are written.
            Value::String(text) => text.split_whitespace().map(str::to_owned).collect(),
            Value::Array(texts) => {
                let texts = texts.iter().map(|text| text.as_str().map(str::to_owned));
                texts.collect::<Option<Vec<_>>>()?
            }
            _ => return None,
        };
        if document_types.len() > MOST_PATTERNS {
            return None;
        }
        let document_types = patterns_of(&document_types).ok()?;
        Some(Caller {
            tenant,
            token: Some(subject.to_owned()),
            document_types: Reach::of(Some(document_types)),
            requests_a_minute: None,
            concurrent_documents: None,
        })
    }
}

/// Longest `sub`, in bytes: OpenID Connect Core, section 2.
const MOST_SUBJECT_BYTES: usize = 255;

#[cfg(test)]
mod tests;
