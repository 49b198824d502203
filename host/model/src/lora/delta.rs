//! What an adapter makes of a layer.

use std::ops::Range;
use std::sync::Arc;

use candle_core::{Result, Tensor};

use super::lora_xs::LoraXsFactors;
use super::vera::VeraProjections;
use crate::kernels::{add_bias_to_rows, add_product_to_rows, add_to_rows, affine, scale_rows};
use crate::linear::{LayerId, LayerInfo};

/// What an adapter makes of a layer of the base.
#[derive(Debug)]
pub(crate) enum LayerDelta {
    /// The base's output goes on to be used.
    Added(Added),
    /// The layer has other parameters (`modules_to_save`, or trained biases of a LayerNorm).
    Replaced(Replaced),
}

/// `scale * base(x) + shift + product(x)`, each part only where the adapter has it.
#[derive(Debug, Default)]
pub(crate) struct Added {
    /// `(out_features)`: DoRA's magnitude over the norm of the changed rows.
    scale: Option<Tensor>,
    /// `(out_features)`: trained biases.
    shift: Option<Tensor>,
    product: Option<Product>,
}

/// Parameters in the place of the base's.
#[derive(Debug)]
pub(crate) struct Replaced {
    /// `(out_features, in_features)`, or `(features)` of a LayerNorm; the base's where it is absent.
    pub(crate) weight: Option<Tensor>,
    /// There is none in the place of none.
    pub(crate) bias: Option<Tensor>,
}

/// A product of low rank.
#[derive(Debug)]
pub(super) enum Product {
    /// LoRA: all of it belongs to the adapter.
    Pair {
        /// `(in_features, r)`.
        a_t: Tensor,
        /// `(r, out_features)`, with the scaling in it.
        b_t: Tensor,
    },
    /// VeRA: two vectors beside matrices that all adapters share.
    Vera {
        projections: Arc<VeraProjections>,
        in_features: usize,
        /// `(r)`.
        lambda_d: Tensor,
        /// `(out_features)`.
        lambda_b: Tensor,
    },
    /// LoRA-XS: a small matrix between factors that all adapters share.
    LoraXs {
        factors: Arc<LoraXsFactors>,
        layer: LayerId,
        /// `(r, r)`, with the scaling in it.
        r_t: Tensor,
    },
}

impl Added {
    /// `trained_bias` stands in the place of the base's; `added_bias` comes on top.
    pub(super) fn new(
        layer: &LayerInfo,
        product: Option<Product>,
        scale: Option<Tensor>,
        trained_bias: Option<Tensor>,
        added_bias: Option<Tensor>,
    ) -> Result<Self> {
        // What is left of the base's bias after the scale, and what there should be.
        let shift = match (&layer.bias, &scale, &trained_bias) {
            (None, ..) | (Some(_), None, None) => None,
            (Some(base), None, Some(trained)) => Some((trained - base)?),
            (Some(base), Some(scale), None) => Some((base - (base * scale)?)?),
            (Some(base), Some(scale), Some(trained)) => Some((trained - (base * scale)?)?),
        };
        let shift = match (shift, added_bias) {
            (Some(shift), Some(added)) => Some((shift + added)?),
            (shift, added) => shift.or(added),
        };
        Ok(Self { scale, shift, product })
    }

    /// Changes the rows `vectors` of `y`, `(vectors, out_features)`, which the base made of the same
    /// rows of `x`.
    pub(crate) fn apply(&self, y: &Tensor, x: &Tensor, vectors: Range<usize>) -> Result<()> {
        if let Some(scale) = &self.scale {
            scale_rows(y, scale, vectors.clone())?;
        }
        if let Some(product) = &self.product {
            let x = x.narrow(0, vectors.start, vectors.len())?;
            product.add_to_rows(y, &x, vectors.start)?;
        }
        if let Some(shift) = &self.shift {
            add_bias_to_rows(y, shift, vectors)?;
        }
        Ok(())
    }
}

impl Product {
    /// Adds the product with `x`, `(vectors, in_features)`, to the rows of `y` from `start` on.
    fn add_to_rows(&self, y: &Tensor, x: &Tensor, start: usize) -> Result<()> {
        match self {
            Self::Pair { a_t, b_t } => add_product_to_rows(y, &affine(x, a_t, None)?, b_t, start),
            Self::Vera { projections, in_features, lambda_d, lambda_b } => {
                let inner = affine(x, &projections.a_t(*in_features)?, None)?;
                scale_rows(&inner, lambda_d, 0..x.dim(0)?)?;
                let outer = affine(&inner, &projections.b_t(lambda_b.elem_count())?, None)?;
                scale_rows(&outer, lambda_b, 0..x.dim(0)?)?;
                add_to_rows(y, &outer, start)
            }
            Self::LoraXs { factors, layer, r_t } => {
                let (a_t, b_t) = factors.cut(*layer, r_t.dim(0)?)?;
                let inner = affine(&affine(x, &a_t, None)?, r_t, None)?;
                add_product_to_rows(y, &inner, &b_t, start)
            }
        }
    }
}

impl LayerDelta {
    /// The tensors that belong to the adapter alone.
    pub(super) fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        let (vectors, product) = match self {
            Self::Added(Added { scale, shift, product }) => ([scale, shift], product.as_ref()),
            Self::Replaced(Replaced { weight, bias }) => ([weight, bias], None),
        };
        let product = match product {
            None => [None, None],
            Some(Product::Pair { a_t, b_t }) => [Some(a_t), Some(b_t)],
            Some(Product::Vera { lambda_d, lambda_b, .. }) => [Some(lambda_d), Some(lambda_b)],
            Some(Product::LoraXs { r_t, .. }) => [Some(r_t), None],
        };
        vectors.into_iter().flatten().chain(product.into_iter().flatten())
    }
}
