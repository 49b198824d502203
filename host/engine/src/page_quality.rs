//! What the pixels of pages say of how they were photographed, as checks: what fails is worth another picture.

use dossier_document::{Check, CheckOutcome, Point};
use dossier_model::{Quality, WhitePatch};

/// Blur from which on a page loses fields, as a share of its longer side. Of photographs blurred by a known
/// sigma, fields exact fell from 87 % (0.002) to 65 % (0.003), which are measured as 0.0018 and 0.0025.
const MOST_BLUR: f64 = 0.0021;
/// Blur in pixels of the page below which it has too few pixels rather than too little sharpness.
const LEAST_BLUR_PIXELS: f64 = 0.8;
/// Share of the page from which on a white patch is a reflection that may hide print.
const LEAST_GLARE: f64 = 0.015;
/// Share from which on it is the paper itself.
const LEAST_PAPER: f64 = 0.15;
/// Pixels of the page's longer side: 84 % of fields at 280, 70 % at 220, as 87 % at 600.
const LEAST_PIXELS: f64 = 250.0;
/// Share of the page that may lie outside the picture: corners are found to a hundredth.
const MOST_CUT_OFF: f64 = 0.02;
/// Nine tenths of a page that is darker than this are hard to read: 67 % of fields at 54, 83 % at 91.
const LEAST_LIGHT: u8 = 60;
/// Nine tenths of a page that are lighter than this have no print left.
const MOST_LIGHT: u8 = 228;

/// A page that was measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// The picture, counted from 0.
    pub(crate) picture: usize,
    /// What was measured.
    pub(crate) quality: Quality,
    /// Pixels of the longer side of what was measured.
    pub(crate) pixels: f64,
    /// Where the middle of its white patch is in the picture.
    pub(crate) white_at: Option<Point>,
}

/// The checks of a document's pages, the same for every document, in this order.
pub(crate) fn checks(pages: &[Measured]) -> Vec<Check> {
    vec![
        judged("image.resolution", pages, resolution),
        judged("image.cut_off", pages, cut_off),
        judged("image.exposure", pages, exposure),
        judged("image.blur", pages, blur),
        judged("image.glare", pages, glare),
    ]
}

/// What is said of one page: nothing where all is well.
enum Finding {
    Well,
    Unknown(&'static str),
    Bad(String),
}

/// The first page that fails decides, then the first that could not be looked at.
fn judged(code: &str, pages: &[Measured], judge: fn(&Measured) -> Finding) -> Check {
    let mut unknown = None;
    for page in pages {
        let picture = page.picture + 1;
        match judge(page) {
            Finding::Well => {}
            Finding::Unknown(reason) => {
                unknown.get_or_insert_with(|| format!("picture {picture}: {reason}"));
            }
            Finding::Bad(reason) => {
                let message = format!("picture {picture}: {reason}");
                return check(code, CheckOutcome::Failed, message);
            }
        }
    }
    match unknown {
        Some(message) => check(code, CheckOutcome::NotPerformed, message),
        None => check(code, CheckOutcome::Passed, "nothing stands in the way".to_owned()),
    }
}

/// What is said of pictures, whatever field stands on them.
pub(crate) fn check(code: &str, outcome: CheckOutcome, message: String) -> Check {
    Check { code: code.to_owned(), outcome, fields: Vec::new(), message }
}

fn resolution(page: &Measured) -> Finding {
    let pixels = page.quality.longer_side;
    if pixels >= LEAST_PIXELS {
        return Finding::Well;
    }
    Finding::Bad(format!(
        "the page has {pixels:.0} pixels from edge to edge, {LEAST_PIXELS:.0} are needed: take it from nearer"
    ))
}

fn cut_off(page: &Measured) -> Finding {
    let share = page.quality.cut_off;
    if share <= MOST_CUT_OFF {
        return Finding::Well;
    }
    let percent = 100.0 * share;
    Finding::Bad(format!(
        "{percent:.0} % of the page lie outside the picture: take it with all four corners in it"
    ))
}

fn exposure(page: &Measured) -> Finding {
    let [dark, _, light] = page.quality.lightness;
    if light < LEAST_LIGHT {
        return Finding::Bad("the page is too dark: take it in more light".to_owned());
    }
    if dark > MOST_LIGHT {
        return Finding::Bad("the page is too bright: take it in less light".to_owned());
    }
    Finding::Well
}

fn blur(page: &Measured) -> Finding {
    let Some(blur) = page.quality.blur else {
        return Finding::Unknown("there is too little print to tell whether it is sharp");
    };
    if blur < MOST_BLUR || blur * page.pixels < LEAST_BLUR_PIXELS {
        return Finding::Well;
    }
    Finding::Bad("the page is not sharp: take it again, and hold still".to_owned())
}

fn glare(page: &Measured) -> Finding {
    let (Some(WhitePatch { share, .. }), Some(at)) = (page.quality.white, page.white_at) else {
        return Finding::Well;
    };
    if !(LEAST_GLARE..LEAST_PAPER).contains(&share) {
        return Finding::Well;
    }
    let percent = 100.0 * share;
    Finding::Bad(format!(
        "a reflection covers {percent:.0} % of the page, around {:.0}, {:.0}: take it again without light from there",
        at.x, at.y
    ))
}

#[cfg(test)]
mod tests;
