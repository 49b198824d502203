//! From where the decoder looked to corners on the page that was sent.

use dossier_document::Point;

use super::plan::Print;
use crate::decode::DecodedField;
use crate::kernels::Focus;
use crate::place::place;

impl Print {
    /// Where a field stands; none where nothing was read.
    pub(super) fn polygon(&self, decoded: &DecodedField) -> Option<[Point; 4]> {
        let [width, height] = self.token;
        let in_pixels = |focus: &Focus| Focus { x: focus.x * width, y: focus.y * height, ..*focus };
        let foci = decoded.foci.iter().map(|focus| focus.as_ref().map(in_pixels));
        let corners = place(&self.grey, &decoded.text, &foci.collect::<Vec<_>>())?;
        Some(corners.map(|corner| {
            let [x, y] = self.placement.back(corner);
            Point { x: f64::from(x), y: f64::from(y) }
        }))
    }
}
