//! Pages under the limits of their document.

use super::*;
use crate::testing::png;

fn decoder(page_pixels: u64, document_pixels: u64) -> PageDecoder {
    PageDecoder::new(1, 1 << 20, DocumentLimits { pages: 8, page_pixels, document_pixels }, None)
}

#[tokio::test]
async fn pages_come_back_in_their_order() {
    let pages = decoder(100, 200)
        .decode(vec![png(4, 3), png(5, 2)], 8, &Tenant::anonymous())
        .await
        .expect("valid");
    let sizes =
        pages.found.images.iter().map(|page| (page.width(), page.height())).collect::<Vec<_>>();
    assert_eq!(sizes, [(4, 3), (5, 2)]);
}

#[tokio::test]
async fn the_page_at_fault_is_named() {
    let files = vec![png(4, 3), Bytes::from_static(b"GIF89a, or so it says")];
    let error =
        decoder(100, 200).decode(files, 8, &Tenant::anonymous()).await.expect_err("no page");
    assert!(matches!(error, EngineError::Page { page: 1, .. }), "{error:?}");
    assert!(error.to_string().starts_with("page 2: "), "{error}");
}

/// Two pages of 32 x 16 pixels.
fn two_pages() -> Bytes {
    Bytes::from_static(include_bytes!("../../../image-decode/fixtures/two-pages.pdf"))
}

#[tokio::test]
async fn files_of_several_pages_stand_among_others_in_their_order() {
    let files = vec![png(4, 3), two_pages(), png(5, 2)];
    let anonymous = Tenant::anonymous();
    let pages = decoder(512, 2048).decode(files, 4, &anonymous).await.expect("valid");
    let sizes = pages.found.images.iter().map(|page| (page.width(), page.height()));
    assert_eq!(sizes.collect::<Vec<_>>(), [(4, 3), (32, 16), (32, 16), (5, 2)]);
    let files = vec![two_pages(), Bytes::from_static(b"GIF89a, or so it says")];
    let error = decoder(512, 2048).decode(files, 4, &anonymous).await.expect_err("no page");
    assert!(matches!(error, EngineError::Page { page: 2, .. }), "{error:?}");
}

#[tokio::test]
async fn pages_of_all_files_are_counted_before_one_is_looked_at() {
    // Each page alone would be too large.
    let files = vec![two_pages(), two_pages()];
    let error = decoder(1, 1).decode(files, 3, &Tenant::anonymous()).await.expect_err("four");
    assert!(matches!(error, EngineError::TooManyPages { pages: 4, limit: 3 }), "{error:?}");
}

#[tokio::test]
async fn a_page_beyond_its_own_limit_is_too_large() {
    let error = decoder(11, 200)
        .decode(vec![png(4, 3)], 8, &Tenant::anonymous())
        .await
        .expect_err("12 pixels");
    let is_too_large = |source: &DecodeError| matches!(source, DecodeError::TooLarge { .. });
    assert!(
        matches!(&error, EngineError::Page { page: 0, source } if is_too_large(source)),
        "{error:?}"
    );
}

#[tokio::test]
async fn pages_beyond_the_limit_of_the_document_are_too_large_together() {
    let error = decoder(12, 20)
        .decode(vec![png(4, 3), png(4, 3)], 8, &Tenant::anonymous())
        .await
        .expect_err("24 pixels");
    assert!(matches!(error, EngineError::DocumentTooLarge { page: 1, limit: 20 }), "{error:?}");
}

#[test]
fn pages_that_nobody_waits_for_any_more_are_not_decoded() {
    let limits = DocumentLimits { pages: 8, page_pixels: 100, document_pixels: 200 };
    let (waits, is_waited_for) = waiting();
    let pages = [png(4, 3), png(4, 3)];
    assert_eq!(decode_document(&pages, &limits, &is_waited_for).expect("decoded").len(), 2);
    drop(waits);
    let left = decode_document(&pages, &limits, &is_waited_for);
    assert!(matches!(left, Err(EngineError::Left)));
    // Looked at before each page: a client may leave in the midst of them.
    let asked = std::cell::Cell::new(0);
    let leaves = || {
        asked.set(asked.get() + 1);
        asked.get() < 2
    };
    assert!(matches!(decode_document(&pages, &limits, &leaves), Err(EngineError::Left)));
    assert_eq!(asked.get(), 2);
}
