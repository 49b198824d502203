//! The layers of a base that an adapter can change.

use candle_core::{Device, Result, Tensor};

use crate::kernels::Weight;

/// The place of a layer in the registry of its base; adapters are indexed by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LayerId(pub(crate) usize);

/// A layer of the base, as adapters see it.
#[derive(Clone, Debug)]
pub(crate) struct LayerInfo {
    /// The module path, as transformers names it.
    pub(crate) path: String,
    pub(crate) kind: LayerKind,
    /// `(out_features, in_features)`, or `(features)` of a LayerNorm.
    pub(crate) weight: Weight,
    pub(crate) bias: Option<Tensor>,
}

/// What a layer is, as far as the shapes of its tensors in a file tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LayerKind {
    /// A matrix.
    Linear,
    /// A matrix once its last three dimensions are one.
    Conv2d {
        in_channels: usize,
        /// Height and width.
        kernel: [usize; 2],
    },
    /// A vector.
    LayerNorm,
}

/// All layers of a base that an adapter can change: Linear ones, the patches' convolution, and
/// LayerNorms.
#[derive(Clone, Debug, Default)]
pub(crate) struct LayerRegistry {
    layers: Vec<LayerInfo>,
}

impl LayerRegistry {
    pub(crate) fn layers(&self) -> &[LayerInfo] {
        &self.layers
    }

    pub(crate) fn add(&mut self, layer: LayerInfo) -> LayerId {
        self.layers.push(layer);
        LayerId(self.layers.len() - 1)
    }
}

impl LayerInfo {
    /// Whether a low-rank product can be added to it.
    pub(crate) fn is_matrix(&self) -> bool {
        self.kind != LayerKind::LayerNorm
    }

    pub(crate) fn out_features(&self) -> usize {
        self.weight.dims().first().copied().unwrap_or(0)
    }

    /// Of a convolution the values of a patch.
    pub(crate) fn in_features(&self) -> usize {
        self.weight.dims().last().copied().unwrap_or(0)
    }

    /// All of the weight in f32, in the host's memory.
    pub(crate) fn weight_on_cpu(&self) -> Result<Tensor> {
        self.weight.to_f32()?.to_device(&Device::Cpu)
    }

    /// The weight's shape in a file.
    pub(crate) fn weight_shape(&self) -> Vec<usize> {
        match self.kind {
            LayerKind::Conv2d { .. } => self.in_shape(self.out_features()),
            _ => self.weight.dims().to_vec(),
        }
    }

    /// The shape in a file of a matrix that takes the layer's input to `rank` values.
    pub(crate) fn in_shape(&self, rank: usize) -> Vec<usize> {
        match self.kind {
            LayerKind::Conv2d { in_channels, kernel: [height, width] } => {
                vec![rank, in_channels, height, width]
            }
            _ => vec![rank, self.in_features()],
        }
    }

    /// The shape in a file of a matrix that takes `rank` values to the layer's output.
    pub(crate) fn out_shape(&self, rank: usize) -> Vec<usize> {
        match self.kind {
            LayerKind::Conv2d { .. } => vec![self.out_features(), rank, 1, 1],
            _ => vec![self.out_features(), rank],
        }
    }

    /// The shape in a file of DoRA's magnitude.
    pub(crate) fn magnitude_shape(&self) -> Vec<usize> {
        match self.kind {
            LayerKind::Conv2d { .. } => vec![1, self.out_features(), 1, 1],
            _ => vec![self.out_features()],
        }
    }
}
