//! The pages `cli.md`, `configuration.md`, `openapi.json` and `dossier.1`, from what the program declares: a test
//! compares them with those in `host/docs`, and `dossier docs` writes them.

mod commands;
mod configuration;
mod man;

use std::path::Path;

use crate::api::openapi_text;

/// A page that the program writes.
#[derive(Debug)]
pub struct Page {
    /// Its file.
    pub name: &'static str,
    /// Its text.
    pub text: String,
}

/// All such pages.
#[must_use]
pub fn pages() -> [Page; 4] {
    [
        Page { name: "cli.md", text: commands::page() },
        Page { name: "configuration.md", text: configuration::page() },
        Page { name: "openapi.json", text: openapi_text().to_owned() },
        Page { name: "dossier.1", text: man::page() },
    ]
}

/// Writes the pages into a folder.
///
/// # Errors
/// When the disk refuses.
pub fn write(folder: &Path) -> std::io::Result<()> {
    for Page { name, text } in pages() {
        std::fs::write(folder.join(name), text)?;
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
