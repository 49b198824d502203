//! What an operator may set about an identity provider.

use std::time::Duration;

use jsonwebtoken::Algorithm;

use super::{ConfigError, JwtArgs};

/// An identity provider whose tokens are taken.
#[derive(Clone, Debug)]
pub struct JwtConfig {
    /// What its tokens have as `iss`.
    pub issuer: String,
    /// What those for this host have as `aud`.
    pub audience: String,
    /// Its keys: a file, or an address.
    pub keys: String,
    /// What its tokens may be signed with.
    pub algorithms: Vec<Algorithm>,
    /// The claim that names the tenant.
    pub tenant_claim: String,
    /// The claim that names the document types.
    pub document_types_claim: String,
    /// How often an address is asked for keys.
    pub refresh: Duration,
    /// How long keys of an address hold that can't be had again.
    pub keys_max_age: Duration,
}

impl JwtConfig {
    /// Whether the keys are those of an address.
    #[must_use]
    pub fn is_address(&self) -> bool {
        self.keys.starts_with("https://") || self.keys.starts_with("http://")
    }
}

impl JwtArgs {
    pub(super) fn settle(&self) -> Result<Option<JwtConfig>, ConfigError> {
        let invalid = |key, reason| ConfigError::Invalid { key, reason };
        let (issuer, audience, keys) =
            match (self.jwt_issuer(), self.jwt_audience(), self.jwt_keys()) {
                (None, None, None) => return Ok(None),
                (Some(issuer), Some(audience), Some(keys)) => (issuer, audience, keys),
                (None, ..) => return Err(invalid("jwt_issuer", "is wanted beside the others")),
                (_, None, _) => return Err(invalid("jwt_audience", "is wanted beside jwt_issuer")),
                (.., None) => return Err(invalid("jwt_keys", "is wanted beside jwt_issuer")),
            };
        let algorithm = |text: &str| match text.trim() {
            "RS256" => Some(Algorithm::RS256),
            "ES256" => Some(Algorithm::ES256),
            "EdDSA" => Some(Algorithm::EdDSA),
            _ => None,
        };
        let algorithms = self.jwt_algorithms();
        let algorithms = algorithms.split(',').map(algorithm).collect::<Option<Vec<_>>>();
        let reason = "must be some of RS256, ES256 and EdDSA, separated by commas";
        let algorithms = algorithms.ok_or_else(|| invalid("jwt_algorithms", reason))?;
        let milliseconds = Duration::from_millis;
        let (refresh, keys_max_age) =
            (milliseconds(self.jwt_refresh_ms()), milliseconds(self.jwt_keys_max_age_ms()));
        if keys_max_age < refresh {
            return Err(invalid("jwt_keys_max_age_ms", "must not be less than jwt_refresh_ms"));
        }
        Ok(Some(JwtConfig {
            issuer,
            audience,
            keys,
            algorithms,
            tenant_claim: self.jwt_tenant_claim(),
            document_types_claim: self.jwt_document_types_claim(),
            refresh,
            keys_max_age,
        }))
    }
}
