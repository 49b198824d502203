//! The forms that clients send.

use super::*;

#[test]
fn a_form_has_its_type_and_each_page_between_boundaries() {
    let body = form("utopia/passport/2024", &[b"one".to_vec(), b"two".to_vec()]);
    let text = String::from_utf8(body.to_vec()).expect("a text, as the pages are");
    let parts = text.split(&format!("--{BOUNDARY}")).collect::<Vec<_>>();
    assert_eq!(parts.len(), 5, "{text}");
    assert!(parts[1].ends_with("\r\n\r\nutopia/passport/2024\r\n"));
    assert!(parts[2].ends_with("\r\n\r\none\r\n") && parts[3].ends_with("\r\n\r\ntwo\r\n"));
    assert_eq!(parts[4], "--\r\n");
    assert!(content_type().ends_with(BOUNDARY));
}

#[test]
fn a_folder_without_documents_is_named() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let empty = tempfile::tempdir().expect("a folder");
    let refused = read(empty.path(), &root).expect_err("no document");
    assert!(refused.to_string().contains(&empty.path().display().to_string()), "{refused}");
}
