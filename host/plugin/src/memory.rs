//! The bound on what the memories and tables of one call hold together.

use wasmtime::ResourceLimiter;

/// Bytes that one table element takes on the host: a pointer.
const TABLE_ELEMENT_BYTES: usize = size_of::<usize>();

/// Sums every memory and table of a store against one limit.
///
/// wasmtime's own `StoreLimits` bounds each memory by itself, so a component with many of them
/// would hold many times the limit.
#[derive(Debug)]
pub(crate) struct MemoryBudget {
    limit_bytes: usize,
    left_bytes: usize,
    refused: bool,
}

impl MemoryBudget {
    pub(crate) fn new(limit_bytes: usize) -> Self {
        Self { limit_bytes, left_bytes: limit_bytes, refused: false }
    }

    /// Whether the component ever asked for more than it may have.
    pub(crate) fn refused(&self) -> bool {
        self.refused
    }

    /// Bytes that the memories and tables hold together; they never shrink.
    pub(crate) fn used_bytes(&self) -> usize {
        self.limit_bytes.saturating_sub(self.left_bytes)
    }

    fn take(&mut self, bytes: Option<usize>) -> bool {
        match bytes.and_then(|bytes| self.left_bytes.checked_sub(bytes)) {
            Some(left_bytes) => {
                self.left_bytes = left_bytes;
                true
            }
            None => {
                self.refused = true;
                false
            }
        }
    }
}

impl ResourceLimiter for MemoryBudget {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(self.take(desired.checked_sub(current)))
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.refused = true;
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let elements = desired.checked_sub(current);
        Ok(self.take(elements.and_then(|count| count.checked_mul(TABLE_ELEMENT_BYTES))))
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.refused = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
