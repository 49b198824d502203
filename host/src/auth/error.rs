//! Why somebody may not ask.

use std::time::Duration;

/// A request is refused for who sends it. No text of it holds what the client sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The request bears nothing.
    #[error("the request bears no token: send `Authorization: Bearer TOKEN`")]
    Missing,
    /// The request bears something that is not known here, or more than one thing.
    #[error("the request bears no token that is known here")]
    Invalid,
    /// The token was known, and its time is over.
    #[error("the token has expired: ask whoever runs the host for another")]
    Expired,
    /// The keys of the identity provider could not be had for too long.
    #[error("the keys of the identity provider can't be had: no token of it can be checked now")]
    Unavailable,
    /// The token does not reach the document type.
    #[error("the token does not reach this document type")]
    DocumentType,
    /// The tenant asked too often.
    #[error("more requests than the tenant may send in a minute")]
    Rate {
        /// From when on another is taken.
        after: Duration,
    },
}
