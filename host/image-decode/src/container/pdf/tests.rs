//! PDFs made by hand, and those of other programs.

use std::fs;
use std::path::Path;

use dossier_document::PageImage;

use super::*;
use crate::testing::pdf::{Objects as Written, PageParts};
use crate::{DecodeLimits, Limit, PageFile, PageHeader, decode_page, read_header};

mod damage;
mod files;
mod pictures;

const RED: [u8; 3] = [255, 0, 0];
const GREEN: [u8; 3] = [0, 255, 0];
const BLUE: [u8; 3] = [0, 0, 255];
const BLACK: [u8; 3] = [0, 0, 0];
/// What the fixtures show, clockwise from the left upper quarter.
const UPRIGHT: [[u8; 3]; 4] = [RED, GREEN, BLUE, BLACK];

const JPEG: &str = "/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode";
const A5: &str = "/MediaBox[0 0 320 160]";
const WHOLE: &str = "q 320 0 0 160 0 0 cm /I Do Q";

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)).expect("a fixture")
}

/// A page that shows the JPEG of the fixtures, 32 x 16 pixels, all over.
fn scan(jpeg: &[u8]) -> PageParts<'_> {
    let (page, operators) = (A5, WHOLE);
    PageParts { picture: JPEG, size: (32, 16), data: jpeg, page, operators, resources: "" }
}

fn decode(file: &[u8]) -> Result<PageImage, DecodeError> {
    decode_page(file, &DecodeLimits::default())
}

fn header(file: &[u8]) -> PageHeader {
    read_header(file, &DecodeLimits::default()).expect("a header")
}

/// The four quarters, clockwise from the left upper one, each seen at its centre.
fn quarters(page: &PageImage) -> [[u8; 3]; 4] {
    let (width, height) = (page.width() as usize, page.height() as usize);
    [(1, 1), (3, 1), (3, 3), (1, 3)].map(|(x, y)| {
        let at = ((height * y / 4) * width + width * x / 4) * 3;
        [page.rgb()[at], page.rgb()[at + 1], page.rgb()[at + 2]]
    })
}

#[track_caller]
fn assert_shows(file: &[u8], size: (u32, u32), expected: [[u8; 3]; 4]) {
    let page = decode(file).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((page.width(), page.height()), size);
    let seen = quarters(&page);
    let differs = |(seen, expected): (&u8, &u8)| seen.abs_diff(*expected) > 12;
    let any = seen.as_flattened().iter().zip(expected.as_flattened()).any(differs);
    assert!(!any, "{seen:?} is not {expected:?}");
}

#[track_caller]
fn assert_unsupported(file: &[u8], said: &str) {
    match decode(file).map(|_| ()) {
        Err(DecodeError::UnsupportedVariety { format: PageFormat::Pdf, feature }) => {
            assert!(feature.contains(said), "{feature:?} is not {said:?}");
        }
        other => panic!("{said}: {other:?}"),
    }
}

#[track_caller]
fn assert_corrupt(file: &[u8], what: &str) {
    assert_eq!(decode(file).map(|_| ()), Err(CORRUPT), "{what}");
}
