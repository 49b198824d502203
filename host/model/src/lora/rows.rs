//! Which adapter each page or row of a batch uses.

use std::ops::Range;
use std::sync::Arc;

use super::{Adapter, LayerDelta};
use crate::linear::LayerId;

/// Which adapter each item of a batch uses. An item is a page in the encoder and a row in the
/// decoder; neighbours of one adapter form a segment.
#[derive(Clone, Debug)]
pub(crate) struct AdapterRows {
    segments: Vec<Segment>,
    items: usize,
}

/// Neighbouring items of one adapter.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    start: usize,
    length: usize,
    adapter: Option<Arc<Adapter>>,
}

impl Segment {
    /// The segment's items.
    pub(crate) fn items(&self) -> Range<usize> {
        self.start..self.start + self.length
    }

    /// The segment's vectors, of which each item has `vectors_per_item`.
    pub(crate) fn vectors(&self, vectors_per_item: usize) -> Range<usize> {
        self.start * vectors_per_item..(self.start + self.length) * vectors_per_item
    }
}

impl AdapterRows {
    /// One adapter an item, in the order of the batch.
    pub(crate) fn new(adapters: impl IntoIterator<Item = Option<Arc<Adapter>>>) -> Self {
        let mut rows = Self { segments: Vec::new(), items: 0 };
        for adapter in adapters {
            match rows.segments.last_mut() {
                Some(last) if same(&last.adapter, &adapter) => last.length += 1,
                _ => rows.segments.push(Segment { start: rows.items, length: 1, adapter }),
            }
            rows.items += 1;
        }
        rows
    }

    /// Items in the batch.
    pub(crate) fn items(&self) -> usize {
        self.items
    }

    /// All segments, and what their adapter makes of `layer`.
    pub(crate) fn segments_on(
        &self,
        layer: LayerId,
    ) -> impl Iterator<Item = (&Segment, Option<&LayerDelta>)> {
        self.segments.iter().map(move |segment| {
            let delta = segment.adapter.as_ref().and_then(|adapter| adapter.delta(layer));
            (segment, delta)
        })
    }

    /// The segments whose adapter changes `layer`.
    pub(crate) fn deltas_on(
        &self,
        layer: LayerId,
    ) -> impl Iterator<Item = (&Segment, &LayerDelta)> {
        self.segments_on(layer).filter_map(|(segment, delta)| Some((segment, delta?)))
    }
}

fn same(left: &Option<Arc<Adapter>>, right: &Option<Arc<Adapter>>) -> bool {
    match (left, right) {
        (None, None) => true,
        (Some(left), Some(right)) => Arc::ptr_eq(left, right),
        _ => false,
    }
}
