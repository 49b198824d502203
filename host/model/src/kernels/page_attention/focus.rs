//! Where tokens look: the place of a page on which a head's attention is densest.

/// Whose looks are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Looking {
    /// The first so many heads.
    pub(crate) heads: usize,
}

/// A place that a token looks at, in tokens of the page from its left and upper edge: the middle of the
/// first one is (0.5, 0.5).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Focus {
    pub(crate) x: f32,
    pub(crate) y: f32,
    /// How much of the attention lies there, 0 to 1.
    pub(crate) share: f32,
}

impl Focus {
    /// The centre of gravity of the most attended token and those around it. `attention` is a softmax
    /// over the tokens of a page, row by row.
    pub(super) fn of(attention: &[f32], columns: usize) -> Self {
        let greatest = attention.iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
        let Some((index, _)) = greatest else { return Self::default() };
        let (row, column) = (index / columns, index % columns);
        let last_row = (row + 1).min((attention.len() - 1) / columns);
        let last_column = (column + 1).min(columns - 1);
        let (mut x, mut y, mut share) = (0.0, 0.0, 0.0);
        for row in row.saturating_sub(1)..=last_row {
            for column in column.saturating_sub(1)..=last_column {
                let weight = attention.get(row * columns + column).copied().unwrap_or(0.0);
                share += weight;
                x += weight * (column as f32 + 0.5);
                y += weight * (row as f32 + 0.5);
            }
        }
        Self { x: x / share, y: y / share, share }
    }

    /// The denser of two looks of one token.
    pub(super) fn or_denser(self, other: Self) -> Self {
        if other.share > self.share { other } else { self }
    }
}
