//! LoRA (`peft/tuners/lora`): `y += scaling * (B A x + c)`, and DoRA, which then gives each row of
//! W + scaling * B A a length of its own.

use candle_core::{Result, Tensor};

use super::config::LoraSettings;
use super::delta::{Added, Product};
use crate::ModelError;
use crate::linear::LayerInfo;
use crate::weights::{WeightFile, is_finite};

/// What LoRA makes of one layer whose trained bias, if there is one, was taken before.
pub(super) fn take_added(
    file: &WeightFile<'_>,
    layer: &LayerInfo,
    settings: &LoraSettings,
    trained_bias: Option<Tensor>,
) -> std::result::Result<Added, ModelError> {
    let rank = settings.ranks.rank(&layer.path)?;
    let scaling = settings.ranks.scaling(&layer.path)?;
    let name = |part| format!("base_model.model.{}.{part}", layer.path);
    let a_name = name("lora_A.weight");
    let b_name = name("lora_B.weight");
    let a = file.take_finite(&a_name, &layer.in_shape(rank))?.flatten_from(1)?;
    let b = file.take_finite(&b_name, &layer.out_shape(rank))?.flatten_from(1)?;
    let mut b_t = (b.t()?.contiguous()? * scaling)?;
    let added_bias = match settings.lora_bias {
        true => {
            let bias = file.take_finite(&name("lora_B.bias"), &[layer.out_features()])?;
            Some((bias * scaling)?)
        }
        false => None,
    };
    let mut scale = None;
    if settings.use_dora {
        let magnitude_name = name("lora_magnitude_vector");
        let magnitude = file.take_finite(&magnitude_name, &layer.magnitude_shape())?;
        let changed = (layer.weight_on_cpu()? + a.t()?.matmul(&b_t)?.t()?)?;
        let quotient = (magnitude.flatten_all()? / row_norms(&changed)?)?;
        if !is_finite(&quotient)? {
            return Err(file.contents(&magnitude_name, "stands over a row of zeros"));
        }
        b_t = b_t.broadcast_mul(&quotient)?;
        scale = Some(quotient);
    }
    if !is_finite(&b_t)? {
        return Err(file.contents(&b_name, "holds values too large to scale"));
    }
    let product = Product::Pair { a, b_t };
    Ok(Added::new(layer, Some(product), scale, trained_bias, added_bias)?)
}

fn row_norms(matrix: &Tensor) -> Result<Tensor> {
    matrix.sqr()?.sum(1)?.sqrt()
}
