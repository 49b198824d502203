//! Buffers that fit, and redaction.

use super::*;

#[test]
fn refuses_buffers_of_another_length() {
    assert!(PageImage::new(2, 2, vec![0; 12]).is_ok());
    assert!(PageImage::new(2, 2, vec![0; 11]).is_err());
    assert!(PageImage::new(0, 2, Vec::new()).is_err());
    assert!(PageImage::new(u32::MAX, u32::MAX, Vec::new()).is_err());
}

#[test]
fn debug_shows_no_pixel() {
    let page = PageImage::new(1, 1, vec![171, 205, 239]).expect("one pixel");
    assert_eq!(format!("{page:?}"), "PageImage(1 x 1)");
}
