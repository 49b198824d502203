//! What the host saw of a document beside the fields that were read: the records of `wit/v1.2/rules.wit`.

use std::cell::RefCell;
use std::fmt;

use crate::Outcome;

/// What was seen of one document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observation {
    /// Its pages as they were read.
    pub pages: Vec<SeenPage>,
    /// The host's checks of the pictures, by their codes.
    pub checks: Vec<(String, Outcome)>,
    /// The likeliest types, each with a confidence from 0 to 1; empty where the type was named.
    pub candidates: Vec<(String, f32)>,
    /// The barcodes that the rules search for.
    pub barcodes: Vec<Barcode>,
}

/// A page as it was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeenPage {
    /// The picture it was found in, counted from 0.
    pub picture: u32,
    /// Whether it was cut out of its picture and laid flat.
    pub is_rectified: bool,
    /// How far it was turned clockwise from upright, in degrees.
    pub rotation_degrees: f32,
    /// How sure it is that a page is there, 0 to 1.
    pub score: Option<f32>,
}

/// A barcode. `Debug` leaves out what it holds: it is personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Barcode {
    /// Its kind, such as `barcode.pdf417`.
    pub source: String,
    /// The page it stands on, counted from 0.
    pub page: u32,
    /// What it holds; bytes that no character set is stated for as ISO 8859-1.
    pub content: String,
}

impl fmt::Debug for Barcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barcode")
            .field("source", &self.source)
            .field("page", &self.page)
            .finish_non_exhaustive()
    }
}

thread_local! {
    /// That of this instance: the host makes one for every call.
    static CURRENT: RefCell<Observation> = RefCell::default();
}

impl Observation {
    /// What [`ObservantRules::observe`](crate::ObservantRules::observe) took for this instance; empty where the
    /// host saw nothing, or the rules don't look.
    #[must_use]
    pub fn current() -> Self {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Makes it that of this instance.
    pub(crate) fn make_current(self) {
        CURRENT.set(self);
    }

    /// The contents of the barcodes of a kind.
    pub fn contents<'a>(&'a self, source: &'a str) -> impl Iterator<Item = &'a str> {
        let of_kind = self.barcodes.iter().filter(move |barcode| barcode.source == source);
        of_kind.map(|barcode| barcode.content.as_str())
    }
}
