//! `dossier locate`: the pages that a picture shows.

use std::path::{Path, PathBuf};

use dossier_document::{LocatedPage, PageImage};
use dossier_engine::LONGEST_SIDE;
use dossier_engine::settings::locator_of;
use dossier_model::{DeviceKind, FlatPage, Located, Locator, Quality, fills, quality, rectify};
use image::{ImageFormat, RgbImage};
use serde::Serialize;

use super::draw::{DrawError, outlines};
use super::{CommandError, LocateArgs, output, read_image};
use crate::api::{corners_body, to_decimals};

/// The answer of `dossier locate --json`.
#[derive(Serialize)]
struct LocateBody {
    /// Width and height in pixels.
    picture: [u32; 2],
    pages: Vec<PageBody>,
    /// How sure the likeliest place of a page is, be it among `pages` or not.
    best_score: f64,
}

#[derive(Serialize)]
struct PageBody {
    corners: [[f64; 2]; 4],
    rotation: f64,
    score: f64,
    fills_picture: bool,
    quality: Option<QualityBody>,
}

/// What was measured of the page, laid flat.
#[derive(Serialize)]
struct QualityBody {
    blur: Option<f64>,
    white: Option<WhiteBody>,
    lightness: [u8; 3],
    longer_side: f64,
    cut_off: f64,
}

#[derive(Serialize)]
struct WhiteBody {
    share: f64,
    middle: [f64; 2],
}

impl QualityBody {
    fn of(measured: &Quality, flat: &FlatPage) -> Self {
        Self {
            blur: measured.blur.map(|blur| to_decimals(blur, 5)),
            white: measured.white.map(|white| {
                let middle = flat.in_picture.point(white.middle);
                WhiteBody {
                    share: to_decimals(white.share, 4),
                    middle: [middle.x, middle.y].map(|side| to_decimals(side, 1)),
                }
            }),
            lightness: measured.lightness,
            longer_side: to_decimals(measured.longer_side, 1),
            cut_off: to_decimals(measured.cut_off, 4),
        }
    }
}

/// `dossier locate`.
pub(super) fn locate(args: &LocateArgs) -> Result<(), CommandError> {
    let folder = locator_of(&args.root.data_root());
    let locator = Locator::load(&folder, DeviceKind::Cpu)?;
    let picture = read_image(&args.file)?;
    let located = locator.locate(&picture)?;
    if let Some(path) = &args.draw {
        let corners = located.pages.iter().map(|page| page.corners).collect::<Vec<_>>();
        outlines(&picture, &corners, path)?;
    }
    if let Some(folder) = &args.flat {
        std::fs::create_dir_all(folder)
            .map_err(|source| CommandError::Unwritable { folder: folder.clone(), source })?;
        for (index, page) in located.pages.iter().enumerate() {
            write_flat(&picture, page, &folder.join(format!("page-{}.png", index + 1)))?;
        }
    }
    if args.json {
        return output::json(&body(&picture, &located)).map_err(CommandError::Output);
    }
    output::print(&text(&picture, &located)).map_err(CommandError::Output)
}

fn body(picture: &PageImage, located: &Located) -> LocateBody {
    let pages = located.pages.iter().map(|page| PageBody {
        corners: corners_body(&page.corners),
        rotation: to_decimals(page.rotation_degrees(), 1),
        score: to_decimals(f64::from(page.score), 4),
        fills_picture: fills(picture, page),
        quality: rectify(picture, page, LONGEST_SIDE)
            .map(|flat| QualityBody::of(&quality(picture, page, &flat.image), &flat)),
    });
    LocateBody {
        picture: [picture.width(), picture.height()],
        pages: pages.collect(),
        best_score: to_decimals(f64::from(located.best_score), 4),
    }
}

fn text(picture: &PageImage, located: &Located) -> String {
    if located.pages.is_empty() {
        let best = to_decimals(f64::from(located.best_score), 4);
        return format!("no page (the likeliest place of one: {best})\n");
    }
    let rows = located.pages.iter().enumerate().map(|(index, page)| {
        let corners = corners_body(&page.corners).map(|[x, y]| format!("{x},{y}"));
        [
            (index + 1).to_string(),
            to_decimals(f64::from(page.score), 4).to_string(),
            to_decimals(page.rotation_degrees(), 1).to_string(),
            if fills(picture, page) { "yes" } else { "no" }.to_owned(),
            corners.join("  "),
        ]
    });
    output::table(["page", "score", "turned by", "fills the picture", "corners"], rows)
}

/// The page laid flat; nothing where its corners make none.
fn write_flat(picture: &PageImage, page: &LocatedPage, path: &Path) -> Result<(), CommandError> {
    let Some(flat) = rectify(picture, page, LONGEST_SIDE) else { return Ok(()) };
    let (width, height) = (flat.image.width(), flat.image.height());
    let failed = |source| DrawError::Write { path: PathBuf::from(path), source };
    if let Some(image) = RgbImage::from_raw(width, height, flat.image.rgb().to_vec()) {
        image.save_with_format(path, ImageFormat::Png).map_err(failed)?;
    }
    Ok(())
}
