//! What an adapter makes of a layer.

use std::ops::Range;
use std::sync::Arc;

use candle_core::{Device, Result, Tensor};

use super::lora_xs::LoraXsFactors;
use super::vera::VeraProjections;
use crate::AdapterPrecision;
use crate::kernels::{LowRank, Weight, add_bias_to_rows, add_to_rows, affine, merge, scale_rows};
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
    /// `(out_features, in_features)`, f32, bf16 or f16, or `(features)` of a LayerNorm; the base's
    /// where it is absent.
    pub(crate) weight: Option<Tensor>,
    /// There is none in the place of none.
    pub(crate) bias: Option<Tensor>,
}

/// A product of low rank.
#[derive(Debug)]
pub(super) enum Product {
    /// LoRA: all of it belongs to the adapter.
    Pair {
        /// `(r, in_features)`, f32, bf16 or f16.
        a: Tensor,
        /// `(r, out_features)`, as `a`, with the scaling in it.
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
        let on_cpu = |bias: &Tensor| bias.to_device(&Device::Cpu);
        // What is left of the base's bias after the scale, and what there should be.
        let shift = match (&layer.bias, &scale, &trained_bias) {
            (None, ..) | (Some(_), None, None) => None,
            (Some(base), None, Some(trained)) => Some((trained - on_cpu(base)?)?),
            (Some(base), Some(scale), None) => {
                let base = on_cpu(base)?;
                Some((&base - (&base * scale)?)?)
            }
            (Some(base), Some(scale), Some(trained)) => Some((trained - (on_cpu(base)? * scale)?)?),
        };
        let shift = match (shift, added_bias) {
            (Some(shift), Some(added)) => Some((shift + added)?),
            (shift, added) => shift.or(added),
        };
        Ok(Self { scale, shift, product })
    }

    /// The product, where it can be computed beside the base's: nothing scales the base's output
    /// before it is added.
    pub(crate) fn low_rank(&self, vectors: Range<usize>) -> Option<LowRank<'_>> {
        match (&self.scale, &self.product) {
            (None, Some(Product::Pair { a, b_t })) => Some(LowRank { vectors, a, b_t }),
            _ => None,
        }
    }

    /// Changes the rows `vectors` of `y`, `(vectors, out_features)`, which the base made of the same
    /// rows of `x`, by all that [`Added::low_rank`] does not give.
    pub(crate) fn apply_rest(&self, y: &Tensor, x: &Tensor, vectors: Range<usize>) -> Result<()> {
        if let Some(scale) = &self.scale {
            scale_rows(y, scale, vectors.clone())?;
        }
        if let (Some(product), None) = (&self.product, self.low_rank(vectors.clone())) {
            let x = x.narrow(0, vectors.start, vectors.len())?;
            add_to_rows(y, &product.forward(&x)?, vectors.start)?;
        }
        if let Some(shift) = &self.shift {
            add_bias_to_rows(y, shift, vectors)?;
        }
        Ok(())
    }

    /// The layer's parameters, `(out_features, in_features)` and `(out_features)`, with all of it in
    /// them.
    pub(crate) fn merged(
        &self,
        weight: &Weight,
        bias: Option<&Tensor>,
    ) -> Result<(Weight, Option<Tensor>)> {
        let scale = self.scale.as_ref();
        let weight = match &self.product {
            Some(product) => {
                let (left, right) = product.factors()?;
                Weight::new(merge(weight, scale, &left, &right)?)
            }
            None => weight.clone(),
        };
        let bias = match (bias, scale) {
            (Some(bias), Some(scale)) => Some((bias * scale)?),
            (bias, _) => bias.cloned(),
        };
        let bias = match (bias, &self.shift) {
            (Some(bias), Some(shift)) => Some((bias + shift)?),
            (bias, shift) => bias.or_else(|| shift.clone()),
        };
        Ok((weight, bias))
    }
}

impl Product {
    fn map(self, mut change: impl FnMut(Tensor) -> Result<Tensor>) -> Result<Self> {
        Ok(match self {
            Self::Pair { a, b_t } => Self::Pair { a: change(a)?, b_t: change(b_t)? },
            Self::Vera { projections, in_features, lambda_d, lambda_b } => {
                let (lambda_d, lambda_b) = (change(lambda_d)?, change(lambda_b)?);
                Self::Vera { projections, in_features, lambda_d, lambda_b }
            }
            Self::LoraXs { factors, layer, r_t } => {
                Self::LoraXs { factors, layer, r_t: change(r_t)? }
            }
        })
    }

    /// `(vectors, in_features)` to `(vectors, out_features)`.
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Pair { a, b_t } => affine(&affine(x, &wide(a)?.t()?, None)?, &wide(b_t)?, None),
            Self::Vera { projections, in_features, lambda_d, lambda_b } => {
                let inner = affine(x, &projections.a_t(*in_features)?, None)?;
                scale_rows(&inner, lambda_d, 0..x.dim(0)?)?;
                let outer = affine(&inner, &projections.b_t(lambda_b.elem_count())?, None)?;
                scale_rows(&outer, lambda_b, 0..x.dim(0)?)?;
                Ok(outer)
            }
            Self::LoraXs { factors, layer, r_t } => {
                let (a_t, b_t) = factors.cut(*layer, r_t.dim(0)?)?;
                affine(&affine(&affine(x, &a_t, None)?, r_t, None)?, &b_t, None)
            }
        }
    }

    /// Two matrices, `(out_features, r)` and `(r, in_features)`, whose product is all of it.
    fn factors(&self) -> Result<(Tensor, Tensor)> {
        match self {
            Self::Pair { a, b_t } => Ok((wide(b_t)?.t()?, wide(a)?)),
            Self::Vera { projections, in_features, lambda_d, lambda_b } => {
                let b = projections.b_t(lambda_b.elem_count())?.t()?;
                let a_t = projections.a_t(*in_features)?;
                let left = b.broadcast_mul(&lambda_b.unsqueeze(1)?)?;
                Ok((left, a_t.broadcast_mul(lambda_d)?.t()?))
            }
            Self::LoraXs { factors, layer, r_t } => {
                let (a_t, b_t) = factors.cut(*layer, r_t.dim(0)?)?;
                Ok((b_t.t()?, affine(&a_t, r_t, None)?.t()?))
            }
        }
    }
}

/// f32 of what may be kept narrower.
fn wide(matrix: &Tensor) -> Result<Tensor> {
    Weight::new(matrix.clone()).to_f32()
}

impl LayerDelta {
    /// The same, with the matrices that belong to the adapter alone kept in `precision`.
    pub(super) fn kept_in(self, precision: AdapterPrecision) -> Result<Self> {
        let keep = |matrix: Tensor| matrix.to_dtype(precision.dtype());
        Ok(match self {
            Self::Added(Added { scale, shift, product: Some(Product::Pair { a, b_t }) }) => {
                let product = Some(Product::Pair { a: keep(a)?, b_t: keep(b_t)? });
                Self::Added(Added { scale, shift, product })
            }
            Self::Replaced(Replaced { weight: Some(weight), bias }) if weight.rank() == 2 => {
                Self::Replaced(Replaced { weight: Some(keep(weight)?), bias })
            }
            other => other,
        })
    }

    /// The same, with `change` made to every tensor that belongs to the adapter alone.
    pub(super) fn map(self, mut change: impl FnMut(Tensor) -> Result<Tensor>) -> Result<Self> {
        let mut change_if = |tensor: Option<Tensor>| tensor.map(&mut change).transpose();
        Ok(match self {
            Self::Added(Added { scale, shift, product }) => {
                let (scale, shift) = (change_if(scale)?, change_if(shift)?);
                let product = product.map(|product| product.map(change)).transpose()?;
                Self::Added(Added { scale, shift, product })
            }
            Self::Replaced(Replaced { weight, bias }) => {
                Self::Replaced(Replaced { weight: change_if(weight)?, bias: change_if(bias)? })
            }
        })
    }

    /// The tensors that belong to the adapter alone.
    pub(super) fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        let (vectors, product) = match self {
            Self::Added(Added { scale, shift, product }) => ([scale, shift], product.as_ref()),
            Self::Replaced(Replaced { weight, bias }) => ([weight, bias], None),
        };
        let product = match product {
            None => [None, None],
            Some(Product::Pair { a, b_t }) => [Some(a), Some(b_t)],
            Some(Product::Vera { lambda_d, lambda_b, .. }) => [Some(lambda_d), Some(lambda_b)],
            Some(Product::LoraXs { r_t, .. }) => [Some(r_t), None],
        };
        vectors.into_iter().flatten().chain(product.into_iter().flatten())
    }
}
