//! PDF (ISO 32000-2) of scans: pages that show one picture each.
//!
//! Nothing is rendered. A page's operators are followed as far as is needed to know that it shows one picture
//! and nothing else; that picture is taken as it is stored, written anew as a file of its own, and goes the
//! way of every other page. So what it costs is known from its header, and there is nothing in a page that
//! could cost more. What a scan does not have is refused by name: text, drawings, annotations, layers, several
//! pictures on a page, encryption. Scripts, links, attachments and what programs note for themselves put
//! nothing on a page, and are passed over; no other file and no address is ever opened.

use std::borrow::Cow;

use image::metadata::Orientation;

use super::Crop;
use crate::{DecodeError, PageFormat};

mod annotations;
mod budget;
mod colour;
mod content;
mod filters;
mod geometry;
mod lexer;
mod object;
mod objects;
mod pages;
mod path;
mod picture;
mod resources;
mod xref;

use object::Object;
use objects::Objects;
use pages::PageNode;
use resources::Resources;

const TRUNCATED: DecodeError = DecodeError::Truncated { format: PageFormat::Pdf };
const CORRUPT: DecodeError = DecodeError::Corrupt { format: PageFormat::Pdf };

/// A file whose pages are known.
pub(crate) struct Pdf<'a> {
    objects: Objects<'a>,
    pages: Vec<PageNode>,
    /// Bytes that were unpacked or read to find the pages.
    walked_bytes: usize,
}

/// The picture of one page, as a file of its own.
pub(crate) struct Picture<'a> {
    /// The format of that file.
    pub(crate) format: PageFormat,
    /// That file.
    pub(crate) bytes: Cow<'a, [u8]>,
    /// Width and height in pixels, as the PDF states them.
    pub(crate) size: (u32, u32),
    /// Samples a pixel as stored, where the PDF and that file must agree.
    pub(crate) samples: Option<u64>,
    /// How it has to be turned to stand upright.
    pub(crate) orientation: Orientation,
    /// The part of it that the page shows; none for all of it.
    pub(crate) crop: Option<Crop>,
    /// Bytes that were unpacked or read to find it, and the pages before.
    pub(crate) walked_bytes: usize,
    /// Bytes of the PDF that are kept unpacked.
    pub(crate) held_bytes: usize,
}

impl<'a> Pdf<'a> {
    /// Finds all objects and pages.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut objects = Objects::open(bytes)?;
        let pages = pages::pages(&mut objects)?;
        let walked_bytes = objects.budget.spent();
        Ok(Self { objects, pages, walked_bytes })
    }

    /// How many pages there are; those beyond [`MOST_PAGES`](super::MOST_PAGES) are not counted.
    pub(crate) fn pages(&self) -> usize {
        self.pages.len()
    }

    /// The picture of a page, counted from 0.
    pub(crate) fn picture(&mut self, page: usize) -> Result<Picture<'a>, DecodeError> {
        let before = self.objects.budget.spent();
        let objects = &mut self.objects;
        let page = self.pages.get(page).ok_or(CORRUPT)?.clone().page(objects)?;
        annotations::refuse_seen(page.dictionary.get("Annots"), objects)?;
        let operators = operators(page.dictionary.get("Contents"), objects)?;
        let resources = Resources::of(&page.resources, objects)?;
        let shown = content::Page::new(objects, page.visible).picture(&operators, resources)?;
        let file = picture::file(&shown, objects)?;
        let (orientation, crop) =
            geometry::placed(shown.matrix, shown.seen, page.quarters, file.size)?;
        let picture::PictureFile { format, bytes, size, samples } = file;
        let made = if matches!(bytes, Cow::Owned(_)) { bytes.len() } else { 0 };
        Ok(Picture {
            format,
            size,
            samples,
            orientation,
            crop,
            walked_bytes: self.walked_bytes + (objects.budget.spent() - before),
            held_bytes: objects.held_bytes() + made,
            bytes,
        })
    }
}

/// The operators of a page, which may stand in several streams.
fn operators(contents: &Object, objects: &mut Objects<'_>) -> Result<Vec<u8>, DecodeError> {
    let streams = match objects.resolved(contents)? {
        Object::Null => return Ok(Vec::new()),
        Object::Array(streams) => streams,
        _ => vec![contents.clone()],
    };
    let mut operators = Vec::new();
    for stream in streams {
        let stream = objects.stream(&stream)?;
        operators.extend(objects.unpacked(&stream)?);
        // A stream ends with a whole word.
        operators.push(b'\n');
    }
    Ok(operators)
}

fn unsupported<T>(feature: &'static str) -> Result<T, DecodeError> {
    Err(DecodeError::UnsupportedVariety { format: PageFormat::Pdf, feature })
}

#[cfg(test)]
mod tests;
