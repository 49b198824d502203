//! A page as print is looked for on it.

use candle_core::{DType, Result, Tensor};

/// How bright each pixel is of what the encoder sees, 0 to 255. `Debug` shows the size only: pixels are
/// personal data.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Grey {
    width: usize,
    height: usize,
    values: Vec<u8>,
}

impl Grey {
    /// Of `(1, 3, height, width)` pixel values in the host's memory, from their least to their greatest.
    pub(crate) fn of_pixel_values(pixels: &Tensor) -> Result<Self> {
        let (_, _, height, width) = pixels.dims4()?;
        let values = pixels.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?;
        let [red, green, blue] = [0, 1, 2].map(|channel| &values[channel * height * width..]);
        let pixels = red.iter().zip(green).zip(blue).take(height * width);
        // ITU-R BT.601.
        let luma = pixels.map(|((red, green), blue)| 0.299 * red + 0.587 * green + 0.114 * blue);
        let luma = luma.collect::<Vec<_>>();
        let least = luma.iter().copied().fold(f32::INFINITY, f32::min);
        let greatest = luma.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let scale = 255.0 / (greatest - least).max(f32::EPSILON);
        let values = luma.iter().map(|luma| ((luma - least) * scale) as u8).collect();
        Ok(Self { width, height, values })
    }

    #[cfg(test)]
    pub(super) fn new(width: usize, height: usize, values: Vec<u8>) -> Self {
        assert_eq!(values.len(), width * height);
        Self { width, height, values }
    }

    /// How much brightness changes across a point, from column to column; 0 outside.
    pub(super) fn across(&self, x: f32, y: f32) -> f32 {
        self.change(x, y, [1, 0])
    }

    /// The same in any direction.
    pub(super) fn any_way(&self, x: f32, y: f32) -> f32 {
        self.change(x, y, [0, 1]).max(self.across(x, y))
    }

    /// The greater change to the neighbours that are so many columns and rows away.
    fn change(&self, x: f32, y: f32, [columns, rows]: [usize; 2]) -> f32 {
        if x < 0.0 || y < 0.0 {
            return 0.0;
        }
        let (column, row) = (x as usize, y as usize);
        let Some(here) = self.at(column, row) else { return 0.0 };
        let before = column.checked_sub(columns).zip(row.checked_sub(rows));
        let before = before.and_then(|(column, row)| self.at(column, row));
        let behind = self.at(column + columns, row + rows);
        let changes = [before, behind].map(|other| other.map_or(0, |other| here.abs_diff(other)));
        f32::from(changes[0].max(changes[1]))
    }

    fn at(&self, column: usize, row: usize) -> Option<u8> {
        (column < self.width && row < self.height).then(|| self.values[row * self.width + column])
    }
}

impl std::fmt::Debug for Grey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Grey({} x {})", self.width, self.height)
    }
}
