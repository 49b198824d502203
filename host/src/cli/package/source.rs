//! A package on disk, as a folder or an archive, or in a registry.

use std::collections::BTreeMap;

use dossier_store::{COMPONENT, Package, PackageLimits};

use super::registry::Registry;
use super::{AdminError, PackageArgs};

/// Reads the package; a component given apart takes its place in it.
pub(super) async fn read(args: &PackageArgs) -> Result<Package, AdminError> {
    let path = &args.package;
    let reference = path.to_str().filter(|path| path.starts_with("oci://"));
    if args.component.is_some() && (reference.is_some() || path.is_file()) {
        return Err(AdminError::ComponentApart);
    }
    if let Some(reference) = reference {
        return Ok(Registry::new(reference, &args.registry)?.pull().await?);
    }
    let unreadable =
        |path: &std::path::Path, source| AdminError::File { path: path.to_owned(), source };
    if path.is_file() {
        let bytes = std::fs::read(path).map_err(|source| unreadable(path, source))?;
        return Ok(Package::from_tar(&bytes, PackageLimits::default())?);
    }
    let Some(component) = &args.component else { return Ok(Package::from_folder(path)?) };
    let mut files = BTreeMap::new();
    read_into(path, "", &mut files).map_err(|source| unreadable(path, source))?;
    let bytes = std::fs::read(component).map_err(|source| unreadable(component, source))?;
    files.insert(COMPONENT.to_owned(), bytes);
    Ok(Package::new(files)?)
}

fn read_into(
    folder: &std::path::Path,
    prefix: &str,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() && prefix.is_empty() {
            read_into(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.insert(name, std::fs::read(entry.path())?);
        }
    }
    Ok(())
}
