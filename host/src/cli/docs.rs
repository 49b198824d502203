//! The pages that follow from what the program declares: a test compares them with those in `host/docs`, and
//! `dossier docs` writes them.

mod api;
mod commands;
mod configuration;
mod contract;
mod errors;
mod man;

use std::path::Path;

use crate::api::openapi_text;

/// A page that the program writes.
#[derive(Debug)]
pub struct Page {
    /// Its file, below the folder of the pages.
    pub name: &'static str,
    /// Its text.
    pub text: String,
}

/// All such pages.
#[must_use]
pub fn pages() -> [Page; 7] {
    [
        Page { name: "cli.md", text: commands::page() },
        Page { name: "configuration.md", text: configuration::page() },
        Page { name: "openapi.json", text: openapi_text().to_owned() },
        Page { name: "dossier.1", text: man::page() },
        Page { name: "reference/api.md", text: api::page() },
        Page { name: "reference/contract.md", text: contract::page() },
        Page { name: "reference/errors.md", text: errors::page() },
    ]
}

/// Writes the pages into a folder.
///
/// # Errors
/// When the disk refuses.
pub fn write(folder: &Path) -> std::io::Result<()> {
    for Page { name, text } in pages() {
        let file = folder.join(name);
        file.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        std::fs::write(file, text)?;
    }
    Ok(())
}

/// A row of a table.
fn row<const CELLS: usize>(cells: [&str; CELLS]) -> String {
    let cells = cells.map(|cell| cell.replace('|', "\\|"));
    format!("| {} |\n", cells.join(" | "))
}

/// The head of a table.
fn head<const CELLS: usize>(cells: [&str; CELLS]) -> String {
    row(cells) + "|" + &"---|".repeat(CELLS) + "\n"
}

#[cfg(test)]
mod tests;
