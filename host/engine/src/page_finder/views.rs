//! Other views of a picture: where a zone may stand that the pages which were found do not show.
//!
//! A locator finds one of two sides, or an open passport as one page, of which the lower half bears the zone and is
//! seen at half the size that a page has.

use dossier_document::{LocatedPage, PageImage, Point};
use dossier_model::rectify;

use super::{FoundPages, LONGEST_SIDE, PagePlace, SeenPictures, measure};

/// Ways to look at a picture, at most: each costs what reading a page costs.
const MOST_VIEWS: usize = 6;
/// Width to height of a page that the base sees, and of most cards and passports.
const PAGE_ASPECT: f64 = 1.5;
/// A picture so much longer than a page, or so much higher, shows more than a page.
const LONGER: f64 = 1.2;

/// A way to look at the last picture of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// A page of it as it was found, counted among all pages.
    Page(usize),
    /// The same, the other way up.
    Turned(usize),
    /// A page's worth at its end: the lower part of one that is high, the right one of one that is long.
    End,
    /// A page's worth at its beginning.
    Beginning,
    /// All of it.
    Whole,
}

impl FoundPages {
    /// The views of the last picture, of `(width, height)` pixels, the likeliest first. Rules look for a zone on
    /// the last page, so that its last page comes first. None where there is no picture.
    pub(crate) fn views(&self, size: Option<(u32, u32)>) -> Vec<View> {
        let Some((width, height)) = size else { return Vec::new() };
        let of_last = self.of_last_picture();
        let mut views = of_last.clone().rev().map(View::Page).collect::<Vec<_>>();
        let aspect = f64::from(width) / f64::from(height);
        if !(PAGE_ASPECT / LONGER..=PAGE_ASPECT * LONGER).contains(&aspect) {
            views.extend([View::End, View::Beginning]);
        }
        if self.places[of_last.clone()].iter().any(PagePlace::is_rectified) {
            views.push(View::Whole);
        }
        views.extend(of_last.rev().map(View::Turned));
        views.truncate(MOST_VIEWS);
        views
    }

    /// The document with this view as its last page: a page of the last picture, where the others stay before it,
    /// or one in place of all of that picture's. None where there is nothing to see.
    pub(crate) fn seen_as(&self, picture: &PageImage, view: View) -> Option<Self> {
        let size = (picture.width(), picture.height());
        let number = self.places.last()?.picture;
        let (image, place) = match view {
            View::Page(page) => return self.with_last(page),
            View::Turned(page) => {
                let mut seen = self.with_last(page)?;
                let (image, place) = (seen.images.last_mut()?, seen.places.last_mut()?);
                let [a, b, c, d] = place.corners;
                (*image, *place) = laid_flat(picture, number, [c, d, a, b], place.score)?;
                return Some(seen);
            }
            View::Whole => (picture.clone(), PagePlace::whole(number, size, None)),
            View::End => laid_flat(picture, number, page_at(size, true), None)?,
            View::Beginning => laid_flat(picture, number, page_at(size, false), None)?,
        };
        let of_last = self.of_last_picture();
        let mut seen = self.clone();
        seen.images.truncate(of_last.start);
        seen.places.truncate(of_last.start);
        if let Some(SeenPictures { measured, crowded, doubtful }) = &mut seen.seen {
            measured.truncate(of_last.start);
            measured.push(measure(picture, &place, &image));
            doubtful.get_or_insert(number);
            if of_last.len() > 1 {
                crowded.get_or_insert(number);
            }
        }
        seen.images.push(image);
        seen.places.push(place);
        Some(seen)
    }

    /// No more than `most_pages` pages, where the last one is what matters: the first ones of its picture are left out.
    pub(crate) fn last_of(mut self, most_pages: usize) -> Self {
        while self.images.len() > most_pages && self.of_last_picture().len() > 1 {
            self.leave_out(self.of_last_picture().start);
        }
        self
    }

    /// The same pages, this one last.
    fn with_last(&self, page: usize) -> Option<Self> {
        if page >= self.places.len() {
            return None;
        }
        let mut pages = self.clone();
        pages.images.get_mut(page..)?.rotate_left(1);
        pages.places.get_mut(page..)?.rotate_left(1);
        if let Some(seen) = &mut pages.seen {
            seen.measured.get_mut(page..)?.rotate_left(1);
        }
        Some(pages)
    }

    /// The pages of the last picture.
    fn of_last_picture(&self) -> std::ops::Range<usize> {
        let end = self.places.len();
        let picture = self.places.last().map(|place| place.picture);
        let is_of_it = |place: &PagePlace| Some(place.picture) == picture;
        let pages = self.places.iter().rev().take_while(|place| is_of_it(place)).count();
        end - pages..end
    }
}

/// A part of a picture as a page that was found there, and no larger than such pages are.
fn laid_flat(
    picture: &PageImage,
    number: usize,
    corners: [Point; 4],
    score: Option<f32>,
) -> Option<(PageImage, PagePlace)> {
    let page = LocatedPage { corners, score: score.unwrap_or_default(), turn_score: 1.0 };
    let flat = rectify(picture, &page, LONGEST_SIDE)?;
    let place = PagePlace {
        picture: number,
        corners,
        rotation_degrees: page.rotation_degrees(),
        score,
        in_picture: Some(flat.in_picture),
    };
    Some((flat.image, place))
}

/// The corners of a page's worth of a picture that is longer than a page or higher.
fn page_at((width, height): (u32, u32), at_end: bool) -> [Point; 4] {
    let (w, h) = (f64::from(width), f64::from(height));
    let (across, down) = match w / h > PAGE_ASPECT {
        true => (h * PAGE_ASPECT, h),
        false => (w, w / PAGE_ASPECT),
    };
    let (left, top) = if at_end { (w - across, h - down) } else { (0.0, 0.0) };
    let (right, bottom) = (left + across, top + down);
    [(left, top), (right, top), (right, bottom), (left, bottom)].map(|(x, y)| Point { x, y })
}

#[cfg(test)]
mod tests;
