//! Windows of a Swin stage as one gather each way: padding, cyclic shift and partition at once.

use candle_core::{Device, Result, Tensor};

use crate::config::EncoderConfig;

/// How the tokens of pages of one size lie in the encoder's windows, stage by stage. It has no weights:
/// the encoder takes pages of any size for which there is one.
#[derive(Debug)]
pub(crate) struct EncoderLayout {
    pub(super) stages: Vec<StageLayout>,
}

/// That of one stage (`DonutSwinStage`).
#[derive(Debug)]
pub(super) struct StageLayout {
    pub(super) plain: WindowLayout,
    pub(super) shifted: WindowLayout,
    /// Of the merging behind it; the last has none.
    pub(super) merge: Option<MergeLayout>,
}

impl EncoderLayout {
    /// Lays out pages of the size that `config` says.
    pub(crate) fn new(config: &EncoderConfig, device: &Device) -> Result<Self> {
        let stages = (0..config.depths.len()).map(|stage| {
            let (grid, window_size) = (config.grid(stage), config.window_size);
            // A window as large as the grid has nowhere to shift to.
            let shifts = grid.into_iter().all(|side| side > window_size);
            let shift = if shifts { window_size / 2 } else { 0 };
            let is_last = stage + 1 == config.depths.len();
            Ok(StageLayout {
                plain: WindowLayout::new(grid, window_size, 0, device)?,
                shifted: WindowLayout::new(grid, window_size, shift, device)?,
                merge: (!is_last).then(|| MergeLayout::new(grid, device)).transpose()?,
            })
        });
        Ok(Self { stages: stages.collect::<Result<_>>()? })
    }
}

/// How the tokens of a grid are laid out in windows (`modeling_donut_swin.py`, `DonutSwinLayer`).
#[derive(Debug)]
pub(super) struct WindowLayout {
    /// `(windows * window_size^2)`: for each place in a window the token, or `tokens` for padding.
    partition: Tensor,
    /// `(tokens)`: for each token its place in the windows.
    reverse: Tensor,
    padded: bool,
    /// `(windows, window_size^2, window_size^2)`, where the shift brought strangers together.
    mask: Option<Tensor>,
}

impl WindowLayout {
    /// Lays out `height` x `width` tokens, shifted by `shift` towards the origin.
    pub(super) fn new(
        [height, width]: [usize; 2],
        window_size: usize,
        shift: usize,
        device: &Device,
    ) -> Result<Self> {
        let rows = height.div_ceil(window_size);
        let columns = width.div_ceil(window_size);
        let [padded_height, padded_width] = [rows * window_size, columns * window_size];
        let tokens = height * width;
        let places = padded_height * padded_width;
        let mut partition = Vec::with_capacity(places);
        let mut reverse = vec![0; tokens];
        let mut regions = Vec::with_capacity(places);
        for place in 0..places {
            let (window, inside) = (place / window_size.pow(2), place % window_size.pow(2));
            let shifted_y = window / columns * window_size + inside / window_size;
            let shifted_x = window % columns * window_size + inside % window_size;
            regions.push(
                3 * region(shifted_y, padded_height, window_size, shift)
                    + region(shifted_x, padded_width, window_size, shift),
            );
            let y = (shifted_y + shift) % padded_height;
            let x = (shifted_x + shift) % padded_width;
            if y < height && x < width {
                reverse[y * width + x] = index(place)?;
                partition.push(index(y * width + x)?);
            } else {
                partition.push(index(tokens)?);
            }
        }
        let windows = rows * columns;
        let mask = match shift {
            0 => None,
            _ => Some(shift_mask(&regions, windows, window_size.pow(2), device)?),
        };
        Ok(Self {
            partition: Tensor::new(partition, device)?,
            reverse: Tensor::new(reverse, device)?,
            padded: places > tokens,
            mask,
        })
    }

    pub(super) fn mask(&self) -> Option<&Tensor> {
        self.mask.as_ref()
    }

    /// `(pages, tokens, channels)` to `(pages, windows * window_size^2, channels)`; padding is 0.
    pub(super) fn partition(&self, x: &Tensor) -> Result<Tensor> {
        gather(x, &self.partition, self.padded)
    }

    /// The way back; padding is dropped.
    pub(super) fn reverse(&self, x: &Tensor) -> Result<Tensor> {
        x.index_select(&self.reverse, 1)
    }
}

/// How patch merging brings four neighbours together (`DonutSwinPatchMerging`).
#[derive(Debug)]
pub(super) struct MergeLayout {
    neighbours: Tensor,
    padded: bool,
}

impl MergeLayout {
    pub(super) fn new([height, width]: [usize; 2], device: &Device) -> Result<Self> {
        let mut neighbours = Vec::new();
        for y in 0..height.div_ceil(2) {
            for x in 0..width.div_ceil(2) {
                // Down first, then right: the order of transformers' concatenation.
                for [down, right] in [[0, 0], [1, 0], [0, 1], [1, 1]] {
                    let [y, x] = [2 * y + down, 2 * x + right];
                    let inside = y < height && x < width;
                    neighbours.push(index(if inside { y * width + x } else { height * width })?);
                }
            }
        }
        let padded = height % 2 == 1 || width % 2 == 1;
        Ok(Self { neighbours: Tensor::new(neighbours, device)?, padded })
    }

    /// `(pages, tokens, channels)` to `(pages, merged tokens, 4 * channels)`; padding is 0.
    pub(super) fn merge(&self, x: &Tensor) -> Result<Tensor> {
        let (pages, _, channels) = x.dims3()?;
        gather(x, &self.neighbours, self.padded)?.reshape((pages, (), 4 * channels))
    }
}

/// Picks tokens; the index after the last is a token of zeros.
fn gather(x: &Tensor, indices: &Tensor, padded: bool) -> Result<Tensor> {
    match padded {
        true => x.pad_with_zeros(1, 0, 1)?.index_select(indices, 1),
        false => x.index_select(indices, 1),
    }
}

/// Which of the three strips along one axis a shifted coordinate lies in.
fn region(coordinate: usize, side: usize, window_size: usize, shift: usize) -> usize {
    usize::from(coordinate + window_size >= side) + usize::from(coordinate + shift >= side)
}

/// -100 between tokens of different regions, 0 otherwise.
fn shift_mask(regions: &[usize], windows: usize, places: usize, device: &Device) -> Result<Tensor> {
    let mask = regions
        .chunks_exact(places)
        .flat_map(|window| {
            window.iter().flat_map(move |query| {
                window.iter().map(move |key| if query == key { 0f32 } else { -100.0 })
            })
        })
        .collect::<Vec<_>>();
    Tensor::from_vec(mask, (windows, places, places), device)
}

fn index(value: usize) -> Result<u32> {
    u32::try_from(value).map_err(candle_core::Error::wrap)
}

#[cfg(test)]
mod tests;
