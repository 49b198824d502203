//! Which adapter each page or row of a batch uses.

use std::sync::Arc;

use super::{Adapter, LoraPair};
use crate::linear::LinearId;

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
    pub(crate) start: usize,
    pub(crate) length: usize,
    adapter: Option<Arc<Adapter>>,
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

    /// The segments whose adapter adds something to `layer`, and what it adds.
    pub(crate) fn segments_on(
        &self,
        layer: LinearId,
    ) -> impl Iterator<Item = (&Segment, &LoraPair)> {
        self.segments
            .iter()
            .filter_map(move |segment| Some((segment, segment.adapter.as_ref()?.pair(layer)?)))
    }
}

fn same(left: &Option<Arc<Adapter>>, right: &Option<Arc<Adapter>>) -> bool {
    match (left, right) {
        (None, None) => true,
        (Some(left), Some(right)) => Arc::ptr_eq(left, right),
        _ => false,
    }
}
