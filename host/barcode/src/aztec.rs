//! Aztec Codes anywhere on a page: the decoder finds one that the middle of its picture lies in.

use rxing::aztec::AztecReader;
use rxing::{DecodeHints, Exceptions, ImmutableReader as _, Point, RXingResult};

use crate::luma::Luma;
use crate::{MOST_OF_A_KIND, bitmap};

/// How often the shorter side of a page holds the windows that are looked at: an Aztec Code is found if it is half
/// as wide as one of them.
const WINDOWS: [u32; 3] = [1, 2, 5];

pub(crate) fn decode(luma: &Luma, hints: &DecodeHints) -> Result<Vec<RXingResult>, Exceptions> {
    let mut found = Vec::<RXingResult>::new();
    for windows in WINDOWS {
        let side = (luma.width().min(luma.height()) / windows).max(1);
        let step = side.div_ceil(2) as usize;
        for top in (0..luma.height()).step_by(step) {
            for left in (0..luma.width()).step_by(step) {
                let part = luma.part((left, top), side);
                let Ok(one) = AztecReader.immutable_decode_with_hints(&mut bitmap(&part)?, hints)
                else {
                    continue;
                };
                let is_known = found.iter().any(|known| known.getText() == one.getText());
                if !is_known {
                    found.push(moved(&one, left, top));
                }
                if found.len() == MOST_OF_A_KIND {
                    return Ok(found);
                }
            }
        }
    }
    Ok(found)
}

/// From the pixels of a part to those of the whole.
fn moved(result: &RXingResult, left: u32, top: u32) -> RXingResult {
    let points = result.getPoints().iter();
    let points = points.map(|point| Point { x: point.x + left as f32, y: point.y + top as f32 });
    RXingResult::new(result.getText(), Vec::new(), points.collect(), *result.getBarcodeFormat())
}
