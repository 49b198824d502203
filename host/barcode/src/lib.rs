//! Barcodes on a page of a document, read by `rxing` under limits.
//!
//! A barcode corrects its own errors or is not read at all: unlike a reading of the model it has no confidence.
#![forbid(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use dossier_document::{Barcode, FieldText, PageImage, Point, Symbology};
use rxing::common::HybridBinarizer;
use rxing::multi::MultipleBarcodeReader;
use rxing::pdf417::PDF417Reader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{
    BarcodeFormat, BinaryBitmap, DecodeHints, Exceptions, Luma8LuminanceSource, RXingResult,
    RXingResultMetadataType, RXingResultMetadataValue, Reader, datamatrix::DataMatrixReader,
};

mod aztec;

mod luma;
use luma::Luma;

/// Barcodes of one kind that a page may have; of more, those found first count.
pub const MOST_OF_A_KIND: usize = 4;

/// The longest content in bytes: a QR Code holds 7,089 digits, the others less.
pub const LONGEST_CONTENT_BYTES: usize = 8 << 10;

/// A barcode could not be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BarcodeError {
    /// The decoder failed in a way that nobody foresaw. What it read stays out of the error.
    #[error("the decoder of {0} failed on a page")]
    Failed(Symbology),
}

/// The barcodes of these kinds on a page, in the order of `wanted`.
///
/// A page of more than 2,048 pixels is looked at smaller, a small one in which nothing was found in twice the size.
///
/// # Errors
/// [`BarcodeError::Failed`] when a decoder panics.
pub fn read(
    index: usize,
    page: &PageImage,
    wanted: &[Symbology],
) -> Result<Vec<Barcode>, BarcodeError> {
    let mut found = Vec::new();
    if wanted.is_empty() {
        return Ok(found);
    }
    let luma = Luma::of(page);
    for symbology in wanted {
        let read = read_in_any_way(&luma, *symbology)?;
        found.extend(read.into_iter().map(|Read { content, corners }| Barcode {
            symbology: *symbology,
            page: index,
            content,
            corners,
        }));
    }
    Ok(found)
}

/// The degrees that rows of a PDF417 are looked for at: its decoder follows a row as far as it is level, and takes
/// quarter turns by itself. Of twenty licences captured with up to 6 degrees and perspective it read 8 as they
/// were, and 18 so.
const TURNS: [f64; 4] = [-2.0, 2.0, -4.0, 4.0];

/// Those of a page as it is; if there are none, turned a little, and twice as large.
fn read_in_any_way(luma: &Luma, symbology: Symbology) -> Result<Vec<Read>, BarcodeError> {
    let as_it_is = read_guarded(luma, symbology)?;
    if !as_it_is.is_empty() {
        return Ok(as_it_is);
    }
    let turns = if symbology == Symbology::Pdf417 { TURNS.as_slice() } else { &[] };
    for degrees in turns {
        let turned = read_guarded(&luma.turned(*degrees), symbology)?;
        if !turned.is_empty() {
            return Ok(turned);
        }
    }
    luma.twice().map_or_else(|| Ok(Vec::new()), |twice| read_guarded(&twice, symbology))
}

/// A barcode in pixels of the page.
struct Read {
    content: FieldText,
    corners: [Point; 4],
}

fn read_guarded(luma: &Luma, symbology: Symbology) -> Result<Vec<Read>, BarcodeError> {
    // `rxing` is safe code, and has indexed out of bounds before on pictures made to.
    let read = catch_unwind(AssertUnwindSafe(|| decode(luma, symbology)));
    let results = read.map_err(|_| BarcodeError::Failed(symbology))?.unwrap_or_default();
    let read = results.into_iter().filter_map(|result| {
        let content = result.getText();
        let is_one = !content.is_empty() && content.len() <= LONGEST_CONTENT_BYTES;
        let corners = around(&result, luma)?;
        is_one.then(|| Read { content: FieldText::new(content), corners })
    });
    Ok(read.take(MOST_OF_A_KIND).collect())
}

fn decode(luma: &Luma, symbology: Symbology) -> Result<Vec<RXingResult>, Exceptions> {
    let hints = DecodeHints {
        TryHarder: Some(true),
        CharacterSet: Some("ISO-8859-1".to_owned()),
        PossibleFormats: Some([format(symbology)].into()),
        ..DecodeHints::default()
    };
    match symbology {
        Symbology::Pdf417 => {
            PDF417Reader::new().decode_multiple_with_hints(&mut bitmap(luma)?, &hints)
        }
        Symbology::Qr => QrReader.decode_multiple_with_hints(&mut bitmap(luma)?, &hints),
        Symbology::Aztec => aztec::decode(luma, &hints),
        Symbology::DataMatrix => {
            DataMatrixReader.decode_with_hints(&mut bitmap(luma)?, &hints).map(|one| vec![one])
        }
    }
}

type Bitmap = BinaryBitmap<HybridBinarizer<Luma8LuminanceSource>>;

fn bitmap(luma: &Luma) -> Result<Bitmap, Exceptions> {
    let source = Luma8LuminanceSource::new(luma.pixels().to_vec(), luma.width(), luma.height())?;
    Ok(BinaryBitmap::new(HybridBinarizer::new(source)))
}

fn format(symbology: Symbology) -> BarcodeFormat {
    match symbology {
        Symbology::Pdf417 => BarcodeFormat::PDF_417,
        Symbology::Qr => BarcodeFormat::QR_CODE,
        Symbology::Aztec => BarcodeFormat::AZTEC,
        Symbology::DataMatrix => BarcodeFormat::DATA_MATRIX,
    }
}

/// The box around what a decoder marked, in pixels of the page: decoders mark different points of a barcode,
/// in different orders.
fn around(result: &RXingResult, luma: &Luma) -> Option<[Point; 4]> {
    let points = result.getPoints().iter();
    let points = points.filter(|point| point.x.is_finite() && point.y.is_finite());
    let points = points.map(|point| (f64::from(point.x), f64::from(point.y)));
    let points = points.map(|point| luma.on_page(turned_back(result, point, luma)));
    let points = points.collect::<Vec<_>>();
    let least = |side: fn(&(f64, f64)) -> f64| points.iter().map(side).min_by(f64::total_cmp);
    let most = |side: fn(&(f64, f64)) -> f64| points.iter().map(side).max_by(f64::total_cmp);
    let (left, right) = (least(|point| point.0)?, most(|point| point.0)?);
    let (top, bottom) = (least(|point| point.1)?, most(|point| point.1)?);
    Some([(left, top), (right, top), (right, bottom), (left, bottom)].map(|(x, y)| Point { x, y }))
}

/// The decoder of PDF417 turns its picture counterclockwise until it finds one, says so, and marks points of
/// what it turned.
fn turned_back(result: &RXingResult, (x, y): (f64, f64), luma: &Luma) -> (f64, f64) {
    let (right, bottom) = (f64::from(luma.width()) - 1.0, f64::from(luma.height()) - 1.0);
    let orientation = result.getRXingResultMetadata().get(&RXingResultMetadataType::ORIENTATION);
    match orientation {
        Some(RXingResultMetadataValue::Orientation(90)) => (right - y, x),
        Some(RXingResultMetadataValue::Orientation(180)) => (right - x, bottom - y),
        Some(RXingResultMetadataValue::Orientation(270)) => (y, bottom - x),
        _ => (x, y),
    }
}

#[cfg(test)]
mod tests;
