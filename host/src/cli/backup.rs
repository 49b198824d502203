//! `dossier backup` and `dossier restore`.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use dossier_engine::{EngineError, begin_backup, restore_backup};
use dossier_store::{BackupError, CatalogueError};

use super::package::{AdminArgs, Client};
use super::{CommandError, output};

/// Flags of `dossier backup`.
#[derive(Args, Debug)]
pub struct BackupArgs {
    /// The archive to write; it must not exist.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Data directory of a host that is stopped [default: the host of the admin API is asked].
    #[arg(id = "of", long = "data-dir", value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
    /// The admin API; the token must reach all document types and all rules.
    #[command(flatten)]
    pub admin: AdminArgs,
}

/// Flags of `dossier restore`.
#[derive(Args, Debug)]
pub struct RestoreArgs {
    /// The archive.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The data directory to make; what is there must be empty.
    #[arg(id = "into", long = "data-dir", value_name = "FOLDER")]
    pub data_dir: PathBuf,
}

/// Writes a backup.
///
/// # Errors
/// When it can't be had whole; there is no file of that name then.
pub(super) async fn back_up(args: BackupArgs) -> Result<(), CommandError> {
    let BackupArgs { out, data_dir, admin } = args;
    let json = admin.json;
    let mut part = Part::begin(&out)?;
    match &data_dir {
        Some(data_dir) => {
            let backup = begin_backup(data_dir).map_err(|error| in_use(error, data_dir))?;
            backup.write(&mut part.file).map_err(EngineError::from)?;
        }
        None => Client::new(admin)?.download("/v1/backup", &mut part.file).await?,
    }
    let bytes = part.finish()?;
    let printed = if json {
        output::json(&serde_json::json!({"file": out, "bytes": bytes}))
    } else {
        output::print(&format!("{}: {bytes} bytes\n", out.display()))
    };
    printed.map_err(CommandError::Output)
}

/// Makes a data directory of a backup.
///
/// # Errors
/// When it can't be made; nothing is there then.
pub(super) fn restore(args: &RestoreArgs) -> Result<(), CommandError> {
    let RestoreArgs { file, data_dir } = args;
    let unreadable = |source| CommandError::Unreadable { path: file.clone(), source };
    let archive = BufReader::new(File::open(file).map_err(unreadable)?);
    let restored = restore_backup(archive, data_dir)?;
    let text = format!(
        "{}: {} packages; generation {} serves at the next start\n",
        data_dir.display(),
        restored.packages,
        restored.generation
    );
    output::print(&text).map_err(CommandError::Output)
}

fn in_use(error: EngineError, data_dir: &Path) -> CommandError {
    match error {
        EngineError::Catalogue(CatalogueError::Locked) => {
            CommandError::InUse { folder: data_dir.to_owned() }
        }
        error => error.into(),
    }
}

/// A file that has its name once it is whole. Dropped before, it is gone.
struct Part {
    file: File,
    path: PathBuf,
    out: PathBuf,
}

impl Part {
    fn begin(out: &Path) -> Result<Self, CommandError> {
        let refused = |path: &Path, source| {
            CommandError::from(EngineError::from(BackupError::Io { path: path.to_owned(), source }))
        };
        if out.exists() {
            return Err(refused(out, io::ErrorKind::AlreadyExists.into()));
        }
        let mut name = out.as_os_str().to_owned();
        name.push(".part");
        let path = PathBuf::from(name);
        let mut options = File::options();
        // Packages are nobody else's to read.
        let file = options.write(true).create_new(true).mode(0o600).open(&path);
        let file = file.map_err(|source| refused(&path, source))?;
        Ok(Self { file, path, out: out.to_owned() })
    }

    /// Makes it durable, and gives it its name; how long it is.
    fn finish(self) -> Result<u64, CommandError> {
        let io = |source| BackupError::Io { path: self.out.clone(), source };
        Ok(self.keep().map_err(io).map_err(EngineError::from)?)
    }

    fn keep(&self) -> io::Result<u64> {
        self.file.sync_all()?;
        // Unlike a rename, a link takes no other file's place.
        fs::hard_link(&self.path, &self.out)?;
        Ok(self.file.metadata()?.len())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Whole, it has its name beside this one.
        let _ = fs::remove_file(&self.path);
    }
}
