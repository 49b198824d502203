//! Finding pages in pictures, and laying them flat.
//!
//! A small convolutional network sees the whole picture on a square and marks the pages; it then
//! sees each page alone, laid flat as it was first marked, and marks it again: corners that are
//! right within a pixel of 256 the first time are right within a pixel of the page the second.

use std::path::Path;

use candle_core::{Device, Tensor};
use dossier_document::{LocatedPage, PageImage, Point};

use crate::json::JsonObject;
use crate::weights::WeightFile;
use crate::{DeviceKind, ModelError, WeightPrecision};

mod convolution;

mod finding;

mod network;
use network::{Answer, Network, SIDE};

mod projection;
pub use projection::Projection;

mod rectify;
pub use rectify::{FlatPage, fills, rectify};

mod strip;
pub use strip::strip;

mod square;
use square::Square;

/// Finds pages in pictures. It is apart from the base: a new one changes no reading of a page that
/// fills its picture.
#[derive(Debug)]
pub struct Locator {
    network: Network,
    device: Device,
}

/// What a picture shows.
#[derive(Clone, Debug)]
pub struct Located {
    /// The pages, the surest first.
    pub pages: Vec<LocatedPage>,
    /// How sure it is of the likeliest place of a page, 0 to 1, be that among `pages` or not.
    pub best_score: f32,
}

/// Pages of one picture: two sides of a card and an open passport are the most that people send.
const MOST_PAGES: usize = 4;

/// A page is there from this score on.
const LEAST_SCORE: f32 = 0.4;

/// A page that fills its picture is turned from this sureness on.
const LEAST_TURN_SCORE: f32 = 0.9;

/// Around a page that is looked at alone: this share of its sides, so that a corner which was marked
/// too far inside is still seen.
const MARGIN: f64 = 0.1;

/// How far the second look may move a corner, as a share of the page's diagonal; beyond that it
/// looks at something else, and the first look stands.
const FARTHEST_CORRECTION: f64 = 0.08;

impl Locator {
    /// Loads a folder with `config.json` and `model.safetensors`, as `dossier_training.locate.export`
    /// writes it.
    ///
    /// # Errors
    /// When a file is missing or corrupt, when a key or a tensor is unknown, missing or of another
    /// shape; the error names the file and the key or tensor.
    pub fn load(folder: &Path, device: DeviceKind) -> Result<Self, ModelError> {
        let mut config = JsonObject::read(&folder.join("config.json"))?;
        match config.take_string("model_type")? {
            Some(kind) if kind == "dossier-locator-2" => config.finish()?,
            Some(kind) => return Err(config.unsupported("model_type", &kind.into())),
            None => return Err(config.missing("model_type")),
        }
        let device = device.open()?;
        let path = folder.join("model.safetensors");
        let weights = WeightFile::open(&path, &device, WeightPrecision::F32)?;
        let network = Network::load(&weights)?;
        weights.finish()?;
        Ok(Self { network, device })
    }

    /// The pages of a picture.
    ///
    /// # Errors
    /// When the arithmetic fails.
    pub fn locate(&self, picture: &PageImage) -> Result<Located, ModelError> {
        let square = Square::of_picture(picture);
        let answer = self.look(&square)?;
        let best_score = answer.middle.iter().flatten().copied().fold(0.0, f32::max);
        let marked = finding::pages(&answer, LEAST_SCORE, MOST_PAGES);
        let mut pages = Vec::with_capacity(marked.len());
        for page in marked {
            let first = page.moved(&square.to_picture);
            let closer = self.look_closer(picture, &first)?;
            let page = LocatedPage { score: first.score, ..closer.unwrap_or(first) };
            pages.push(upright_if_unsure(picture, page));
        }
        pages.retain(LocatedPage::is_finite);
        Ok(Located { pages, best_score })
    }

    /// The page as it is marked when it is seen alone; nothing where that contradicts `first`.
    fn look_closer(
        &self,
        picture: &PageImage,
        first: &LocatedPage,
    ) -> Result<Option<LocatedPage>, ModelError> {
        let Some(square) = Square::of_page(picture, first, MARGIN) else {
            return Ok(None);
        };
        let answer = self.look(&square)?;
        let marked = finding::pages(&answer, LEAST_SCORE, MOST_PAGES);
        let diagonal = distance(first.corners[0], first.corners[2])
            .max(distance(first.corners[1], first.corners[3]));
        let closer = marked.into_iter().map(|page| page.moved(&square.to_picture));
        // Upside down, on its side: the second look sees print that the first could not.
        let quarters = closer.map(|page| (page, turned_like(&page, first)));
        let fitting = quarters.filter(|(_, corrections)| {
            corrections.iter().all(|moved| *moved <= FARTHEST_CORRECTION * diagonal)
        });
        Ok(fitting.map(|(page, _)| page).next())
    }

    fn look(&self, square: &Square) -> Result<Answer, ModelError> {
        let pixels = Tensor::from_slice(&square.values(), (1, 3, SIDE, SIDE), &self.device)?;
        Ok(self.network.answer(&pixels)?)
    }
}

/// A page that fills its picture as it stands, if it is not surely turned: most pictures that are filled are
/// upright.
fn upright_if_unsure(picture: &PageImage, page: LocatedPage) -> LocatedPage {
    if page.turn_score >= LEAST_TURN_SCORE {
        return page;
    }
    let turned = (0..4).map(|turn| {
        let corners = [0, 1, 2, 3].map(|k| page.corners[(k + turn) % 4]);
        LocatedPage { corners, ..page }
    });
    turned.into_iter().find(|turned| fills(picture, turned)).unwrap_or(page)
}

/// How far each corner of `page` is from its corner of `first`, for the quarter turn that fits best.
fn turned_like(page: &LocatedPage, first: &LocatedPage) -> [f64; 4] {
    let turns = (0..4)
        .map(|turn| [0, 1, 2, 3].map(|k| distance(page.corners[k], first.corners[(k + turn) % 4])));
    let sum = |moved: &[f64; 4]| moved.iter().sum::<f64>();
    turns.min_by(|a, b| sum(a).total_cmp(&sum(b))).unwrap_or([f64::INFINITY; 4])
}

fn distance(p: Point, q: Point) -> f64 {
    (p.x - q.x).hypot(p.y - q.y)
}

/// Where a page of one plane lies in another.
trait Moved {
    fn moved(&self, projection: &Projection) -> Self;
}

impl Moved for LocatedPage {
    fn moved(&self, projection: &Projection) -> Self {
        Self { corners: self.corners.map(|corner| projection.point(corner)), ..*self }
    }
}

#[cfg(test)]
mod tests;
