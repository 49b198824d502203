//! A request body, whole, under a length and a time.

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, EXPECT};
use http_body_util::BodyExt as _;
use std::time::Duration;
use tokio::time::timeout;

use super::ApiError;
use crate::config::HttpLimits;

/// How much of a refused body is still taken off the wire, and for how long. A client that writes
/// into a closed connection never sees why it was refused.
const DISCARD_BYTES: usize = 64 * 1024 * 1024;
const DISCARD_TIMEOUT: Duration = Duration::from_secs(2);

/// Reads a whole body.
///
/// # Errors
/// When it is longer or slower than allowed, or the client stops.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    limits: &HttpLimits,
) -> Result<Bytes, ApiError> {
    let limit = limits.body_bytes;
    let declared = declared_length(headers);
    if declared.is_some_and(|declared| declared > limit as u64) {
        discard(headers, body);
        return Err(ApiError::BodyTooLarge { limit });
    }
    let whole = collect(body, limit, declared.unwrap_or(0));
    match timeout(limits.body_timeout, whole).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(Unfinished::TooLarge(rest))) => {
            discard(headers, rest);
            Err(ApiError::BodyTooLarge { limit })
        }
        Ok(Err(Unfinished::Broken)) => Err(ApiError::BodyBroken),
        Err(_) => Err(ApiError::BodyTimeout),
    }
}

/// The length that the head states.
pub(super) fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Takes a bounded rest of a refused body off the wire, in the background.
pub(crate) fn discard(headers: &HeaderMap, mut body: Body) {
    // A client that asks before it sends has sent nothing, and reading would tell it to.
    if headers.contains_key(EXPECT) {
        return;
    }
    tokio::spawn(async move {
        let mut discarded = 0;
        let rest = async {
            while let Some(Ok(frame)) = body.frame().await {
                discarded += frame.data_ref().map_or(0, Bytes::len);
                if discarded > DISCARD_BYTES {
                    break;
                }
            }
        };
        // Elapsed or not, the body is dropped now and hyper closes what is left of it.
        let _ = timeout(DISCARD_TIMEOUT, rest).await;
    });
}

enum Unfinished {
    TooLarge(Body),
    Broken,
}

async fn collect(mut body: Body, limit: usize, declared: u64) -> Result<Bytes, Unfinished> {
    // The declared length is at most the limit, and so is what it allocates.
    let mut bytes = Vec::with_capacity(usize::try_from(declared).unwrap_or(0).min(limit));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Unfinished::Broken)?;
        let Some(data) = frame.data_ref() else { continue };
        if bytes.len() + data.len() > limit {
            return Err(Unfinished::TooLarge(body));
        }
        bytes.extend_from_slice(data);
    }
    Ok(bytes.into())
}
