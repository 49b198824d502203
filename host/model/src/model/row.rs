//! The rows of a decoder batch: which page each looks at, which adapter it uses, where it starts.

use std::sync::Arc;

use crate::Adapter;
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
    pub(super) spans: Vec<PageSpan>,
    pub(super) padding: Vec<usize>,
}

/// Neighbouring rows that look at one page.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageSpan {
    pub(super) page: usize,
    pub(super) start: usize,
    pub(super) length: usize,
}

impl RowBatch {
    pub(crate) fn new(rows: &[Row]) -> Self {
        let mut spans: Vec<PageSpan> = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            match spans.last_mut() {
                Some(last) if last.page == row.page => last.length += 1,
                _ => spans.push(PageSpan { page: row.page, start: index, length: 1 }),
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
