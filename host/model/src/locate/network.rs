//! The network that marks pages; `dossier_training.locate.network` has its form in Python, where
//! batch norm is folded into the convolutions when it is exported.

use candle_core::{Result, Tensor};

use super::convolution::Convolution;
use crate::ModelError;
use crate::weights::WeightFile;

/// Pixels a side of what it sees.
pub(super) const SIDE: usize = 256;

/// Pixels a side of a cell of the coarse and of the fine grid.
pub(super) const COARSE: usize = 8;
pub(super) const FINE: usize = 4;

/// Channels behind the stem and at 4, 8, 16 and 32 pixels a cell.
const WIDTHS: [usize; 5] = [16, 24, 64, 96, 128];

/// Two convolutions beside a way that leaves the input as it is.
#[derive(Debug)]
struct Residual {
    first: Convolution,
    second: Convolution,
}

/// Halves the size, then residual blocks.
#[derive(Debug)]
struct Stage {
    down: Convolution,
    blocks: Vec<Residual>,
}

#[derive(Debug)]
pub(super) struct Network {
    stem: Convolution,
    stages: Vec<Stage>,
    whole: Tensor,
    whole_bias: Tensor,
    /// From the coarsest stage up: what halves the channels, and what merges.
    up: Vec<(Convolution, Convolution)>,
    middle: (Convolution, Convolution),
    corner: (Convolution, Convolution),
}

/// What the network says of one square.
pub(super) struct Answer {
    /// How sure it is that a page's middle is in each cell, 0 to 1, `(32, 32)` row by row.
    pub(super) middle: Vec<Vec<f32>>,
    /// Where the four corners are from each cell's middle, going round the page from any of them,
    /// x and y of each in turn, in [`super::finding::REACH`] pixels: `(8, 32, 32)`.
    pub(super) offsets: Vec<Vec<Vec<f32>>>,
    /// At which of these corners reading begins, the greatest of `(4, 32, 32)`.
    pub(super) first: Vec<Vec<Vec<f32>>>,
    /// How sure it is that a corner is in a cell, 0 to 1, `(64, 64)`.
    pub(super) corner: Vec<Vec<f32>>,
}

impl Network {
    pub(super) fn load(weights: &WeightFile<'_>) -> std::result::Result<Self, ModelError> {
        let [a, b, c, d, e] = WIDTHS;
        let stage = |name: &str, ins: usize, outs: usize, blocks: usize| {
            let down = Convolution::load(weights, &format!("{name}.0"), ins, outs, 3, 2)?;
            let block = |index: usize| {
                let part = |part: &str| {
                    Convolution::load(weights, &format!("{name}.{index}.{part}"), outs, outs, 3, 1)
                };
                Ok(Residual { first: part("first")?, second: part("second")? })
            };
            let blocks = (1..=blocks).map(block).collect::<std::result::Result<_, ModelError>>()?;
            Ok::<_, ModelError>(Stage { down, blocks })
        };
        let up = |name: &str, ins: usize, outs: usize| {
            let narrow = Convolution::load(weights, &format!("up{name}"), ins, outs, 1, 1)?;
            let merge = Convolution::load(weights, &format!("merge{name}"), outs, outs, 3, 1)?;
            Ok::<_, ModelError>((narrow, merge))
        };
        let head = |name: &str, width: usize, outs: usize| {
            let first = Convolution::load(weights, &format!("{name}.0"), width, width, 3, 1)?;
            let last = Convolution::load(weights, &format!("{name}.1"), width, outs, 1, 1)?;
            Ok::<_, ModelError>((first, last))
        };
        Ok(Self {
            stem: Convolution::load(weights, "stem", 3, a, 5, 2)?,
            stages: vec![
                stage("down4", a, b, 1)?,
                stage("down8", b, c, 2)?,
                stage("down16", c, d, 2)?,
                stage("down32", d, e, 2)?,
            ],
            whole: weights.take_finite("whole.weight", &[e, e])?,
            whole_bias: weights.take_finite("whole.bias", &[e])?,
            up: vec![up("16", e, d)?, up("8", d, c)?, up("4", c, b)?],
            middle: head("middle", c, 13)?,
            corner: head("corner", b, 1)?,
        })
    }

    /// What it says of `pixels`, `(1, 3, 256, 256)`, -1 to 1.
    pub(super) fn answer(&self, pixels: &Tensor) -> Result<Answer> {
        let mut seen = vec![self.stem.apply(pixels)?.relu()?];
        for stage in &self.stages {
            let mut cells = stage.down.apply(&seen[seen.len() - 1])?.relu()?;
            for block in &stage.blocks {
                let change = block.second.apply(&block.first.apply(&cells)?.relu()?)?.relu()?;
                cells = (cells + change)?;
            }
            seen.push(cells);
        }
        let last = &seen[4];
        let all = last.mean((2, 3))?.matmul(&self.whole.t()?)?.broadcast_add(&self.whole_bias)?;
        let mut cells = last.broadcast_add(&all.unsqueeze(2)?.unsqueeze(3)?)?;
        let mut merged = Vec::with_capacity(self.up.len());
        for ((narrow, merge), beside) in self.up.iter().zip(seen[1..4].iter().rev()) {
            let (_, _, height, width) = beside.dims4()?;
            let wide = narrow.apply(&cells)?.relu()?.upsample_nearest2d(height, width)?;
            cells = merge.apply(&(beside + wide)?)?.relu()?;
            merged.push(cells.clone());
        }
        let head = |(first, last): &(Convolution, Convolution), cells: &Tensor| {
            last.apply(&first.apply(cells)?.relu()?)?.squeeze(0)
        };
        let middle = head(&self.middle, &merged[1])?;
        let sigmoid = candle_nn::ops::sigmoid;
        Ok(Answer {
            middle: sigmoid(&middle.get(0)?)?.to_vec2()?,
            offsets: middle.narrow(0, 1, 8)?.to_vec3()?,
            first: middle.narrow(0, 9, 4)?.to_vec3()?,
            corner: sigmoid(&head(&self.corner, &merged[2])?.get(0)?)?.to_vec2()?,
        })
    }
}
