//! Bearer tokens, known by their digests alone: of clients, and of the admin API.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The SHA-256 of a token's text. A token is 256 random bits, so there is nothing to be guessed that a
/// slower digest would guard.
pub(crate) type TokenDigest = [u8; 32];

/// What a request bears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Borne<'a> {
    /// No `Authorization` at all.
    Nothing,
    /// Two of them, another scheme, or no text.
    Something,
    /// The text of a bearer token.
    Token(&'a str),
}

/// What the head of a request bears.
pub(crate) fn borne(headers: &HeaderMap) -> Borne<'_> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (first, second) = (values.next(), values.next());
    let Some(value) = first else { return Borne::Nothing };
    let token = value.to_str().ok().and_then(|text| text.split_once(' '));
    match token {
        Some((scheme, token)) if second.is_none() && scheme.eq_ignore_ascii_case("bearer") => {
            Borne::Token(token.trim())
        }
        _ => Borne::Something,
    }
}

/// The entry of this digest. It is compared in constant time, and with every entry, so that the time
/// of a refusal tells nothing.
pub(crate) fn find<'a, T>(
    digest: &TokenDigest,
    entries: &'a [T],
    digest_of: impl Fn(&T) -> &TokenDigest,
) -> Option<&'a T> {
    let mut found = None;
    for entry in entries {
        if bool::from(digest_of(entry).ct_eq(digest.as_slice())) {
            found = Some(entry);
        }
    }
    found
}

/// The digest of a token's text.
pub(crate) fn digest(token: &str) -> TokenDigest {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn of(values: &[&str]) -> HeaderMap {
        let values = values.iter().map(|value| HeaderValue::from_str(value).expect("a value"));
        values.map(|value| (AUTHORIZATION, value)).collect()
    }

    #[test]
    fn one_token_is_borne_or_none() {
        assert_eq!(borne(&of(&[])), Borne::Nothing);
        assert_eq!(borne(&of(&["Bearer abc"])), Borne::Token("abc"));
        assert_eq!(borne(&of(&["bearer  abc "])), Borne::Token("abc"));
        for values in [&["abc"][..], &["Basic abc"], &["Bearer"], &["Bearer a", "Bearer b"]] {
            assert_eq!(borne(&of(values)), Borne::Something, "{values:?}");
        }
    }

    #[test]
    fn a_token_is_found_by_its_digest_and_the_digest_is_no_token() {
        let entries = ["first", "second"].map(digest);
        assert_eq!(find(&digest("second"), &entries, |entry| entry), Some(&entries[1]));
        let shown = entries[0].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        for text in ["", "firs", "first ", &shown] {
            assert_eq!(find(&digest(text), &entries, |entry| entry), None, "{text}");
        }
    }
}
