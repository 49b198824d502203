//! Heads, judged.

use super::*;

fn judged(lines: &[&str]) -> Result<Framing, HeadError> {
    judge(lines.iter().map(|line| format!("{line}\r\n")).collect::<String>().as_bytes())
}

#[test]
fn the_length_of_a_body_is_stated_once_or_not_at_all() {
    let post = |fields: &[&str]| {
        judged(&[&["POST /v1/extract HTTP/1.1", "Host: a"], fields, &[""]].concat())
    };
    assert_eq!(post(&[]), Ok(Framing::Bytes(0)));
    assert_eq!(post(&["Content-Length: 12"]), Ok(Framing::Bytes(12)));
    assert_eq!(post(&["Transfer-Encoding: Chunked"]), Ok(Framing::Chunks));
    for fields in [
        &["content-length: 1", "content-length: 1"][..],
        &["content-length: 1, 1"],
        &["content-length: +1"],
        &["content-length: "],
        &["content-length: 99999999999999999999"],
        &["content-length: 1", "transfer-encoding: chunked"],
        &["transfer-encoding: chunked", "transfer-encoding: chunked"],
        &["transfer-encoding: gzip, chunked"],
        &["transfer-encoding: identity"],
    ] {
        assert_eq!(post(fields), Err(HeadError::Length), "{fields:?}");
    }
    let old = ["POST / HTTP/1.0", "Host: a", "transfer-encoding: chunked", ""];
    assert_eq!(judged(&old), Err(HeadError::Length));
}

#[test]
fn there_is_one_host() {
    assert_eq!(judged(&["GET / HTTP/1.1", ""]), Err(HeadError::Host { count: 0 }));
    let two = ["GET / HTTP/1.1", "host: a", "HOST: a", ""];
    assert_eq!(judged(&two), Err(HeadError::Host { count: 2 }));
    assert_eq!(judged(&["GET / HTTP/1.0", ""]), Ok(Framing::Bytes(0)));
}

#[test]
fn what_is_no_request_is_refused() {
    for lines in [
        &["no request at all", ""][..],
        &["GET / HTTP/1.1", "host : a", ""],
        &["GET / HTTP/1.1", "host: a", " folded", ""],
        &["GET /\u{7f}\u{80} HTTP/1.1", "host: a", ""],
        &["GET  /  HTTP/1.1", "host: a", ""],
        &["GET htt:p// HTTP/1.1", "host: a", ""],
        &["PRI * HTTP/2.0", ""],
    ] {
        assert_eq!(judged(lines), Err(HeadError::Malformed), "{lines:?}");
    }
    let many = (0..=MAX_HEADERS).map(|n| format!("x-{n}: 1")).collect::<Vec<_>>();
    let mut lines = vec!["GET / HTTP/1.1"];
    lines.extend(many.iter().map(String::as_str));
    lines.push("");
    assert_eq!(judged(&lines), Err(HeadError::TooManyFields));
}
