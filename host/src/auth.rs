//! Who may ask: what a request bears, and whom that makes of its sender. It knows no route and no status.

use std::sync::Arc;
use std::time::Instant;

use axum::http::HeaderMap;
use jiff::Timestamp;

pub(crate) mod bearer;
use bearer::Borne;

mod caller;
pub use caller::Caller;

mod error;
pub use error::AuthError;

pub(crate) mod jwt;
use jwt::JwtVerifier;
pub use jwt::KeySourceError;

mod rates;
use rates::Rates;

pub mod token_file;
use token_file::ClientTokens;

use crate::certificates::Fingerprint;
use crate::reloaded::Reloaded;

/// What a listener knows of those who may ask.
#[derive(Debug, Default)]
pub struct Access {
    tokens: Option<Arc<Reloaded<ClientTokens>>>,
    jwt: Option<JwtVerifier>,
    rates: Rates,
}

impl Access {
    /// Everybody may ask for everything, and all of them are one tenant.
    #[must_use]
    pub fn open() -> Self {
        Self::default()
    }

    /// Whoever bears a token of the file, or of the identity provider, may ask. Without either, everybody.
    #[must_use]
    pub(crate) fn new(
        tokens: Option<Arc<Reloaded<ClientTokens>>>,
        jwt: Option<JwtVerifier>,
    ) -> Self {
        Self { tokens, jwt, rates: Rates::default() }
    }

    /// Who sends a request, by its head, or else by the certificate that was shown for its connection. It
    /// counts as one of the tenant's requests.
    ///
    /// # Errors
    /// When nobody is known by what it bears, or the tenant has asked too often.
    pub(crate) async fn caller(
        &self,
        headers: &HeaderMap,
        certificate: Option<Fingerprint>,
    ) -> Result<Arc<Caller>, AuthError> {
        let borne = bearer::borne(headers);
        let caller = match (&self.jwt, &self.tokens, borne) {
            (None, None, _) => return Ok(Arc::new(Caller::anybody())),
            (Some(jwt), _, Borne::Token(token)) if JwtVerifier::is_jwt(token) => {
                jwt.caller(token).await?
            }
            (_, Some(tokens), borne) => {
                tokens.current().caller(borne, certificate, Timestamp::now())?
            }
            (Some(_), None, Borne::Nothing) => return Err(AuthError::Missing),
            (Some(_), None, Borne::Something | Borne::Token(_)) => return Err(AuthError::Invalid),
        };
        self.rates.take(&caller, Instant::now())?;
        Ok(caller)
    }
}

#[cfg(test)]
mod tests;
