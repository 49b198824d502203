//! The last generation once more, as JSON beside the catalogue, and the settings that it names, a file each:
//! what served, if the catalogue is lost.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::{CatalogueError, Generation, MAX_SETTINGS_BYTES, SettingsDigest, TypeSettings};

/// Longest copy that is read, in bytes.
const MOST_BYTES: u64 = 64 << 20;

/// The copy's file.
pub(super) fn beside(catalogue: &Path) -> PathBuf {
    catalogue.with_file_name("last-generation.json")
}

/// The generation that served last, by the copy beside a catalogue.
///
/// # Errors
/// When there is none, or it is not understood.
pub fn copied_generation(catalogue: &Path) -> io::Result<Generation> {
    read(&beside(catalogue))
}

/// Settings that the copied generation names.
///
/// # Errors
/// When there are none of this digest, or they are not as they were.
pub fn copied_settings(catalogue: &Path, digest: SettingsDigest) -> io::Result<TypeSettings> {
    let file = settings_folder(&beside(catalogue)).join(settings_name(digest));
    let most = u64::try_from(MAX_SETTINGS_BYTES).unwrap_or(u64::MAX);
    let mut text = Vec::new();
    // One byte more is too long, which is another digest.
    File::open(file)?.take(most.saturating_add(1)).read_to_end(&mut text)?;
    TypeSettings::kept(digest, &text).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The folder of the settings' texts.
fn settings_folder(copy: &Path) -> PathBuf {
    copy.with_file_name("last-settings")
}

fn settings_name(digest: SettingsDigest) -> String {
    format!("{}.json", digest.hex())
}

pub(super) fn read(file: &Path) -> io::Result<Generation> {
    if fs::metadata(file)?.len() > MOST_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(serde_json::from_slice(&fs::read(file)?)?)
}

/// Writes the copy, and the settings that it names: before it those that are not there yet, after it none
/// that it does not name.
pub(super) fn write(
    file: &Path,
    generation: &Generation,
    settings: impl Fn(SettingsDigest) -> Result<TypeSettings, CatalogueError>,
) -> io::Result<()> {
    let folder = settings_folder(file);
    let named = generation.named_settings().collect::<BTreeSet<_>>();
    let names = named.iter().map(|digest| settings_name(*digest)).collect::<BTreeSet<_>>();
    let there = names_in(&folder)?;
    if !named.is_empty() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    }
    for digest in &named {
        let name = settings_name(*digest);
        if !there.contains(&name) {
            let settings = settings(*digest).map_err(io::Error::other)?;
            write_whole(&folder.join(name), settings.text().as_bytes())?;
        }
    }
    write_whole(file, &serde_json::to_vec(generation)?)?;
    for name in there.difference(&names) {
        fs::remove_file(folder.join(name))?;
    }
    Ok(())
}

fn names_in(folder: &Path) -> io::Result<BTreeSet<String>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<io::Result<_>>(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(error),
    }
}

/// Whole or not at all, and readable by its owner alone.
fn write_whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = file.with_extension("new");
    let mut options = File::options();
    let mut copy = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    copy.write_all(bytes)?;
    copy.sync_all()?;
    fs::rename(new, file)
}
