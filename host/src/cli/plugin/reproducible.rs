//! What makes a component the same bytes on every machine, and small: cargo's environment for the build.
//!
//! Without the path prefixes a component names the folders of whoever built it.

use std::path::Path;

use super::build::standard_output;
use super::{PluginCommandError, TARGET};

/// A guest needs little; the linker's default of 1 MiB would count against its memory limit.
const STACK_BYTES: u32 = 128 * 1024;

/// Settings of the release profile that belong to components, not to the host's own releases.
const PROFILE: [(&str, &str); 6] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3"),
    ("CARGO_PROFILE_RELEASE_LTO", "fat"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
    ("CARGO_PROFILE_RELEASE_PANIC", "abort"),
    ("CARGO_PROFILE_RELEASE_STRIP", "symbols"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "false"),
];

/// The variables to build a component with: rules in `folder`, helpers below `root`.
pub(super) fn environment(
    root: &Path,
    folder: &Path,
) -> Result<Vec<(String, String)>, PluginCommandError> {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let sysroot = standard_output("RUSTC", "rustc", &["--print", "sysroot"])?;
    let standard_library = Path::new(sysroot.trim()).join("lib/rustlib/src/rust");
    let mut prefixes = vec![(absolute(root), "/dossier"), (standard_library, "/rust")];
    if !absolute(folder).starts_with(absolute(root)) {
        prefixes.push((absolute(folder), "/rules"));
    }
    let cargo_home = std::env::var_os("CARGO_HOME")
        .map(Into::into)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    if let Some(sources) = cargo_home.map(|home| home.join("registry/src")) {
        let registries = std::fs::read_dir(sources).into_iter().flatten().flatten();
        prefixes.extend(registries.map(|registry| (registry.path(), "/crates")));
    }
    let remaps = prefixes
        .iter()
        .map(|(from, to)| format!(" --remap-path-prefix={}={to}", from.display()))
        .collect::<String>();
    let flags = format!("-Clink-arg=-zstack-size={STACK_BYTES}{remaps}");
    let name = format!("CARGO_TARGET_{}_RUSTFLAGS", TARGET.to_uppercase().replace('-', "_"));
    let profile = PROFILE.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok(profile.into_iter().chain([(name, flags)]).collect())
}
