//! `y = x w^T + b`, plus what each row's adapter makes of it.

use candle_core::{Result, Tensor};

use crate::ModelError;
use crate::kernels::{Part, Weight, affine_in_parts};
use crate::lora::{AdapterRows, LayerDelta, Replaced};
use crate::weights::WeightFile;

mod registry;
pub(crate) use registry::{LayerId, LayerInfo, LayerKind, LayerRegistry};

/// A Linear layer of the base, or a convolution whose patches were laid out as rows.
#[derive(Debug)]
pub(crate) struct Linear {
    id: LayerId,
    /// `(out_features, in_features)`.
    weight: Weight,
    bias: Option<Tensor>,
}

impl Linear {
    /// Loads `{path}.weight`, `(out_features, in_features)`, and `{path}.bias` if `bias`.
    pub(crate) fn load(
        file: &WeightFile<'_>,
        registry: &mut LayerRegistry,
        path: &str,
        in_features: usize,
        out_features: usize,
        bias: bool,
    ) -> std::result::Result<Self, ModelError> {
        let weight = file.take_matrix(&format!("{path}.weight"), &[out_features, in_features])?;
        let bias = match bias {
            true => Some(file.take(&format!("{path}.bias"), &[out_features])?),
            false => None,
        };
        Ok(Self::from_weight(registry, path, weight, bias))
    }

    /// A layer whose weight, `(out_features, in_features)`, was loaded before.
    pub(crate) fn from_weight(
        registry: &mut LayerRegistry,
        path: &str,
        weight: Weight,
        bias: Option<Tensor>,
    ) -> Self {
        Self::register(registry, path, LayerKind::Linear, weight, bias)
    }

    /// Loads `{path}.weight`, `(out_channels, in_channels, height, width)`, and `{path}.bias` of a
    /// convolution whose stride is its kernel: `(patches, in_channels * height * width)` to
    /// `(patches, out_channels)`.
    pub(crate) fn load_patch_convolution(
        file: &WeightFile<'_>,
        registry: &mut LayerRegistry,
        path: &str,
        [out_channels, in_channels, height, width]: [usize; 4],
    ) -> std::result::Result<Self, ModelError> {
        let shape = [out_channels, in_channels, height, width];
        let weight = file.take_matrix(&format!("{path}.weight"), &shape)?;
        let bias = file.take(&format!("{path}.bias"), &[out_channels])?;
        let kind = LayerKind::Conv2d { in_channels, kernel: [height, width] };
        Ok(Self::register(registry, path, kind, weight, Some(bias)))
    }

    fn register(
        registry: &mut LayerRegistry,
        path: &str,
        kind: LayerKind,
        weight: Weight,
        bias: Option<Tensor>,
    ) -> Self {
        let info =
            LayerInfo { path: path.to_owned(), kind, weight: weight.clone(), bias: bias.clone() };
        Self { id: registry.add(info), weight, bias }
    }

    /// `(..., in_features)` to `(..., out_features)`. The leading dimension counts `rows.items()`
    /// items, each a fixed number of vectors.
    pub(crate) fn forward(&self, x: &Tensor, rows: &AdapterRows) -> Result<Tensor> {
        let mut shape = x.dims().to_vec();
        let in_features = shape.pop().unwrap_or(0);
        let x = x.reshape(((), in_features))?;
        let vectors_per_item = x.dim(0)? / rows.items();
        let y = match self.merging_pays(vectors_per_item) {
            true => self.forward_merged(&x, rows, vectors_per_item)?,
            false => self.forward_beside(&x, rows, vectors_per_item)?,
        };
        shape.push(y.dim(1)?);
        y.reshape(shape)
    }

    fn merging_pays(&self, vectors_per_item: usize) -> bool {
        merging_pays(vectors_per_item, self.weight.dims()[1], self.weight.dims()[0])
    }

    /// One product for each segment, with a weight that has the adapter in it.
    fn forward_merged(
        &self,
        x: &Tensor,
        rows: &AdapterRows,
        vectors_per_item: usize,
    ) -> Result<Tensor> {
        let merged = rows.segments_on(self.id).map(|(segment, delta)| {
            let (weight, bias) = match delta {
                None => (self.weight.clone(), self.bias.clone()),
                Some(LayerDelta::Added(added)) => added.merged(&self.weight, self.bias.as_ref())?,
                Some(LayerDelta::Replaced(replaced)) => self.replaced(replaced),
            };
            Ok((segment.vectors(vectors_per_item), weight, bias))
        });
        let merged = merged.collect::<Result<Vec<_>>>()?;
        let parts = merged.iter().map(|(vectors, weight, bias)| Part {
            vectors: vectors.clone(),
            weight,
            bias: bias.as_ref(),
        });
        affine_in_parts(x, &parts.collect::<Vec<_>>(), &[])
    }

    /// One product for all segments that share the base's weight, and what their adapters add.
    fn forward_beside(
        &self,
        x: &Tensor,
        rows: &AdapterRows,
        vectors_per_item: usize,
    ) -> Result<Tensor> {
        let replaced = rows.segments_on(self.id).map(|(segment, delta)| {
            let parameters = match delta {
                Some(LayerDelta::Replaced(replaced)) => Some(self.replaced(replaced)),
                _ => None,
            };
            (segment.vectors(vectors_per_item), parameters)
        });
        let replaced = replaced.collect::<Vec<_>>();
        let mut parts: Vec<Part<'_>> = Vec::new();
        let mut base_is_last = false;
        for (vectors, parameters) in &replaced {
            match (parameters, parts.last_mut()) {
                (None, Some(last)) if base_is_last => last.vectors.end = vectors.end,
                (parameters, _) => {
                    let (weight, bias) = match parameters {
                        Some((weight, bias)) => (weight, bias),
                        None => (&self.weight, &self.bias),
                    };
                    parts.push(Part { vectors: vectors.clone(), weight, bias: bias.as_ref() });
                }
            }
            base_is_last = parameters.is_none();
        }
        let added = rows.deltas_on(self.id).filter_map(|(segment, delta)| match delta {
            LayerDelta::Added(added) => Some((segment.vectors(vectors_per_item), added)),
            LayerDelta::Replaced(_) => None,
        });
        let added = added.collect::<Vec<_>>();
        let low_rank = added.iter().filter_map(|(vectors, added)| added.low_rank(vectors.clone()));
        let y = affine_in_parts(x, &parts, &low_rank.collect::<Vec<_>>())?;
        for (vectors, added) in added {
            added.apply_rest(&y, x, vectors)?;
        }
        Ok(y)
    }

    fn replaced(&self, replaced: &Replaced) -> (Weight, Option<Tensor>) {
        let Replaced { weight, bias } = replaced;
        let weight = weight
            .as_ref()
            .map_or_else(|| self.weight.clone(), |weight| Weight::new(weight.clone()));
        (weight, bias.clone())
    }
}

/// Whether a weight with an adapter in it, made for this one product, costs less than a product of low
/// rank beside the base's, at any rank: `r * in * out` and a copy against `vectors * r * (in + out)`. It
/// depends on one item alone, so that an item's result does not depend on the batch.
pub(crate) fn merging_pays(
    vectors_per_item: usize,
    in_features: usize,
    out_features: usize,
) -> bool {
    let beside = vectors_per_item.saturating_mul(in_features.saturating_add(out_features));
    beside >= in_features.saturating_mul(out_features).saturating_mul(2)
}
