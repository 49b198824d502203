//! A catalogue copied into another file, as it is at one moment, beside whoever writes to it.

use std::io;
use std::path::Path;

use super::database::Source;
use super::{Catalogue, CatalogueError, copy, tables};

impl Catalogue {
    /// Copies everything into a new database. It is one transaction here, and one there.
    ///
    /// # Errors
    /// When the database or the disk refuses.
    pub fn copy_to(&self, file: &Path) -> Result<(), CatalogueError> {
        let copy = Source::File(file.to_owned()).open()?;
        self.read(|from| {
            let into = copy.begin_write()?;
            tables::copy(from, &into)?;
            into.commit()?;
            Ok(())
        })
    }

    /// Writes the copy of the last generation beside the catalogue, where there is a generation.
    ///
    /// # Errors
    /// When the database or the disk refuses.
    pub fn copy_last_generation(&self) -> io::Result<()> {
        let generation = self.current().map_err(io::Error::other)?;
        match self.copy.as_deref().zip(generation) {
            Some((file, generation)) => {
                copy::write(file, &generation, |digest| self.settings(digest))
            }
            None => Ok(()),
        }
    }
}
