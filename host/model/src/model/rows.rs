//! New tokens of the decoder's rows: which page each looks at, which adapter it uses, where it
//! stands.

use std::ops::Range;
use std::sync::Arc;

use super::EncodedPages;
use crate::Adapter;
use crate::kernels::PastSpan;
use crate::lora::AdapterRows;

/// One sequence in the decoder.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) page: PageMemory,
    pub(crate) adapter: Option<Arc<Adapter>>,
    /// Its place in the cache of the past.
    pub(crate) slot: usize,
}

/// A page that rows look at.
#[derive(Clone, Debug)]
pub(crate) struct PageMemory {
    pub(crate) pages: Arc<EncodedPages>,
    pub(crate) index: usize,
}

impl PageMemory {
    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.pages, &other.pages) && self.index == other.index
    }
}

/// New tokens of some rows, row by row without gaps: a row that begins brings its prompt beside
/// rows that bring one token each. Rows of one page, and of one adapter, should be neighbours: they
/// share their products.
#[derive(Debug)]
pub(crate) struct TokenBatch {
    pub(super) tokens: Vec<u32>,
    /// Counted from 0 in each row.
    pub(super) positions: Vec<u32>,
    /// An item is a token.
    pub(super) adapters: AdapterRows,
    /// Neighbouring tokens that look at one page.
    pub(super) pages: Vec<(Range<usize>, PageMemory)>,
    /// One a row.
    pub(super) past: Vec<PastSpan>,
    /// An item is a row.
    row_adapters: AdapterRows,
}

impl TokenBatch {
    /// For each row its new tokens, of which there must be some, and how many it has behind it.
    pub(crate) fn new<'a>(rows: impl IntoIterator<Item = (&'a Row, &'a [u32], usize)>) -> Self {
        let (mut tokens, mut positions, mut past) = (Vec::new(), Vec::new(), Vec::new());
        let (mut token_adapters, mut row_adapters) = (Vec::new(), Vec::new());
        let mut pages: Vec<(Range<usize>, PageMemory)> = Vec::new();
        for (row, new, length) in rows {
            let vectors = tokens.len()..tokens.len() + new.len();
            match pages.last_mut() {
                Some((last, page)) if page.is(&row.page) => last.end = vectors.end,
                _ => pages.push((vectors.clone(), row.page.clone())),
            }
            past.push(PastSpan { slot: row.slot, vectors, past: length });
            positions.extend((length..length + new.len()).map(|position| position as u32));
            tokens.extend_from_slice(new);
            token_adapters.extend(new.iter().map(|_| row.adapter.clone()));
            row_adapters.push(row.adapter.clone());
        }
        Self {
            tokens,
            positions,
            adapters: AdapterRows::new(token_adapters),
            pages,
            past,
            row_adapters: AdapterRows::new(row_adapters),
        }
    }

    /// The adapters of all tokens.
    pub(crate) fn token_adapters(&self) -> &AdapterRows {
        &self.adapters
    }

    /// The adapters of the rows.
    pub(crate) fn row_adapters(&self) -> &AdapterRows {
        &self.row_adapters
    }

    /// The last token of each row; `None` where every row has one token.
    pub(crate) fn last_tokens(&self) -> Option<Vec<u32>> {
        let several = self.past.len() < self.tokens.len();
        several.then(|| self.past.iter().map(|span| span.vectors.end as u32 - 1).collect())
    }
}
