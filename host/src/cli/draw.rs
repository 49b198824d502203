//! `dossier extract --draw`: the pages with the place of each field drawn on them.

use std::path::{Path, PathBuf};

use axum::body::Bytes;
use dossier_document::{PageImage, Point};
use dossier_engine::pipeline::Extraction;
use dossier_image_decode::{DecodeError, DecodeLimits, PageFile};
use image::{ImageError, Rgb, RgbImage};

/// The picture can't be drawn.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// No field has a place.
    #[error(
        "no place of a field is known: the base has no guided_attention.json, or reads on a GPU, or no field was read"
    )]
    NoPlaces,
    /// Pages that were read can't be laid below each other.
    #[error("the pages together are too large for one picture")]
    TooLarge,
    /// The picture can't be written.
    #[error("{path}: {source}", path = path.display())]
    Write {
        /// Where it was to stand.
        path: PathBuf,
        /// What went wrong.
        source: ImageError,
    },
}

/// Writes the pages as a PNG, one below the other, with the places of the fields: one colour a field, in turn.
///
/// # Errors
/// When no field has a place, or the picture can't be written.
pub(super) fn draw(files: &[Bytes], extraction: &Extraction, path: &Path) -> Result<(), DrawError> {
    let read = extraction.fields.iter().filter_map(|field| field.transcription.as_ref());
    let picture = |page: usize| extraction.pages.get(page).map(|place| place.picture);
    let places = read.filter_map(|read| Some((picture(read.page)?, read.polygon?)));
    let places = places.collect::<Vec<_>>();
    if places.is_empty() {
        return Err(DrawError::NoPlaces);
    }
    // They were read a moment ago.
    let pages = pictures(files).map_err(|_| DrawError::TooLarge)?;
    let mut sheet = Sheet::of(&pages).ok_or(DrawError::TooLarge)?;
    for place in extraction.pages.iter().filter(|place| place.is_rectified()) {
        sheet.outline(place.picture, &place.corners, PAGE);
    }
    for (index, (picture, corners)) in places.iter().enumerate() {
        sheet.outline(*picture, corners, COLOURS[index % COLOURS.len()]);
    }
    sheet.save(path)
}

fn pictures(files: &[Bytes]) -> Result<Vec<PageImage>, DecodeError> {
    let limits = DecodeLimits::default();
    let mut pictures = Vec::new();
    for file in files {
        let mut file = PageFile::open(file, &limits)?;
        for page in 0..file.pages() {
            pictures.push(file.decode(page, &limits)?);
        }
    }
    Ok(pictures)
}

/// Writes a picture as a PNG with the outlines of pages: one colour a page, in turn.
///
/// # Errors
/// When the picture can't be written.
pub(super) fn outlines(
    picture: &PageImage,
    pages: &[[Point; 4]],
    path: &Path,
) -> Result<(), DrawError> {
    let mut sheet = Sheet::of(std::slice::from_ref(picture)).ok_or(DrawError::TooLarge)?;
    for (corners, colour) in pages.iter().zip(COLOURS.iter().cycle()) {
        sheet.outline(0, corners, *colour);
    }
    sheet.save(path)
}

/// What a page that was cut out of its picture is outlined with.
const PAGE: Rgb<u8> = Rgb([240, 228, 66]);

/// Told apart by people who see no red or no green, too (Okabe and Ito, 2008).
const COLOURS: [Rgb<u8>; 5] = [
    Rgb([213, 94, 0]),
    Rgb([0, 114, 178]),
    Rgb([0, 158, 115]),
    Rgb([204, 121, 167]),
    Rgb([86, 180, 233]),
];

/// All pages, one below the other.
struct Sheet {
    image: RgbImage,
    /// Where each page begins, in pixels from above.
    tops: Vec<u32>,
    /// Width of lines in pixels.
    stroke: u32,
}

impl Sheet {
    fn of(pages: &[PageImage]) -> Option<Self> {
        let width = pages.iter().map(PageImage::width).max()?;
        let mut height = 0_u32;
        let mut tops = Vec::with_capacity(pages.len());
        for page in pages {
            tops.push(height);
            height = height.checked_add(page.height())?;
        }
        let bytes = u64::from(width) * u64::from(height) * 3;
        if bytes > u64::from(u32::MAX) {
            return None;
        }
        let mut image = RgbImage::new(width, height);
        for (page, top) in pages.iter().zip(&tops) {
            let (columns, rows) = (page.width() as usize, page.height());
            for (row, pixels) in (0..rows).zip(page.rgb().chunks_exact(3 * columns)) {
                for (column, pixel) in (0..width).zip(pixels.chunks_exact(3)) {
                    image.put_pixel(column, top + row, Rgb([pixel[0], pixel[1], pixel[2]]));
                }
            }
        }
        Some(Self { image, tops, stroke: (width / 300).max(1) })
    }

    fn save(&self, path: &Path) -> Result<(), DrawError> {
        let saved = self.image.save_with_format(path, image::ImageFormat::Png);
        saved.map_err(|source| DrawError::Write { path: path.to_owned(), source })
    }

    fn outline(&mut self, page: usize, corners: &[Point; 4], colour: Rgb<u8>) {
        let Some(top) = self.tops.get(page).copied() else { return };
        let ends = corners.iter().zip(corners.iter().cycle().skip(1));
        for (from, to) in ends {
            // Two steps a pixel leave no gap.
            let steps = ((to.x - from.x).hypot(to.y - from.y) * 2.0).ceil().max(1.0) as u32;
            for step in 0..=steps {
                let share = f64::from(step) / f64::from(steps);
                let x = from.x + (to.x - from.x) * share;
                let y = from.y + (to.y - from.y) * share;
                self.dot(x, y + f64::from(top), colour);
            }
        }
    }

    fn dot(&mut self, x: f64, y: f64, colour: Rgb<u8>) {
        let half = f64::from(self.stroke) / 2.0;
        for row in 0..self.stroke {
            for column in 0..self.stroke {
                let (x, y) = (x - half + f64::from(column), y - half + f64::from(row));
                if x >= 0.0
                    && y >= 0.0
                    && let Some(pixel) = self.image.get_pixel_mut_checked(x as u32, y as u32)
                {
                    *pixel = colour;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
