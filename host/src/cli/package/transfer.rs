//! `dossier package push` and `pull`: packages to and from a registry, without a host.

use super::registry::Registry;
use super::{AdminError, PullArgs, PushArgs, keys, source};
use crate::cli::{output, progress};

/// Pushes a package, and tells by which digests it can be had.
pub(super) async fn push(args: &PushArgs) -> Result<(), AdminError> {
    let mut package = source::read(&args.package).await?;
    if let Some(key) = &args.key {
        package.sign(&keys::secret_key(key)?);
    }
    let registry = Registry::new(&args.reference, &args.package.registry)?;
    let waiting = progress::waiting(format!("pushing to {}", args.reference));
    let pushed = registry.push(&package).await?;
    waiting.finish_and_clear();
    let component = pushed.component.map(|component| format!("component  {component}\n"));
    print(&format!(
        "package    {}\npushed     {}\n{}",
        package.digest(),
        pushed.package,
        component.unwrap_or_default()
    ))
}

/// Pulls a package into an archive, which is what `publish`, `verify` and `sign` take.
pub(super) async fn pull(args: &PullArgs) -> Result<(), AdminError> {
    let waiting = progress::waiting(format!("pulling {}", args.reference));
    let package = Registry::new(&args.reference, &args.registry)?.pull().await?;
    waiting.finish_and_clear();
    let file = |source| AdminError::File { path: args.output.clone(), source };
    std::fs::write(&args.output, package.to_tar()).map_err(file)?;
    print(&format!("{}\n", package.digest()))
}

fn print(text: &str) -> Result<(), AdminError> {
    output::print(text).map_err(AdminError::Output)
}
