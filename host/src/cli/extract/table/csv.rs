//! Comma-separated values.

use super::{Cell, Column, Part, Rows};

/// Writes rows as they come.
pub(super) struct Writer(csv::Writer<Part>);

impl Writer {
    /// Begins with the header.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) fn begin(part: Part, columns: &[Column]) -> Result<Self, String> {
        let mut writer = csv::Writer::from_writer(part);
        let header = columns.iter().map(Column::name);
        writer.write_record(header).map_err(|error| error.to_string())?;
        Ok(Self(writer))
    }

    /// Ends the table.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) fn finish(self) -> Result<Part, String> {
        self.0.into_inner().map_err(|error| error.to_string())
    }
}

impl Rows for Writer {
    fn add(&mut self, row: Vec<Cell>) -> Result<(), String> {
        let cells = row.into_iter().map(|cell| match cell {
            Cell::Text(text) => text.unwrap_or_default(),
            Cell::Number(number) => number.map(|number| number.to_string()).unwrap_or_default(),
        });
        self.0.write_record(cells).map_err(|error| error.to_string())
    }
}
