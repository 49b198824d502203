//! Where the processor puts a page: the way back from what the encoder sees to what was sent.

use super::raster::Raster;
use super::{ImageProcessor, ProcessorConfig};

/// From pixels of the encoder's picture to those of the page it was made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Placement {
    /// Width and height of the page, in pixels.
    page: [f32; 2],
    /// Whether it was given a quarter turn clockwise.
    is_turned: bool,
    /// Where its left upper corner, turned as it was, lies in the picture.
    corner: [f32; 2],
    /// Its width and height there.
    size: [f32; 2],
}

impl Placement {
    /// A point of the page, x before y, within its edges.
    pub(crate) fn back(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let share = [(x - self.corner[0]) / self.size[0], (y - self.corner[1]) / self.size[1]];
        let [across, down] = share.map(|share| share.clamp(0.0, 1.0));
        let [width, height] = self.page;
        match self.is_turned {
            false => [across * width, down * height],
            true => [down * width, (1.0 - across) * height],
        }
    }
}

impl ImageProcessor {
    /// Where a page of a size in pixels is put, as the steps of [`ImageProcessor::pixel_values`] do.
    pub(crate) fn placement(&self, width: u32, height: u32) -> Placement {
        let config: &ProcessorConfig = &self.config;
        let target = (config.height, config.width);
        let mut size = Raster::of_size(height, width);
        let is_turned = config.do_align_long_axis && size.lies_across(target);
        if is_turned {
            size = Raster::of_size(width, height);
        }
        if config.do_resize {
            let (height, width) = size.size_with_shortest_edge(target.0.min(target.1));
            size = Raster::of_size(height, width);
        }
        if config.do_thumbnail
            && let Some((height, width)) = size.thumbnail_size(target)
        {
            size = Raster::of_size(height, width);
        }
        let corner = match config.do_pad {
            true => [(target.1, size.width), (target.0, size.height)]
                .map(|(target, own)| (target.saturating_sub(own) / 2) as f32),
            false => [0.0; 2],
        };
        Placement {
            page: [width as f32, height as f32],
            is_turned,
            corner,
            size: [size.width.max(1) as f32, size.height.max(1) as f32],
        }
    }
}

#[cfg(test)]
mod tests;
