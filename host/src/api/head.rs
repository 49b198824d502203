//! The head of a request, judged before anything reads it.
//!
//! hyper takes heads that another reader in front of it may read otherwise: lines that end in a line feed
//! alone, two `Host` fields, a body whose length is stated twice. Whoever can make two readers disagree can
//! hide a request in another's body. What passes here can be read in one way.

use axum::http::Uri;
use httparse::{EMPTY_HEADER, Status};

use crate::config::defaults::{MAX_HEAD_BYTES, MAX_HEADERS};

/// A head is refused. No text of it holds what the client sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// It is no HTTP/1 request.
    #[error("the head is not one of an HTTP/1.1 request")]
    Malformed,
    /// A line ends in a line feed alone.
    #[error("a line of the head ends without a carriage return")]
    BareLineFeed,
    /// There is not one `Host`.
    #[error("the head has {count} Host fields; exactly one is wanted")]
    Host {
        /// How many there are.
        count: usize,
    },
    /// The length of the body can be read in more than one way, or in none.
    #[error(
        "the head must state the length of the body once: one content-length, \
         or transfer-encoding with chunked alone"
    )]
    Length,
    /// It is too long.
    #[error("the head is longer than {MAX_HEAD_BYTES} bytes")]
    TooLong,
    /// It has too many fields.
    #[error("the head has more than {MAX_HEADERS} fields")]
    TooManyFields,
    /// It did not arrive in time.
    #[error("the head did not arrive in time")]
    Timeout,
}

/// How long the body behind a head is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// So many bytes; none, where the head states no length.
    Bytes(u64),
    /// Chunks up to one of no bytes.
    Chunks,
}

/// Judges a whole head, its last empty line included, whose lines all end in CR LF.
///
/// # Errors
/// What can be read in more than one way, or is no request.
pub(crate) fn judge(head: &[u8]) -> Result<Framing, HeadError> {
    let mut headers = [EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(head) {
        Ok(Status::Complete(length)) if length == head.len() => {}
        Err(httparse::Error::TooManyHeaders) => return Err(HeadError::TooManyFields),
        Ok(_) | Err(_) => return Err(HeadError::Malformed),
    }
    request.path.and_then(|path| path.parse::<Uri>().ok()).ok_or(HeadError::Malformed)?;
    let is_1_1 = request.version == Some(1);

    let values = |name: &'static str| {
        let of_name =
            request.headers.iter().filter(move |field| field.name.eq_ignore_ascii_case(name));
        of_name.map(|field| field.value)
    };
    let count = values("host").count();
    if count > 1 || (is_1_1 && count == 0) {
        return Err(HeadError::Host { count });
    }
    let mut lengths = values("content-length");
    let mut encodings = values("transfer-encoding");
    let stated = (lengths.next(), lengths.next(), encodings.next(), encodings.next());
    match stated {
        (None, None, None, None) => Ok(Framing::Bytes(0)),
        (Some(length), None, None, None) => decimal(length).map(Framing::Bytes),
        (None, None, Some(encoding), None)
            if is_1_1 && encoding.eq_ignore_ascii_case(b"chunked") =>
        {
            Ok(Framing::Chunks)
        }
        _ => Err(HeadError::Length),
    }
}

fn decimal(text: &[u8]) -> Result<u64, HeadError> {
    let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(text).ok().filter(|_| is_number);
    text.and_then(|text| text.parse().ok()).ok_or(HeadError::Length)
}

#[cfg(test)]
mod tests;
