//! The rows of a decoder batch: which page each looks at, which adapter it uses, where it starts.

use std::sync::Arc;

use crate::Adapter;
use crate::kernels::Span;
use crate::lora::AdapterRows;

/// One sequence in a decoder batch.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The encoded page it looks at.
    pub(crate) page: usize,
    pub(crate) adapter: Option<Arc<Adapter>>,
    /// Columns of padding in front of it, where prompts of one batch differ in length.
    pub(crate) padding: usize,
}

/// Rows sorted so that those of one page, and of one adapter, are neighbours.
#[derive(Clone, Debug)]
pub(crate) struct RowBatch {
    pub(super) adapters: AdapterRows,
    /// Neighbouring rows that look at one page.
    pub(super) spans: Vec<Span>,
    pub(super) padding: Vec<usize>,
}

impl RowBatch {
    pub(crate) fn new(rows: &[Row]) -> Self {
        let mut spans: Vec<Span> = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            match spans.last_mut() {
                Some(last) if last.source == row.page => last.length += 1,
                _ => spans.push(Span { source: row.page, start: index, length: 1 }),
            }
        }
        Self {
            adapters: AdapterRows::new(rows.iter().map(|row| row.adapter.clone())),
            spans,
            padding: rows.iter().map(|row| row.padding).collect(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.padding.len()
    }
}
