//! The frame header (ITU-T T.81, B.2.2) and what its scans cost.

use super::{CORRUPT, marker, unsupported};
use crate::{DecodeError, DecodeLimits};

/// The frame header, as far as the service cares.
pub(super) struct Frame {
    pub(super) width: u32,
    pub(super) height: u32,
    is_progressive: bool,
    components: Vec<Component>,
}

struct Component {
    id: u8,
    horizontal: u64,
    vertical: u64,
}

impl Frame {
    /// Precision, height, width, number of components; and of each its number, sampling and table.
    pub(super) fn parse(
        marker: u8,
        data: &[u8],
        limits: &DecodeLimits,
    ) -> Result<Self, DecodeError> {
        let (&[precision, h1, h0, w1, w0, count], rest) =
            data.split_first_chunk::<6>().ok_or(CORRUPT)?;
        let height = u32::from(u16::from_be_bytes([h1, h0]));
        let width = u32::from(u16::from_be_bytes([w1, w0]));
        limits.check_size(width, height)?;
        if precision != 8 {
            return Err(unsupported("samples of other than 8 bits"));
        }
        if height == 0 {
            return Err(unsupported("a number of lines that stands after the first scan"));
        }
        if width == 0 || count == 0 || rest.len() != 3 * usize::from(count) {
            return Err(CORRUPT);
        }
        if !matches!(count, 1 | 3 | 4) {
            return Err(unsupported("a number of components other than 1, 3 and 4"));
        }
        let components = rest.chunks_exact(3).map(|component| Component {
            id: component[0],
            horizontal: u64::from(component[1] >> 4),
            vertical: u64::from(component[1] & 0xf),
        });
        let components = components.collect::<Vec<_>>();
        check_sampling(&components)?;
        Ok(Self { width, height, is_progressive: marker::is_progressive(marker), components })
    }

    pub(super) fn components(&self) -> u64 {
        self.components.len() as u64
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = u8> {
        self.components.iter().map(|component| component.id)
    }

    fn is_subsampled(&self) -> bool {
        self.components.iter().any(|c| (c.horizontal, c.vertical) != (1, 1))
    }

    /// Every coefficient of a progressive image is kept, in two bytes, until the last scan.
    pub(super) fn working_bytes_per_pixel(&self) -> u64 {
        if self.is_progressive { 2 * self.components() } else { 1 }
    }

    /// Samples of all components, without their subsampling.
    pub(super) fn samples(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height) * self.components()
    }

    /// The samples of the components that the scan is of (B.2.3).
    pub(super) fn visits_of_scan(&self, header: &[u8]) -> Result<u64, DecodeError> {
        let (&count, rest) = header.split_first().ok_or(CORRUPT)?;
        let selectors = rest.chunks_exact(2).take(usize::from(count)).map(|pair| pair[0]);
        let selectors = selectors.collect::<Vec<_>>();
        if selectors.len() != usize::from(count) || count == 0 {
            return Err(CORRUPT);
        }
        if !selectors.iter().all(|id| self.ids().any(|own| own == *id)) {
            return Err(CORRUPT);
        }
        // The codec puts the blocks of such scans where those of a common one would stand.
        let is_common = selectors.len() == self.components.len();
        if !is_common && !self.is_progressive && self.is_subsampled() {
            return Err(unsupported("sequential scans of single colours that are subsampled"));
        }
        Ok(u64::from(self.width) * u64::from(self.height) * u64::from(count))
    }
}

/// The codec reads samplings of the first component by 1, 2 or 4 while the others have one; other
/// mixtures it refuses, or gets wrong. A single component's sampling means nothing.
fn check_sampling(components: &[Component]) -> Result<(), DecodeError> {
    if components.iter().any(|c| !(1..=4).contains(&c.horizontal) || !(1..=4).contains(&c.vertical))
    {
        return Err(CORRUPT);
    }
    let is_read = match components {
        [only] => only.horizontal.is_power_of_two(),
        [first, others @ ..] => {
            let whole = [1, 2, 4];
            whole.contains(&first.horizontal)
                && whole.contains(&first.vertical)
                && others.iter().all(|c| (c.horizontal, c.vertical) == (1, 1))
        }
        [] => false,
    };
    if is_read { Ok(()) } else { Err(unsupported("an unusual subsampling of colours")) }
}
