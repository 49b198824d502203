//! Keys and values of self-attention, allocated once for a whole decode.

use candle_core::{DType, Device, Result, Tensor};

/// Keys and values of the tokens decoded so far. It grows in place, column by column.
#[derive(Debug)]
pub(crate) struct KvCache {
    /// One a decoder layer.
    layers: Vec<LayerCache>,
    /// Columns filled.
    length: usize,
}

/// `(rows, heads, capacity, head_dim)` each.
#[derive(Debug)]
struct LayerCache {
    keys: Tensor,
    values: Tensor,
}

impl KvCache {
    pub(super) fn new(
        layers: usize,
        (rows, heads, capacity, head_dim): (usize, usize, usize, usize),
        device: &Device,
    ) -> Result<Self> {
        let zeros = || Tensor::zeros((rows, heads, capacity, head_dim), DType::F32, device);
        let layers = (0..layers)
            .map(|_| Ok(LayerCache { keys: zeros()?, values: zeros()? }))
            .collect::<Result<_>>()?;
        Ok(Self { layers, length: 0 })
    }

    /// Columns filled.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Writes the keys and values of new columns, `(rows, heads, new, head_dim)`, and returns those
    /// of all columns as views.
    pub(super) fn append(
        &self,
        layer: usize,
        keys: &Tensor,
        values: &Tensor,
    ) -> Result<(Tensor, Tensor)> {
        let cache = &self.layers[layer];
        let filled = self.length + keys.dim(2)?;
        cache.keys.slice_set(keys, 2, self.length)?;
        cache.values.slice_set(values, 2, self.length)?;
        Ok((cache.keys.narrow(2, 0, filled)?, cache.values.narrow(2, 0, filled)?))
    }

    /// Counts the columns that every layer has written.
    pub(super) fn advance(&mut self, columns: usize) {
        self.length += columns;
    }

    /// Keeps the given rows, in the given order.
    pub(crate) fn keep(&mut self, rows: &[u32]) -> Result<()> {
        for layer in &mut self.layers {
            let rows = Tensor::new(rows, layer.keys.device())?;
            layer.keys = layer.keys.index_select(&rows, 0)?;
            layer.values = layer.values.index_select(&rows, 0)?;
        }
        Ok(())
    }
}
