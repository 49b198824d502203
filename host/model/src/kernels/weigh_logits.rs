//! What a constraint needs of the logits of a step.

use candle_core::{D, Result, Tensor};

/// Of each row of `logits`, `(rows, vocab_size)`, those of `columns`, behind them the greatest of all,
/// and behind it the sum of `exp(logit - greatest)`: `(rows, columns + 2)`. `columns` is a list of u32,
/// each below `vocab_size`.
pub(crate) fn weigh_logits(logits: &Tensor, columns: &Tensor) -> Result<Tensor> {
    #[cfg(feature = "cuda")]
    if let Some(weighed) = super::device::weigh_logits(logits, columns)? {
        return Ok(weighed);
    }
    let chosen = logits.index_select(columns, D::Minus1)?;
    let greatest = logits.max_keepdim(D::Minus1)?;
    let sum = logits.broadcast_sub(&greatest)?.exp()?.sum_keepdim(D::Minus1)?;
    Tensor::cat(&[&chosen, &greatest, &sum], 1)
}
