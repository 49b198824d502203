//! Connections as bytes, cut anywhere.

use super::*;

/// Whole, and byte by byte: where it is cut makes no difference.
fn taken(bytes: &str) -> Result<Taken, HeadError> {
    let whole = Heads::new().take(bytes.as_bytes());
    let mut heads = Heads::new();
    let mut complete = 0;
    for byte in bytes.as_bytes() {
        match heads.take(&[*byte]) {
            Ok(Taken::Passed { heads }) => complete += heads,
            refused => {
                assert_eq!(refused, whole, "cut into bytes: {bytes:?}");
                return whole;
            }
        }
    }
    assert_eq!(whole, Ok(Taken::Passed { heads: complete }), "{bytes:?}");
    whole
}

const GET: &str = "GET /livez HTTP/1.1\r\nhost: a\r\n\r\n";

#[test]
fn heads_are_found_between_bodies() {
    let passed = |heads| Ok(Taken::Passed { heads });
    assert_eq!(taken(GET), passed(1));
    assert_eq!(taken(&GET.repeat(3)), passed(3));
    assert_eq!(taken(&format!("\r\n\r\n{GET}")), passed(1));
    let post = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 6\r\n\r\na\nb\n\n\n";
    assert_eq!(taken(&format!("{post}{GET}")), passed(2));
    let head = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunks = "3;x=y\r\na\nb\r\nA \r\n0123456789\r\n0\r\n";
    assert_eq!(taken(&format!("{head}{chunks}\r\n{GET}")), passed(2));
    assert_eq!(taken(&format!("{head}{chunks}x: y\r\nz: a\r\n\r\n{GET}")), passed(2));
}

#[test]
fn a_head_that_can_be_read_in_two_ways_is_refused_wherever_it_stands() {
    let bare = "GET / HTTP/1.1\nhost: a\n\n";
    assert_eq!(taken(bare), Err(HeadError::BareLineFeed));
    assert_eq!(taken(&format!("{GET}{bare}")), Err(HeadError::BareLineFeed));
    let post = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nab";
    let two = "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n";
    assert_eq!(taken(&format!("{post}{two}")), Err(HeadError::Host { count: 2 }));
    let long = format!("GET / HTTP/1.1\r\nx: {}", "x".repeat(MAX_HEAD_BYTES));
    assert_eq!(taken(&long), Err(HeadError::TooLong));
    assert_eq!(taken(&"\r\n".repeat(MAX_HEAD_BYTES)), Err(HeadError::TooLong));
}

#[test]
fn a_chunk_that_follows_no_rule_ends_everything() {
    let head = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
    for chunks in ["x\r\n", "-1\r\n", "\r\n", "1\na\r\n", "fffffffffffffffff\r\n"] {
        assert_eq!(taken(&format!("{head}{chunks}")), Ok(Taken::BrokenBody), "{chunks:?}");
    }
    let endless = format!("{head}1;{}", "x".repeat(MAX_CHUNK_LINE_BYTES));
    assert_eq!(taken(&endless), Ok(Taken::BrokenBody));
    let trailers = format!("{head}0\r\n{}", "x: y\r\n".repeat(MAX_TRAILER_BYTES));
    assert_eq!(taken(&trailers), Ok(Taken::BrokenBody));
}
