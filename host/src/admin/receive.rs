//! An archive off the wire and onto the disk, under a length and a time.

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use dossier_engine::reload::Upload;
use http_body_util::BodyExt as _;
use tokio::time::timeout;

use crate::api::{ApiError, discard};
use crate::config::HttpLimits;

/// Bytes that are gathered before they are written.
const WRITTEN_AT_A_TIME: usize = 1 << 18;

/// Receives an archive.
///
/// # Errors
/// When it is longer or slower than allowed, or the client stops.
pub(super) async fn receive(
    headers: &HeaderMap,
    body: Body,
    limits: &HttpLimits,
    upload: &mut Upload,
) -> Result<(), ApiError> {
    let most_bytes = Upload::most_bytes();
    let limit = usize::try_from(most_bytes).unwrap_or(usize::MAX);
    let declared = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<u64>().ok());
    if declared.is_some_and(|declared| declared > most_bytes) {
        discard(headers, body);
        return Err(ApiError::BodyTooLarge { limit });
    }
    let received = timeout(limits.body_timeout, receive_whole(body, most_bytes, upload)).await;
    match received.map_err(|_| ApiError::BodyTimeout)?? {
        Whole::Received => Ok(()),
        Whole::TooLarge(rest) => {
            discard(headers, rest);
            Err(ApiError::BodyTooLarge { limit })
        }
    }
}

enum Whole {
    Received,
    TooLarge(Body),
}

async fn receive_whole(
    mut body: Body,
    most_bytes: u64,
    upload: &mut Upload,
) -> Result<Whole, ApiError> {
    let mut gathered = Vec::with_capacity(WRITTEN_AT_A_TIME);
    let mut received = 0_u64;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| ApiError::BodyBroken)?;
        let Some(data) = frame.data_ref() else { continue };
        received += data.len() as u64;
        if received > most_bytes {
            return Ok(Whole::TooLarge(body));
        }
        gathered.extend_from_slice(data);
        if gathered.len() >= WRITTEN_AT_A_TIME {
            upload.write(Bytes::from(std::mem::take(&mut gathered))).await?;
        }
    }
    upload.write(Bytes::from(gathered)).await?;
    Ok(Whole::Received)
}
