//! What a state declares of its documents, and the Rust that its rules are built from.
//!
//! `document-types.toml` stands with the rules and is the only place where fields, pages, numbers, dates
//! and zones of a document type are written down: the rules' build script calls [`build`], and the
//! training (`adapters/training`) reads the same file to draw the documents.
//!
//! ```toml
//! name = "Atlantis"
//! code = "XAT"                                     # in machine-readable zones
//! date_form = "D.M.Y"                              # D, M, Y; MON for the month's name
//! months = "en"                                    # the language of those names
//! calendar = "gregorian"                           # buddhist, solar-hijri
//! sexes = { F = "F", M = "M", X = "X" }            # as documents write them
//! document_number = { shape = "AA9999999" }        # A: a letter, 9: a digit, X: either
//! personal_number = { shape = "{DDMMYY}-999#", check = "luhn" }   # #: the check character
//! characters = { document_number = "0-9A-Z" }      # fewer than a field's kind has; a regex class
//!
//! [documents."id-card/2021"]
//! zone = "td1"                                     # td1, td2, td3, licence; none without an `mrz`
//! optional_data = "personal_number"                # what the zone repeats as optional data
//! foreigners = false                               # whether any nationality may stand on it
//! pages = [["surname", "given_names"], ["mrz"]]    # the fields of each page in reading order
//! ```
//!
//! A document may have a `date_form` and a `document_number` of its own. Keys that are left out have
//! the values above, but for numbers, zone and optional data, which are then none. Unknown keys are
//! errors.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;

mod declared;
pub use declared::{Declaration, DeclarationError};

mod written;

/// The file of a state's declaration, in the folder of its rules.
pub const FILE: &str = "document-types.toml";

/// For a build script: reads the declaration beside it and writes `document_types.rs` for
/// `dossier_rules_sdk::declared_rules!`. The state is the crate's name. A declaration that can't be used
/// is told, by file, document and key, and fails the build.
#[must_use]
pub fn build() -> ExitCode {
    match write_rust() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn write_rust() -> Result<(), DeclarationError> {
    let variable = |name: &'static str| {
        std::env::var(name).map_err(|_| DeclarationError::NotABuildScript { variable: name })
    };
    let declaration = Declaration::read(&Path::new(&variable("CARGO_MANIFEST_DIR")?).join(FILE))?;
    let rust = declaration.to_rust(&variable("CARGO_PKG_NAME")?);
    let out = Path::new(&variable("OUT_DIR")?).join("document_types.rs");
    std::fs::write(&out, rust).map_err(|source| DeclarationError::File { file: out, source })?;
    cargo(&format!("rerun-if-changed={FILE}"));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "how a build script talks to cargo")]
fn cargo(instruction: &str) {
    println!("cargo:{instruction}");
}

#[cfg(test)]
mod tests;
