//! `y = x w^T + b`, plus what each row's adapter makes of it.

use candle_core::{Result, Tensor};

use crate::ModelError;
use crate::kernels::affine;
use crate::lora::{AdapterRows, LayerDelta, Replaced, Segment};
use crate::weights::WeightFile;

mod registry;
pub(crate) use registry::{LayerId, LayerInfo, LayerKind, LinearRegistry};

/// A Linear layer of the base, or a convolution whose patches were laid out as rows.
#[derive(Debug)]
pub(crate) struct Linear {
    id: LayerId,
    /// `(in_features, out_features)`, a view of the stored matrix.
    weight_t: Tensor,
    bias: Option<Tensor>,
}

impl Linear {
    /// Loads `{path}.weight`, `(out_features, in_features)`, and `{path}.bias` if `bias`.
    pub(crate) fn load(
        file: &WeightFile,
        registry: &mut LinearRegistry,
        path: &str,
        in_features: usize,
        out_features: usize,
        bias: bool,
    ) -> std::result::Result<Self, ModelError> {
        let weight = file.take(&format!("{path}.weight"), &[out_features, in_features])?;
        let bias = match bias {
            true => Some(file.take(&format!("{path}.bias"), &[out_features])?),
            false => None,
        };
        Self::from_weight(registry, path, &weight, bias)
    }

    /// A layer whose weight, `(out_features, in_features)`, was loaded before.
    pub(crate) fn from_weight(
        registry: &mut LinearRegistry,
        path: &str,
        weight: &Tensor,
        bias: Option<Tensor>,
    ) -> std::result::Result<Self, ModelError> {
        Self::register(registry, path, LayerKind::Linear, weight, bias)
    }

    /// Loads `{path}.weight`, `(out_channels, in_channels, height, width)`, and `{path}.bias` of a
    /// convolution whose stride is its kernel: `(patches, in_channels * height * width)` to
    /// `(patches, out_channels)`.
    pub(crate) fn load_patch_convolution(
        file: &WeightFile,
        registry: &mut LinearRegistry,
        path: &str,
        [out_channels, in_channels, height, width]: [usize; 4],
    ) -> std::result::Result<Self, ModelError> {
        let shape = [out_channels, in_channels, height, width];
        let weight = file.take(&format!("{path}.weight"), &shape)?.flatten_from(1)?;
        let bias = file.take(&format!("{path}.bias"), &[out_channels])?;
        let kind = LayerKind::Conv2d { in_channels, kernel: [height, width] };
        Self::register(registry, path, kind, &weight, Some(bias))
    }

    fn register(
        registry: &mut LinearRegistry,
        path: &str,
        kind: LayerKind,
        weight: &Tensor,
        bias: Option<Tensor>,
    ) -> std::result::Result<Self, ModelError> {
        let info =
            LayerInfo { path: path.to_owned(), kind, weight: weight.clone(), bias: bias.clone() };
        Ok(Self { id: registry.add(info), weight_t: weight.t()?, bias })
    }

    /// `(..., in_features)` to `(..., out_features)`. The leading dimension counts `rows.items()`
    /// items, each a fixed number of vectors.
    pub(crate) fn forward(&self, x: &Tensor, rows: &AdapterRows) -> Result<Tensor> {
        let mut shape = x.dims().to_vec();
        let in_features = shape.pop().unwrap_or(0);
        let x = x.reshape(((), in_features))?;
        let vectors_per_item = x.dim(0)? / rows.items();
        let is_replaced = |(_, delta): (_, &LayerDelta)| matches!(delta, LayerDelta::Replaced(_));
        let y = match rows.deltas_on(self.id).any(is_replaced) {
            true => self.forward_in_parts(&x, rows, vectors_per_item)?,
            false => self.forward_base(&x)?,
        };
        for (segment, delta) in rows.deltas_on(self.id) {
            if let LayerDelta::Added(added) = delta {
                added.apply(&y, &x, segment.vectors(vectors_per_item))?;
            }
        }
        shape.push(y.dim(1)?);
        y.reshape(shape)
    }

    fn forward_base(&self, x: &Tensor) -> Result<Tensor> {
        affine(x, &self.weight_t, self.bias.as_ref())
    }

    /// Segments whose adapter brings its own weight are multiplied with that one alone.
    fn forward_in_parts(
        &self,
        x: &Tensor,
        rows: &AdapterRows,
        vectors_per_item: usize,
    ) -> Result<Tensor> {
        let part = |(segment, delta): (&Segment, Option<&LayerDelta>)| {
            let vectors = segment.vectors(vectors_per_item);
            let x = x.narrow(0, vectors.start, vectors.len())?;
            match delta {
                Some(LayerDelta::Replaced(Replaced { weight: Some(weight), bias })) => {
                    affine(&x, &weight.t()?, bias.as_ref())
                }
                Some(LayerDelta::Replaced(Replaced { weight: None, bias })) => {
                    affine(&x, &self.weight_t, bias.as_ref())
                }
                _ => self.forward_base(&x),
            }
        };
        let parts = rows.segments_on(self.id).map(part).collect::<Result<Vec<_>>>()?;
        match parts.as_slice() {
            [whole] => Ok(whole.clone()),
            parts => Tensor::cat(parts, 0),
        }
    }
}
