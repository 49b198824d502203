//! What a part says of itself beyond what the form's parser reads (RFC 7578, RFC 6266).

use axum::http::header::CONTENT_DISPOSITION;
use multer::Field;

/// Whether the part names a file, in plain letters or coded (`filename*`). RFC 7578 wants the plain
/// one, but some clients send the other alone.
pub(super) fn names_a_file(part: &Field<'_>) -> bool {
    part.file_name().is_some()
        || part
            .headers()
            .get(CONTENT_DISPOSITION)
            .is_some_and(|value| has_parameter(value.as_bytes(), b"filename*"))
}

/// Whether a header value has a parameter of that name, outside quotes.
fn has_parameter(value: &[u8], name: &[u8]) -> bool {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let parameters = value.split(|byte| {
        let is_end = *byte == b';' && !is_quoted;
        is_quoted ^= *byte == b'"' && !is_escaped;
        is_escaped = is_quoted && *byte == b'\\' && !is_escaped;
        is_end
    });
    parameters.skip(1).any(|parameter| {
        let mut halves = parameter.splitn(2, |byte| *byte == b'=');
        let own = halves.next().unwrap_or_default().trim_ascii();
        own.eq_ignore_ascii_case(name) && halves.next().is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_outside_quotes() {
        for (value, found) in [
            ("form-data; name=\"a\"; filename*=UTF-8''p%C3%A4ss.png", true),
            ("form-data; FileName* = UTF-8''p.png; name=a", true),
            ("form-data; name=\"a; filename*=x\"", false),
            ("form-data; name=\"a\\\"; filename*=x\"", false),
            ("form-data; name=a; filename*", false),
            ("filename*=x", false),
            ("", false),
        ] {
            assert_eq!(has_parameter(value.as_bytes(), b"filename*"), found, "{value}");
        }
    }
}
