//! Products of low rank of many adapters as two batched products: on a device what costs is the
//! number of calls.
//!
//! Segments whose ranks and lengths agree up to the next power of two are padded to the longest and
//! multiplied together, so that less than three quarters of a product is padding. Punica and S-LoRA
//! gather in kernels of their own, without the copies (arXiv 2310.18547, 2311.03285).

use std::collections::BTreeMap;

use candle_core::{DType, Result, Tensor};

use super::super::LowRank;

/// Products kept in one type that are worth padding to each other's size, smaller ones first.
pub(super) fn alike<'a, 'b>(low_rank: &'b [LowRank<'a>]) -> Vec<Vec<&'b LowRank<'a>>> {
    let mut groups = BTreeMap::<_, Vec<_>>::new();
    for product in
        low_rank.iter().filter(|product| rank(product) > 0 && !product.vectors.is_empty())
    {
        let size = (rank(product).next_power_of_two(), product.vectors.len().next_power_of_two());
        groups.entry((size, product.a.dtype().as_str())).or_default().push(product);
    }
    groups.into_values().collect()
}

fn rank(product: &LowRank<'_>) -> usize {
    product.a.dims().first().copied().unwrap_or(0)
}

/// `y` with the products of `group` on top, one after the other computed as one.
pub(super) fn add_together(y: Tensor, x: &Tensor, group: &[&LowRank<'_>]) -> Result<Tensor> {
    let longest = group.iter().map(|product| product.vectors.len()).max().unwrap_or(0);
    let highest = group.iter().map(|product| rank(product)).max().unwrap_or(0);
    // A segment that is shorter repeats its last vector; what comes of that is left out.
    let gathered = group.iter().flat_map(|LowRank { vectors, .. }| {
        (0..longest).map(|index| (vectors.start + index).min(vectors.end - 1))
    });
    let gathered = x.index_select(&indices(gathered, x)?, 0)?;
    let a = stacked(group, highest, |product| product.a)?;
    let gathered = gathered.reshape((group.len(), longest, ()))?.to_dtype(a.dtype())?;
    let inner = gathered.matmul(&a.transpose(1, 2)?)?;
    let outer = inner.matmul(&stacked(group, highest, |product| product.b_t)?)?;
    let outer = outer.flatten(0, 1)?.to_dtype(DType::F32)?;
    let wanted = group.iter().enumerate().flat_map(|(place, LowRank { vectors, .. })| {
        place * longest..place * longest + vectors.len()
    });
    let wanted = outer.index_select(&indices(wanted, x)?, 0)?;
    let vectors = group.iter().flat_map(|product| product.vectors.clone());
    y.index_add(&indices(vectors, x)?, &wanted, 0)
}

/// One matrix of each product, `(products, rank, features)`, with zeros where its rank is lower.
fn stacked<'a>(
    group: &[&'a LowRank<'_>],
    highest: usize,
    matrix: impl Fn(&'a LowRank<'_>) -> &'a Tensor,
) -> Result<Tensor> {
    let padded =
        group.iter().map(|product| matrix(product).pad_with_zeros(0, 0, highest - rank(product)));
    Tensor::stack(&padded.collect::<Result<Vec<_>>>()?, 0)
}

fn indices(values: impl Iterator<Item = usize>, beside: &Tensor) -> Result<Tensor> {
    let values = values.map(|value| value as u32).collect::<Vec<_>>();
    Tensor::new(values, beside.device())
}

#[cfg(test)]
mod tests;
