//! What is kept of what a component writes to its standard error.

use super::*;

#[test]
fn the_beginning_is_kept_and_steers_no_terminal() {
    let said = Said::default();
    assert_eq!(said.text(), None);
    said.keep(b"TypeError: \x1b[31mno\n\n  at app.js:11\r\n");
    assert_eq!(said.text().as_deref(), Some("TypeError: [31mno | at app.js:11"));
    said.keep(&[b'x'; 2 * MOST_BYTES]);
    assert!(said.text().expect("kept").len() <= MOST_BYTES);
    let broken = Said::default();
    broken.keep(&[0xff, b'a']);
    assert_eq!(broken.text().as_deref(), Some("\u{fffd}a"));
}
