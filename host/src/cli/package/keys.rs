//! Keys and signatures, without a host.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use dossier_store::{PublicKey, SecretKey};

use super::{AdminError, KeygenArgs, SignArgs, VerifyArgs, source};
use crate::cli::output;

/// Makes a key, in a file that nobody else reads.
pub(super) fn generate(args: &KeygenArgs) -> Result<(), AdminError> {
    let key = SecretKey::generate()?;
    let file = |source| AdminError::File { path: args.file.clone(), source };
    let mut secret = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&args.file)
        .map_err(file)?;
    writeln!(secret, "{}", key.to_text()).map_err(file)?;
    print(&format!("{}\n", key.public_key()))
}

/// Writes the package as an archive that bears a signature.
pub(super) async fn sign(args: &SignArgs) -> Result<(), AdminError> {
    let mut package = source::read(&args.package).await?;
    package.sign(&secret_key(&args.key)?);
    let file = |source| AdminError::File { path: args.output.clone(), source };
    std::fs::write(&args.output, package.to_tar()).map_err(file)?;
    print(&format!("{}\n", package.digest()))
}

/// Tells the digest and the signer, or fails.
pub(super) async fn verify(args: &VerifyArgs) -> Result<(), AdminError> {
    let package = source::read(&args.package).await?;
    let wanted = args.public_key.as_deref().map(str::parse::<PublicKey>).transpose()?;
    let found = package.verify()?;
    if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
        return Err(AdminError::OtherKey { wanted, found });
    }
    print(&format!("package    {}\nsigned by  {found}\n", package.digest()))
}

pub(super) fn secret_key(file: &Path) -> Result<SecretKey, AdminError> {
    let text = std::fs::read_to_string(file)
        .map_err(|source| AdminError::File { path: file.to_owned(), source })?;
    Ok(text.parse()?)
}

fn print(text: &str) -> Result<(), AdminError> {
    output::print(text).map_err(AdminError::Output)
}
