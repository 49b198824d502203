//! Where commands keep compiled rules for the next command of the same user.

use std::env::var_os;
use std::path::PathBuf;

/// `dossier/rules` in the user's cache folder; none where the environment names no such folder.
pub(crate) fn compiled_rules() -> Option<PathBuf> {
    let named = |variable| var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")))?;
    Some(cache.join("dossier").join("rules"))
}
