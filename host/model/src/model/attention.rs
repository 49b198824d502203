//! What all attention shares.

use candle_core::{Result, Tensor};

use crate::kernels::transposed;

/// `(batch, seq_len, heads * head_dim)` to `(batch, heads, seq_len, head_dim)`, contiguous.
pub(super) fn split_heads(x: &Tensor, heads: usize) -> Result<Tensor> {
    let (batch, seq_len, width) = x.dims3()?;
    x.reshape((batch, seq_len, heads, width / heads))?.transpose(1, 2)?.contiguous()
}

/// `(batch, seq_len, heads * head_dim)` to `(batch, heads, head_dim, seq_len)`, contiguous.
pub(super) fn split_heads_transposed(x: &Tensor, heads: usize) -> Result<Tensor> {
    let (batch, seq_len, width) = x.dims3()?;
    transposed(x)?.reshape((batch, heads, width / heads, seq_len))
}

/// 1 / sqrt(head_dim).
pub(super) fn scaling(width: usize, heads: usize) -> f64 {
    ((width / heads) as f64).powf(-0.5)
}
