//! A barcode that was read from a page.

use std::fmt;

use crate::{FieldText, Point};

/// A kind of barcode with two dimensions that identity documents bear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Symbology {
    /// PDF417 (ISO/IEC 15438): licences of North America.
    Pdf417,
    /// QR Code (ISO/IEC 18004).
    Qr,
    /// Aztec Code (ISO/IEC 24778).
    Aztec,
    /// Data Matrix (ISO/IEC 16022): visible digital seals (ICAO Doc 9303-13).
    DataMatrix,
}

impl Symbology {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pdf417, Self::Qr, Self::Aztec, Self::DataMatrix];

    /// What a barcode of this kind is called where a field says what it was taken from.
    #[must_use]
    pub fn source(self) -> &'static str {
        match self {
            Self::Pdf417 => "barcode.pdf417",
            Self::Qr => "barcode.qr",
            Self::Aztec => "barcode.aztec",
            Self::DataMatrix => "barcode.data_matrix",
        }
    }

    /// The kind that is called so.
    #[must_use]
    pub fn of_source(source: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|symbology| symbology.source() == source)
    }
}

impl fmt::Display for Symbology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pdf417 => "PDF417",
            Self::Qr => "QR Code",
            Self::Aztec => "Aztec Code",
            Self::DataMatrix => "Data Matrix",
        })
    }
}

/// One barcode of a document. What it holds is personal data, and its `Debug` does not show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Barcode {
    /// Its kind.
    pub symbology: Symbology,
    /// The page it stands on, counted from 0.
    pub page: usize,
    /// What it holds. Bytes that no character set is stated for are taken as ISO 8859-1: character U+00E9 is
    /// byte E9.
    pub content: FieldText,
    /// Where it is on its page, in pixels of the page as it is read: a box around it.
    pub corners: [Point; 4],
}
