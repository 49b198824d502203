//! The file of clients' tokens: JSON, written by `dossier token` and read by the host again and again. It
//! holds digests; a token itself is nowhere.

use std::path::Path;
use std::sync::Arc;

use dossier_document::Tenant;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::bearer::{self, Borne, TokenDigest};
use super::{AuthError, Caller};
use crate::certificates::Fingerprint;
use crate::config::patterns_of;
use crate::reloaded::{FileError, Reloaded, read_bounded};

mod entry;
pub use entry::{Secret, TokenEntry};

mod write;
pub use write::{add, add_certificate, revoke};

/// Longest file, in bytes.
pub const MOST_BYTES: usize = 1 << 20;
/// Most tokens of a file.
pub const MOST_TOKENS: usize = 1_000;
/// Most patterns of document types of a token.
const MOST_PATTERNS: usize = 1_000;
/// Most requests a minute of a tenant.
pub(crate) const MOST_REQUESTS_A_MINUTE: u32 = 1_000_000;
/// Most documents of a tenant at a time.
pub(crate) const MOST_CONCURRENT_DOCUMENTS: u32 = 65_536;

/// Clients' tokens, as the host asks them.
#[derive(Debug)]
pub(crate) struct ClientTokens {
    tokens: Vec<ClientToken>,
    certificates: Vec<ClientToken>,
}

struct ClientToken {
    /// Of a token's text, or of a certificate.
    digest: TokenDigest,
    expires: Option<Timestamp>,
    caller: Arc<Caller>,
}

impl std::fmt::Debug for ClientToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientToken").field("caller", &self.caller).finish_non_exhaustive()
    }
}

/// What stands in the file.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenFile {
    pub(super) tokens: Vec<TokenEntry>,
}

impl ClientTokens {
    /// The tokens of a file, which is read again when it changes.
    ///
    /// # Errors
    /// When it can't be read, or an entry makes no sense.
    pub(crate) fn load(path: &Path) -> Result<Reloaded<Self>, FileError> {
        let named = path.to_owned();
        Reloaded::load(vec![path.to_owned()], MOST_BYTES, move |files| {
            let bytes = files.first().map(Vec::as_slice).unwrap_or_default();
            Self::of(&TokenFile::parse(bytes, &named)?, &named)
        })
    }

    fn of(file: &TokenFile, path: &Path) -> Result<Self, FileError> {
        let mut read = Self { tokens: Vec::new(), certificates: Vec::new() };
        for (index, entry) in file.tokens.iter().enumerate() {
            let token = entry.read().map_err(|(key, reason)| FileError::Content {
                path: path.to_owned(),
                reason: format!("tokens: entry {}: {key}: {reason}", index + 1),
            })?;
            match entry.certificate_sha256 {
                Some(_) => read.certificates.push(token),
                None => read.tokens.push(token),
            }
        }
        Ok(read)
    }

    /// Whose token a request bears; where it bears none, whose certificate was shown for its connection.
    ///
    /// # Errors
    /// When it bears none, one that is not known, or one whose time is over.
    pub(super) fn caller(
        &self,
        borne: Borne<'_>,
        certificate: Option<Fingerprint>,
        now: Timestamp,
    ) -> Result<Arc<Caller>, AuthError> {
        let found = match (borne, certificate) {
            (Borne::Nothing, None) => return Err(AuthError::Missing),
            (Borne::Something, _) => return Err(AuthError::Invalid),
            (Borne::Token(token), _) => {
                bearer::find(&bearer::digest(token), &self.tokens, |token| &token.digest)
            }
            (Borne::Nothing, Some(Fingerprint(digest))) => {
                bearer::find(&digest, &self.certificates, |token| &token.digest)
            }
        };
        let found = found.ok_or(AuthError::Invalid)?;
        if found.expires.is_some_and(|expires| expires <= now) {
            return Err(AuthError::Expired);
        }
        Ok(Arc::clone(&found.caller))
    }
}

impl TokenFile {
    /// What stands in a file of these bytes.
    ///
    /// # Errors
    /// When it is no JSON as documented, has too many tokens, or two of one id or digest.
    fn parse(bytes: &[u8], path: &Path) -> Result<Self, FileError> {
        let content = |reason| FileError::Content { path: path.to_owned(), reason };
        let file = serde_json::from_slice::<Self>(bytes).map_err(|error| {
            // serde quotes texts, and one may be a token that somebody put in a wrong place.
            let (line, column) = (error.line(), error.column());
            content(format!("line {line}, column {column}: {}", what_of(&error)))
        })?;
        if file.tokens.len() > MOST_TOKENS {
            return Err(content(format!("more than {MOST_TOKENS} tokens")));
        }
        for (index, entry) in file.tokens.iter().enumerate() {
            let before = &file.tokens[..index];
            let twice = |key| content(format!("tokens: entry {}: {key} stands twice", index + 1));
            if before.iter().any(|other| other.id == entry.id) {
                return Err(twice("id"));
            }
            let has_same = |other: &TokenEntry| {
                (&other.sha256, &other.certificate_sha256)
                    == (&entry.sha256, &entry.certificate_sha256)
            };
            if before.iter().any(has_same) {
                return Err(twice("sha256"));
            }
        }
        Ok(file)
    }
}

fn what_of(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Io | serde_json::error::Category::Eof => "it breaks off",
        serde_json::error::Category::Syntax => "it is no JSON",
        serde_json::error::Category::Data => "a key or a value that is not as documented",
    }
}

/// The entries of a file, for people.
///
/// # Errors
/// As for the host.
pub fn list(path: &Path) -> Result<Vec<TokenEntry>, FileError> {
    let file = TokenFile::parse(&read_bounded(path, MOST_BYTES)?, path)?;
    ClientTokens::of(&file, path)?;
    Ok(file.tokens)
}

#[cfg(test)]
mod tests;
