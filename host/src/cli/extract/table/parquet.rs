//! Apache Parquet: what is missing is null, confidences are doubles.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as PhysicalType};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use super::{Cell, Column, Part, Rows};

/// Rows that are in memory at most.
const ROWS_A_GROUP: usize = 4_096;

/// Writes rows in groups.
pub(super) struct Writer {
    file: SerializedFileWriter<Part>,
    gathered: Vec<Vec<Cell>>,
}

impl Writer {
    /// Begins with the schema.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) fn begin(part: Part, columns: &[Column]) -> Result<Self, String> {
        let begin = || {
            let properties = WriterProperties::builder().set_compression(Compression::SNAPPY);
            SerializedFileWriter::new(part, schema(columns)?, Arc::new(properties.build()))
        };
        let file = begin().map_err(|error: ParquetError| error.to_string())?;
        Ok(Self { file, gathered: Vec::new() })
    }

    /// Ends the table.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) fn finish(mut self) -> Result<Part, String> {
        self.write_group().and_then(|()| self.file.into_inner()).map_err(|error| error.to_string())
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let rows = std::mem::take(&mut self.gathered);
        let Some(first) = rows.first() else { return Ok(()) };
        let columns = first.len();
        let mut group = self.file.next_row_group()?;
        for column in 0..columns {
            write_column(&mut group, rows.iter().map(|row| &row[column]))?;
        }
        group.close()?;
        Ok(())
    }
}

impl Rows for Writer {
    fn add(&mut self, row: Vec<Cell>) -> Result<(), String> {
        self.gathered.push(row);
        match self.gathered.len() < ROWS_A_GROUP {
            true => Ok(()),
            false => self.write_group().map_err(|error| error.to_string()),
        }
    }
}

fn schema(columns: &[Column]) -> Result<TypePtr, ParquetError> {
    let field = |column: &Column| {
        let name = column.name();
        let builder = match column.is_number() {
            true => Type::primitive_type_builder(&name, PhysicalType::DOUBLE),
            false => Type::primitive_type_builder(&name, PhysicalType::BYTE_ARRAY)
                .with_logical_type(Some(LogicalType::String)),
        };
        builder.with_repetition(Repetition::OPTIONAL).build().map(Arc::new)
    };
    let fields = columns.iter().map(field).collect::<Result<_, _>>()?;
    Ok(Arc::new(Type::group_type_builder("documents").with_fields(fields).build()?))
}

/// A column of cells of one kind, which is what its schema says.
fn write_column<'a>(
    group: &mut SerializedRowGroupWriter<'_, impl Write + Send>,
    cells: impl Iterator<Item = &'a Cell>,
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("the schema has fewer columns than a row".to_owned()));
    };
    let (mut texts, mut numbers, mut is_there) = (Vec::new(), Vec::new(), Vec::new());
    let mut holds_numbers = false;
    for cell in cells {
        match cell {
            Cell::Text(text) => texts.extend(text.as_deref().map(ByteArray::from)),
            Cell::Number(number) => {
                holds_numbers = true;
                numbers.extend(*number);
            }
        }
        is_there.push(i16::from(!matches!(cell, Cell::Text(None) | Cell::Number(None))));
    }
    match holds_numbers {
        true => column.typed::<DoubleType>().write_batch(&numbers, Some(&is_there), None)?,
        false => column.typed::<ByteArrayType>().write_batch(&texts, Some(&is_there), None)?,
    };
    column.close()
}
