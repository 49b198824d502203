//! VeRA (`peft/tuners/vera`): `y += b * (B (d * (A x)))`, A and B random, frozen and shared by all
//! layers; b and d are trained.

use std::sync::Arc;

use candle_core::{Result, Tensor};

use super::delta::Product;
use super::shared::Shared;
use crate::ModelError;
use crate::device::Upload;
use crate::digest::digest_tensors;
use crate::linear::LayerInfo;
use crate::weights::WeightFile;

/// A and B.
#[derive(Debug)]
pub(crate) struct VeraProjections {
    /// `(greatest in_features, r)`.
    a_t: Tensor,
    /// `(greatest out_features, r)`.
    b: Tensor,
}

const A: &str = "base_model.vera_A";
const B: &str = "base_model.vera_B";

impl VeraProjections {
    /// Takes A and B, large enough for `layers`, unless some other adapter has the same.
    pub(super) fn take<'a>(
        file: &WeightFile<'_>,
        rank: usize,
        layers: impl Iterator<Item = &'a LayerInfo>,
        upload: &Upload,
        shared: &Shared<Self>,
    ) -> std::result::Result<Arc<Self>, ModelError> {
        let (mut least_in, mut least_out) = (0, 0);
        for layer in layers {
            least_in = least_in.max(layer.in_features());
            least_out = least_out.max(layer.out_features());
        }
        let (a_view, b_view) = (file.view(A)?, file.view(B)?);
        let (a_shape, b_shape) = (a_view.shape(), b_view.shape());
        // PEFT keeps larger ones where an adapter was added beside another.
        if !matches!(a_shape, [rows, columns] if *rows == rank && *columns >= least_in) {
            return Err(file.wrong_shape(A, &[rank, least_in]));
        }
        if !matches!(b_shape, [rows, columns] if *rows >= least_out && *columns == rank) {
            return Err(file.wrong_shape(B, &[least_out, rank]));
        }
        let digest = digest_tensors([&a_view, &b_view]);
        file.account_for([A, B]);
        shared.get_or_load(digest, || {
            let a_t = file.take_finite(A, a_shape)?.t()?.contiguous()?;
            let (a_t, b) = upload.upload_pair(a_t, file.take_finite(B, b_shape)?)?;
            Ok(Self { a_t, b })
        })
    }

    /// `(in_features, r)`.
    pub(super) fn a_t(&self, in_features: usize) -> Result<Tensor> {
        self.a_t.narrow(0, 0, in_features)
    }

    /// `(r, out_features)`.
    pub(super) fn b_t(&self, out_features: usize) -> Result<Tensor> {
        self.b.narrow(0, 0, out_features)?.t()
    }

    pub(super) fn bytes(&self) -> usize {
        [&self.a_t, &self.b].iter().map(|tensor| tensor.elem_count() * size_of::<f32>()).sum()
    }
}

/// d and b of one layer.
pub(super) fn take_product(
    file: &WeightFile<'_>,
    layer: &LayerInfo,
    rank: usize,
    projections: &Arc<VeraProjections>,
) -> std::result::Result<Product, ModelError> {
    let name = |vector| format!("base_model.model.{}.vera_lambda_{vector}", layer.path);
    Ok(Product::Vera {
        projections: projections.clone(),
        in_features: layer.in_features(),
        lambda_d: file.take_finite(&name("d"), &[rank])?,
        lambda_b: file.take_finite(&name("b"), &[layer.out_features()])?,
    })
}
