//! Folders of artifacts to serve from.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::json;
use tempfile::TempDir;

/// The folder of the workspace.
#[must_use]
pub fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

/// The artifacts that are shipped, or those that `DOSSIER_TEST_DATA_ROOT` names.
#[must_use]
pub fn shipped_root() -> PathBuf {
    std::env::var_os("DOSSIER_TEST_DATA_ROOT").map_or_else(repository, PathBuf::from)
}

/// A root of artifacts of its own, to be broken at will: the shipped base, and what a test adds.
#[derive(Debug)]
pub struct TestRoot {
    folder: TempDir,
}

impl TestRoot {
    /// The name of the shipped base.
    pub const BASE: &'static str = "dossier-small";

    /// A root with a copy of the shipped base and no document type.
    ///
    /// # Errors
    /// When the base is not there.
    pub fn with_base() -> anyhow::Result<Self> {
        let root = Self { folder: tempfile::tempdir()? };
        let base = Path::new("adapters/base").join(Self::BASE);
        copy_files(&shipped_root().join(&base), &root.path().join(&base))?;
        fs::create_dir_all(root.path().join("plugins/prebuilt"))?;
        Ok(root)
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of the base.
    #[must_use]
    pub fn base(&self) -> PathBuf {
        self.path().join("adapters/base").join(Self::BASE)
    }

    /// The folder of a document type.
    #[must_use]
    pub fn document_type(&self, id: &str) -> PathBuf {
        self.path().join("adapters").join(id)
    }

    /// Adds a document type as it is shipped, rules included.
    ///
    /// # Errors
    /// When it is not there.
    pub fn add_shipped(&self, id: &str) -> anyhow::Result<()> {
        copy_files(&shipped_root().join("adapters").join(id), &self.document_type(id))?;
        copy_files(&shipped_root().join("plugins/prebuilt"), &self.path().join("plugins/prebuilt"))
    }

    /// Adds a document type of one page with the passport's adapter and these rules.
    ///
    /// # Errors
    /// When the passport is not there.
    pub fn add_document_type(&self, id: &str, rules: &str, component: &[u8]) -> anyhow::Result<()> {
        let passport = shipped_root().join("adapters/utopia/passport/2024");
        copy_files(&passport, &self.document_type(id))?;
        let manifest = json!({"document_type": id, "title": id, "pages": 1, "base": Self::BASE, "rules": rules});
        fs::write(self.document_type(id).join("document-type.json"), manifest.to_string())?;
        self.write_rules(rules, component)
    }

    /// Writes a component of rules.
    ///
    /// # Errors
    /// When the disk says so.
    pub fn write_rules(&self, name: &str, component: &[u8]) -> anyhow::Result<()> {
        let file = self.path().join("plugins/prebuilt").join(format!("{name}.wasm"));
        Ok(fs::write(file, component)?)
    }
}

fn copy_files(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("{} is missing", from.display()))? {
        let file = entry?.path();
        if let (true, Some(name)) = (file.is_file(), file.file_name()) {
            fs::copy(&file, to.join(name))?;
        }
    }
    Ok(())
}
