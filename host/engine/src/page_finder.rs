//! Pages found in the pictures that were sent, and laid flat for the model.

use std::path::Path;

use dossier_document::{Check, CheckOutcome, LocatedPage, PageImage, Point};
use dossier_model::{
    DeviceKind, Located, Locator, ModelError, Projection, fills, quality, rectify,
};

use crate::error::EngineError;
use crate::page_quality::{self, Measured, check};

mod views;
pub(crate) use views::View;

/// A picture whose likeliest place of a page is less sure than this shows no document: a desk, a face, a
/// blank sheet. Above it and below what counts as found, it is read as it was sent.
const LEAST_DOUBT: f32 = 0.1;

/// A picture with no side of so many pixels shows neither that a document is there nor that none is: it is
/// read as it was sent, and its resolution fails.
const LEAST_PIXELS: u32 = 32;

/// The longer side of a page that is laid flat, in pixels: more than bases see, less than cameras take.
pub const LONGEST_SIDE: u32 = 1024;

/// Whether each picture shows a document.
const LOCATED: &str = "page.located";
/// Whether a picture shows more documents than belong to this one.
const SINGLE: &str = "page.single_document";

/// Finds pages in pictures.
#[derive(Debug)]
pub(crate) struct PageFinder {
    locator: Locator,
}

/// The pages of one document.
#[derive(Clone, Debug)]
pub(crate) struct FoundPages {
    /// What the model reads.
    pub(crate) images: Vec<PageImage>,
    /// Where each of them is in what was sent.
    pub(crate) places: Vec<PagePlace>,
    /// What was seen of the pictures; nothing where nobody looked.
    seen: Option<SeenPictures>,
}

/// What is to be said of pictures that were looked at.
#[derive(Clone, Debug)]
struct SeenPictures {
    /// How well each page was photographed, in the order of the pages.
    measured: Vec<Measured>,
    /// The first picture in which no page stands out.
    doubtful: Option<usize>,
    /// The first picture of which pages were left out.
    crowded: Option<usize>,
}

/// Where a page is in what was sent.
#[derive(Clone, Copy, Debug)]
pub struct PagePlace {
    /// The picture, counted from 0.
    pub picture: usize,
    /// Left top, right top, right bottom and left bottom of the page as it is read, in pixels of the picture.
    pub corners: [Point; 4],
    /// How far the page is turned clockwise from upright, in degrees, -180 to 180.
    pub rotation_degrees: f64,
    /// How sure it is that a page is there, 0 to 1; none where the picture was taken for the page unseen, or
    /// because nothing in it stood out.
    pub score: Option<f32>,
    /// From the page that was read to the picture; none where the picture is the page.
    in_picture: Option<Projection>,
}

impl PagePlace {
    /// A picture of `(width, height)` pixels that is a page as it stands.
    #[must_use]
    pub fn whole(picture: usize, (width, height): (u32, u32), score: Option<f32>) -> Self {
        let (w, h) = (f64::from(width), f64::from(height));
        let corners = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)].map(|(x, y)| Point { x, y });
        Self { picture, corners, rotation_degrees: 0.0, score, in_picture: None }
    }

    /// Whether the page was cut out of the picture and laid flat.
    #[must_use]
    pub fn is_rectified(&self) -> bool {
        self.in_picture.is_some()
    }

    /// Where a point of the page that was read is in the picture.
    pub(crate) fn in_picture(&self, point: Point) -> Point {
        self.in_picture.map_or(point, |projection| projection.point(point))
    }
}

impl FoundPages {
    /// Each picture is a page, and nothing is said of it.
    pub(crate) fn as_sent(images: Vec<PageImage>) -> Self {
        let places = images.iter().enumerate();
        let places = places.map(|(picture, image)| {
            PagePlace::whole(picture, (image.width(), image.height()), None)
        });
        Self { places: places.collect(), images, seen: None }
    }

    /// What is to be said of the pictures; nothing where nobody looked.
    pub(crate) fn checks(&self) -> Vec<Check> {
        let Some(seen) = &self.seen else { return Vec::new() };
        let mut checks = vec![located_check(seen.doubtful), single_check(seen.crowded)];
        checks.extend(page_quality::checks(&seen.measured));
        checks
    }
}

impl FoundPages {
    /// No more than a document of `most_pages` pages has, where that was not known while they were looked for:
    /// of a picture with several, the last ones are left out.
    ///
    /// # Errors
    /// [`EngineError::TooManyPages`] when there are more pictures than that.
    pub(crate) fn at_most(mut self, most_pages: usize) -> Result<Self, EngineError> {
        let pages = self.images.len();
        let shares_its_picture = |places: &[PagePlace], page: usize| {
            page > 0 && places[page - 1].picture == places[page].picture
        };
        while self.images.len() > most_pages {
            let last =
                (0..self.places.len()).rev().find(|page| shares_its_picture(&self.places, *page));
            let last = last.ok_or(EngineError::TooManyPages { pages, limit: most_pages })?;
            self.leave_out(last);
        }
        Ok(self)
    }

    /// Reads one page less, and says so.
    fn leave_out(&mut self, page: usize) {
        let place = self.places.remove(page);
        self.images.remove(page);
        if let Some(seen) = &mut self.seen {
            seen.measured.remove(page);
            seen.crowded.get_or_insert(place.picture);
        }
    }
}

impl PageFinder {
    /// Loads the locator of a folder. It computes on the CPU, wherever the base does.
    ///
    /// # Errors
    /// As [`Locator::load`].
    pub(crate) fn load(folder: &Path) -> Result<Self, ModelError> {
        Ok(Self { locator: Locator::load(folder, DeviceKind::Cpu)? })
    }

    /// The pages of a document of `most_pages` pages at most. A picture gives its surest page, and further
    /// ones as long as the document lacks pages: two sides of a card often lie in one picture.
    ///
    /// # Errors
    /// [`EngineError::NoDocument`] for a picture that shows none.
    pub(crate) fn find(
        &self,
        pictures: Vec<PageImage>,
        most_pages: usize,
    ) -> Result<FoundPages, EngineError> {
        let located = pictures.iter().map(|picture| self.locator.locate(picture));
        let located = located
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| EngineError::Locator(Box::new(error)))?;
        choose(pictures, located, most_pages)
    }
}

/// Which of the located pages are those of the document, laid flat.
fn choose(
    pictures: Vec<PageImage>,
    located: Vec<Located>,
    most_pages: usize,
) -> Result<FoundPages, EngineError> {
    let mut spare = most_pages.saturating_sub(pictures.len());
    let (mut images, mut places) = (Vec::new(), Vec::new());
    let (mut doubtful, mut crowded) = (None, None);
    let mut measured = Vec::new();
    for (index, (picture, Located { mut pages, best_score })) in
        pictures.into_iter().zip(located).enumerate()
    {
        let shows_something = picture.width().max(picture.height()) >= LEAST_PIXELS;
        if pages.is_empty() && best_score < LEAST_DOUBT && shows_something {
            return Err(EngineError::NoDocument { picture: index });
        }
        let taken = pages.len().min(1 + spare);
        spare -= taken.saturating_sub(1);
        if pages.len() > taken {
            crowded.get_or_insert(index);
        }
        pages.truncate(taken);
        // As they are read: from above, from the left.
        pages.sort_by(|a, b| order(a).total_cmp(&order(b)));
        let before = images.len();
        for page in &pages {
            if pages.len() == 1 && fills(&picture, page) {
                break;
            }
            if let Some(flat) = rectify(&picture, page, LONGEST_SIDE) {
                let place = PagePlace {
                    picture: index,
                    corners: page.corners,
                    rotation_degrees: page.rotation_degrees(),
                    score: Some(page.score),
                    in_picture: Some(flat.in_picture),
                };
                measured.push(measure(&picture, &place, &flat.image));
                places.push(place);
                images.push(flat.image);
            }
        }
        if images.len() == before {
            let score = pages.first().map(|page| page.score);
            if score.is_none() {
                doubtful.get_or_insert(index);
            }
            let size = (picture.width(), picture.height());
            let place = PagePlace::whole(index, size, score);
            measured.push(measure(&picture, &place, &picture));
            places.push(place);
            images.push(picture);
        }
    }
    let seen = Some(SeenPictures { measured, doubtful, crowded });
    Ok(FoundPages { images, places, seen })
}

/// How well a page was photographed: `image` is what is read of it.
fn measure(picture: &PageImage, place: &PagePlace, image: &PageImage) -> Measured {
    let page = LocatedPage { corners: place.corners, score: 1.0, turn_score: 1.0 };
    let quality = quality(picture, &page, image);
    Measured {
        picture: place.picture,
        quality,
        pixels: f64::from(image.width().max(image.height())),
        white_at: quality.white.map(|white| place.in_picture(white.middle)),
    }
}

fn order(page: &LocatedPage) -> f64 {
    page.corners.iter().map(|corner| corner.x + corner.y).sum()
}

fn located_check(doubtful: Option<usize>) -> Check {
    match doubtful {
        None => check(LOCATED, CheckOutcome::Passed, "each picture shows a document".to_owned()),
        Some(picture) => check(
            LOCATED,
            CheckOutcome::NotPerformed,
            format!("no document stands out in picture {}: it was read as it is", picture + 1),
        ),
    }
}

fn single_check(crowded: Option<usize>) -> Check {
    match crowded {
        None => check(SINGLE, CheckOutcome::Passed, "no picture shows another document".to_owned()),
        Some(picture) => check(
            SINGLE,
            CheckOutcome::Failed,
            format!(
                "picture {} shows more documents than were read: take one document alone",
                picture + 1
            ),
        ),
    }
}

#[cfg(test)]
mod tests;
