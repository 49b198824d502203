//! `y = x w^T + b`, plus what each row's adapter adds.

use candle_core::{Result, Tensor};

use crate::ModelError;
use crate::kernels::affine;
use crate::lora::AdapterRows;
use crate::weights::WeightFile;

/// The place of a Linear layer in the base; adapters are indexed by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LinearId(pub(crate) usize);

/// A Linear layer of the base, as adapters see it.
#[derive(Clone, Debug)]
pub(crate) struct LinearInfo {
    /// The module path, as transformers names it.
    pub(crate) path: String,
    pub(crate) in_features: usize,
    pub(crate) out_features: usize,
}

/// All Linear layers of a base.
#[derive(Clone, Debug, Default)]
pub(crate) struct LinearRegistry {
    layers: Vec<LinearInfo>,
}

impl LinearRegistry {
    pub(crate) fn layers(&self) -> &[LinearInfo] {
        &self.layers
    }

    fn add(&mut self, path: &str, in_features: usize, out_features: usize) -> LinearId {
        self.layers.push(LinearInfo { path: path.to_owned(), in_features, out_features });
        LinearId(self.layers.len() - 1)
    }
}

/// A Linear layer of the base.
#[derive(Debug)]
pub(crate) struct Linear {
    id: LinearId,
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
        let (out_features, in_features) = weight.dims2()?;
        let id = registry.add(path, in_features, out_features);
        Ok(Self { id, weight_t: weight.t()?, bias })
    }

    /// `(..., in_features)` to `(..., out_features)`. The leading dimension counts `rows.items()`
    /// items, each a fixed number of vectors.
    pub(crate) fn forward(&self, x: &Tensor, rows: &AdapterRows) -> Result<Tensor> {
        let mut shape = x.dims().to_vec();
        let in_features = shape.pop().unwrap_or(0);
        let x = x.reshape(((), in_features))?;
        let y = affine(&x, &self.weight_t, self.bias.as_ref())?;
        let vectors_per_item = x.dim(0)? / rows.items();
        for (segment, pair) in rows.segments_on(self.id) {
            let start = segment.start * vectors_per_item;
            let x = x.narrow(0, start, segment.length * vectors_per_item)?;
            pair.add_to_rows(&y, &x, start)?;
        }
        shape.push(y.dim(1)?);
        y.reshape(shape)
    }
}
