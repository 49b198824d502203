//! The headers of a request that wants to be served by what it names, and by nothing else.

use std::str::FromStr;

use axum::http::HeaderMap;
use dossier_document::Digest;
use dossier_engine::Conditions;

use super::ApiError;

const GENERATION: &str = "if-generation";
const BASE: &str = "if-base";
const ADAPTER: &str = "if-adapter";
const RULES: &str = "if-rules";

/// What the headers want.
///
/// # Errors
/// When one stands twice, or is no number or digest: what can't be read must not be passed over.
pub(super) fn conditions(headers: &HeaderMap) -> Result<Conditions, ApiError> {
    let digest = |name| one::<Digest>(headers, name, "a digest as `served_by` writes it");
    Ok(Conditions {
        generation: one(headers, GENERATION, "a whole number")?,
        base: digest(BASE)?,
        adapter: digest(ADAPTER)?,
        rules: digest(RULES)?,
    })
}

fn one<T: FromStr>(
    headers: &HeaderMap,
    name: &'static str,
    wanted: &'static str,
) -> Result<Option<T>, ApiError> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let read = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    match (read, values.next()) {
        (Some(read), None) => Ok(Some(read)),
        _ => Err(ApiError::Header { name, wanted }),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(fields: &[(&'static str, &str)]) -> Result<Conditions, ApiError> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_str(value).expect("a value"));
        }
        conditions(&headers)
    }

    #[test]
    fn what_is_named_is_wanted() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let wanted = read(&[(GENERATION, "7"), (RULES, &digest)]).expect("can be read");
        assert_eq!(wanted.generation, Some(7));
        assert_eq!(wanted.rules.map(|rules| rules.to_string()), Some(digest));
        assert_eq!((wanted.base, wanted.adapter), (None, None));
        assert_eq!(read(&[]).expect("nothing is wanted"), Conditions::default());
    }

    #[test]
    fn what_cannot_be_read_is_not_passed_over() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let twice = [(BASE, digest.as_str()), (BASE, digest.as_str())];
        let cases: [&[(&'static str, &str)]; 4] =
            [&[(GENERATION, "-1")], &[(GENERATION, "")], &[(ADAPTER, "sha256:ab")], &twice];
        for case in cases {
            assert!(matches!(read(case), Err(ApiError::Header { .. })), "{case:?}");
        }
    }
}
