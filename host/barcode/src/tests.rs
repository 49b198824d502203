//! Barcodes that rxing writes, read again: whole, turned, scratched, many, none.

use dossier_document::{Barcode, PageImage, Symbology};
use proptest::prelude::*;
use rxing::Writer;
use rxing::aztec::AztecWriter;
use rxing::datamatrix::DataMatrixWriter;
use rxing::pdf417::PDF417Writer;
use rxing::qrcode::QRCodeWriter;

use super::{MOST_OF_A_KIND, format, read};

/// The first lines of a licence as AAMVA DL/ID Card Design Standard 2025, annex D, has them.
const LICENCE: &str = "@\n\u{1e}\rANSI 636000110002DL00410278ZV03190008DLDAQT64235789\nDCSSAMPLE\nDACMICHAEL\nDBB06061986\nDBA12102030\nDAJVA\n\r";

/// A barcode drawn in black on a white page of `width` x `height` pixels, its left upper corner at `(x, y)`,
/// each module `module` pixels wide.
fn page_with(
    symbology: Symbology,
    content: &str,
    module: u32,
    (x, y): (u32, u32),
    (width, height): (u32, u32),
) -> PageImage {
    let format = format(symbology);
    let modules = match symbology {
        Symbology::Pdf417 => PDF417Writer.encode(content, &format, 0, 0),
        Symbology::Qr => QRCodeWriter.encode(content, &format, 0, 0),
        Symbology::Aztec => AztecWriter.encode(content, &format, 0, 0),
        Symbology::DataMatrix => DataMatrixWriter.encode(content, &format, 0, 0),
    };
    let modules = modules.expect("it can be written");
    let mut rgb = vec![255; 3 * (width * height) as usize];
    for row in 0..modules.getHeight() * module {
        for column in 0..modules.getWidth() * module {
            let (at_x, at_y) = (x + column, y + row);
            if modules.get(column / module, row / module) && at_x < width && at_y < height {
                let at = 3 * (at_y * width + at_x) as usize;
                rgb[at..at + 3].fill(20);
            }
        }
    }
    PageImage::new(width, height, rgb).expect("a page")
}

/// The page turned by a quarter, clockwise.
fn turned(page: &PageImage) -> PageImage {
    let (width, height) = (page.width() as usize, page.height() as usize);
    let mut rgb = Vec::with_capacity(page.rgb().len());
    for y in 0..width {
        for x in 0..height {
            let at = 3 * ((height - 1 - x) * width + y);
            rgb.extend_from_slice(&page.rgb()[at..at + 3]);
        }
    }
    PageImage::new(page.height(), page.width(), rgb).expect("a page")
}

/// Left top, right top, right bottom, left bottom of what is not white.
fn dark_box(page: &PageImage) -> [(f64, f64); 4] {
    let width = page.width() as usize;
    let dark = page.rgb().chunks_exact(3).enumerate().filter(|(_, rgb)| rgb[0] < 128);
    let places = dark.map(|(index, _)| (index % width, index / width)).collect::<Vec<_>>();
    let xs = places.iter().map(|place| place.0 as f64);
    let ys = places.iter().map(|place| place.1 as f64);
    let (left, right) = (xs.clone().fold(f64::MAX, f64::min), xs.fold(0.0, f64::max));
    let (top, bottom) = (ys.clone().fold(f64::MAX, f64::min), ys.fold(0.0, f64::max));
    [(left, top), (right, top), (right, bottom), (left, bottom)]
}

fn contents(found: &[Barcode]) -> Vec<(Symbology, &str)> {
    found.iter().map(|barcode| (barcode.symbology, barcode.content.expose())).collect()
}

#[test]
fn each_kind_is_read_and_said_where() {
    for symbology in Symbology::ALL {
        let page = page_with(symbology, "TEST 12345 TEST", 4, (150, 90), (800, 600));
        let found = read(2, &page, &Symbology::ALL).expect("it looks");
        assert_eq!(contents(&found), [(symbology, "TEST 12345 TEST")]);
        assert_eq!(found[0].page, 2);
        let [left_top, _, right_bottom, _] = found[0].corners;
        assert!(left_top.x >= 140.0 && left_top.y >= 80.0, "{symbology}: {left_top:?}");
        assert!(right_bottom.x < 800.0 && right_bottom.y < 600.0, "{symbology}: {right_bottom:?}");
        assert!(right_bottom.x > left_top.x + 20.0, "{symbology}: {right_bottom:?}");
    }
}

#[test]
fn a_licence_is_read_by_any_quarter_turn_control_characters_and_all() {
    let mut page = page_with(Symbology::Pdf417, LICENCE, 2, (40, 60), (900, 700));
    for turn in 0..4 {
        let found = read(0, &page, &[Symbology::Pdf417]).expect("it looks");
        assert_eq!(contents(&found), [(Symbology::Pdf417, LICENCE)], "{turn} quarter turns");
        let dark = dark_box(&page);
        for (said, drawn) in found[0].corners.iter().zip(dark) {
            // A decoder marks the middles of some bars.
            let apart = (said.x - drawn.0).abs().max((said.y - drawn.1).abs());
            assert!(apart < 24.0, "{turn} quarter turns: {said:?}, {drawn:?}");
        }
        page = turned(&page);
    }
}

/// The page turned clockwise, as somebody holds it who does not aim.
fn askew(page: &PageImage, degrees: f64) -> PageImage {
    let (width, height) = (f64::from(page.width()), f64::from(page.height()));
    let (sin, cos) = (-degrees).to_radians().sin_cos();
    let mut rgb = Vec::with_capacity(page.rgb().len());
    for y in 0..page.height() {
        for x in 0..page.width() {
            let (x, y) = (f64::from(x) - width / 2.0, f64::from(y) - height / 2.0);
            let (x, y) = (cos * x - sin * y + width / 2.0, sin * x + cos * y + height / 2.0);
            let is_on_page = (0.0..width).contains(&x) && (0.0..height).contains(&y);
            let at = 3 * (y as usize * page.width() as usize + x as usize);
            rgb.extend_from_slice(if is_on_page { &page.rgb()[at..at + 3] } else { &[255; 3] });
        }
    }
    PageImage::new(page.width(), page.height(), rgb).expect("a page")
}

#[test]
fn a_licence_held_askew_is_read_and_said_where_it_is() {
    let straight = page_with(Symbology::Pdf417, LICENCE, 2, (240, 240), (900, 600));
    let middle = |page: &PageImage| {
        let found = read(0, page, &[Symbology::Pdf417]).expect("it looks");
        assert_eq!(contents(&found), [(Symbology::Pdf417, LICENCE)]);
        let [left_top, _, right_bottom, _] = found[0].corners;
        ((left_top.x + right_bottom.x) / 2.0, (left_top.y + right_bottom.y) / 2.0)
    };
    let (x, y) = middle(&straight);
    for degrees in [-5.0, 3.0, 5.0] {
        let (askew_x, askew_y) = middle(&askew(&straight, degrees));
        assert!(
            (askew_x - x).abs() < 30.0 && (askew_y - y).abs() < 30.0,
            "{degrees}: {askew_x} {askew_y}, {x} {y}"
        );
    }
}

#[test]
fn bytes_without_a_character_set_are_characters_of_the_same_number() {
    let bytes = (0xa1..=0xff).filter_map(char::from_u32).collect::<String>();
    let page = page_with(Symbology::Qr, &bytes, 4, (50, 50), (600, 600));
    let found = read(0, &page, &[Symbology::Qr]).expect("it looks");
    assert_eq!(contents(&found), [(Symbology::Qr, bytes.as_str())]);
}

#[test]
fn only_what_is_wanted_is_looked_for() {
    let page = page_with(Symbology::Qr, "NOT WANTED", 4, (50, 50), (400, 400));
    assert_eq!(read(0, &page, &[Symbology::Aztec]), Ok(Vec::new()));
    assert_eq!(read(0, &page, &[]), Ok(Vec::new()));
}

#[test]
fn a_page_without_one_has_none() {
    for page in [PageImage::white(1, 1), PageImage::white(700, 3), PageImage::white(640, 480)] {
        assert_eq!(read(0, &page, &Symbology::ALL), Ok(Vec::new()), "{page:?}");
    }
}

#[test]
fn a_large_page_is_looked_at_smaller_and_said_in_its_own_pixels() {
    let page = page_with(Symbology::DataMatrix, "LARGE", 40, (3000, 1000), (4500, 2500));
    let found = read(0, &page, &[Symbology::DataMatrix]).expect("it looks");
    assert_eq!(contents(&found), [(Symbology::DataMatrix, "LARGE")]);
    let [left_top, ..] = found[0].corners;
    assert!((2900.0..3200.0).contains(&left_top.x), "{left_top:?}");
    assert!((900.0..1200.0).contains(&left_top.y), "{left_top:?}");
}

#[test]
fn a_page_full_of_them_gives_a_few() {
    let one = page_with(Symbology::Qr, "ONE OF MANY", 3, (12, 12), (110, 110));
    let mut rgb = vec![255; 3 * 550 * 550];
    for y in 0..550_usize {
        for x in 0..550_usize {
            let at = 3 * ((y % 110) * 110 + x % 110);
            rgb[3 * (y * 550 + x)..][..3].copy_from_slice(&one.rgb()[at..at + 3]);
        }
    }
    let page = PageImage::new(550, 550, rgb).expect("a page");
    let found = read(0, &page, &[Symbology::Qr]).expect("it looks");
    assert_eq!(found.len(), MOST_OF_A_KIND);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever a barcode holds after some of it is scratched: itself, or nothing.
    #[test]
    fn damage_never_makes_another_content(
        content in "[A-Z0-9]{8,40}",
        scratches in prop::collection::vec((0_u32..500, 0_u32..300, 1_u32..60, 1_u32..8, any::<bool>()), 0..12),
    ) {
        for symbology in Symbology::ALL {
            let page = page_with(symbology, &content, 3, (30, 30), (500, 300));
            let mut rgb = page.rgb().to_vec();
            for (x, y, width, height, is_black) in &scratches {
                for row in *y..(y + height).min(300) {
                    for column in *x..(x + width).min(500) {
                        let at = 3 * (row * 500 + column) as usize;
                        rgb[at..at + 3].fill(if *is_black { 0 } else { 255 });
                    }
                }
            }
            let page = PageImage::new(500, 300, rgb).expect("a page");
            if let Ok(found) = read(0, &page, &[symbology]) {
                for barcode in found {
                    prop_assert_eq!(barcode.content.expose(), content.as_str());
                }
            }
        }
    }

    /// Noise is no barcode, and nothing that the decoders can't take.
    #[test]
    fn noise_holds_nothing(
        width in 1_u32..120,
        height in 1_u32..120,
        seed in any::<u64>(),
    ) {
        let mut state = seed | 1;
        let rgb = (0..3 * width * height).map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 56) as u8
        });
        let page = PageImage::new(width, height, rgb.collect()).expect("a page");
        prop_assert_eq!(read(0, &page, &Symbology::ALL), Ok(Vec::new()));
    }
}
