//! Keys and values of self-attention, a slot for each row that is being decoded.

use candle_core::{DType, Device, Result, Tensor};

/// Keys and values of the tokens decoded so far. Rows come and go; a slot that is free again is
/// given to the next row. Without rows it holds no memory.
#[derive(Debug)]
pub(crate) struct KvCache {
    /// One a decoder layer.
    layers: Vec<LayerCache>,
    /// A layer without slots, in the host's memory wherever the others are: a driver may refuse to
    /// allocate nothing.
    empty: LayerCache,
    device: Device,
    free: Vec<usize>,
    slots: usize,
    /// Tokens a slot has room for.
    capacity: usize,
}

/// `(slots, heads, capacity, head_dim)` each.
#[derive(Clone, Debug)]
pub(super) struct LayerCache {
    pub(super) keys: Tensor,
    pub(super) values: Tensor,
}

impl KvCache {
    pub(super) fn new(
        layers: usize,
        heads: usize,
        head_dim: usize,
        device: &Device,
    ) -> Result<Self> {
        let empty = Tensor::zeros((0, heads, 0, head_dim), DType::F32, &Device::Cpu)?;
        let empty = LayerCache { keys: empty.clone(), values: empty };
        let layers = vec![empty.clone(); layers];
        let (device, free) = (device.clone(), Vec::new());
        Ok(Self { layers, empty, device, free, slots: 0, capacity: 0 })
    }

    /// A slot for each of `rows` new rows of up to `capacity` tokens.
    pub(crate) fn take_slots(&mut self, rows: usize, capacity: usize) -> Result<Vec<usize>> {
        let missing = rows.saturating_sub(self.free.len());
        if missing > 0 || capacity > self.capacity {
            // Half as many again at least, so that rows that come one by one are not all copied
            // each time; as many as needed at the start.
            let grown =
                if missing > 0 { self.slots + missing.max(self.slots / 2) } else { self.slots };
            self.grow(grown, capacity.max(self.capacity))?;
        }
        Ok(self.free.split_off(self.free.len() - rows))
    }

    /// Gives slots back.
    pub(crate) fn release(&mut self, slots: impl IntoIterator<Item = usize>) {
        self.free.extend(slots);
        if self.free.len() == self.slots {
            self.layers.fill(self.empty.clone());
            self.free.clear();
            (self.slots, self.capacity) = (0, 0);
        }
    }

    fn grow(&mut self, slots: usize, capacity: usize) -> Result<()> {
        let (_, heads, _, head_dim) = self.empty.keys.dims4()?;
        let grow = |old: &Tensor| -> Result<Tensor> {
            let shape = (slots, heads, capacity, head_dim);
            let new = Tensor::zeros(shape, old.dtype(), &self.device)?;
            if self.slots > 0 {
                let narrowed = match capacity == self.capacity {
                    true => old.clone(),
                    false => old.pad_with_zeros(2, 0, capacity - self.capacity)?,
                };
                new.slice_set(&narrowed.contiguous()?, 0, 0)?;
            }
            Ok(new)
        };
        let layers = self.layers.iter();
        let layers = layers
            .map(|layer| Ok(LayerCache { keys: grow(&layer.keys)?, values: grow(&layer.values)? }));
        self.layers = layers.collect::<Result<_>>()?;
        // The lowest is taken first.
        self.free.splice(0..0, (self.slots..slots).rev());
        (self.slots, self.capacity) = (slots, capacity);
        Ok(())
    }

    /// The cache of one layer.
    pub(super) fn layer(&self, layer: usize) -> &LayerCache {
        &self.layers[layer]
    }
}

#[cfg(test)]
mod tests;
