//! `dossier package publish` and what follows it: a client of the admin API and of registries; and the
//! keys that sign.

use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;
use clap::{Args, Subcommand};
use dossier_engine::rebuild_catalogue;
use dossier_store::PackageDigest;

mod client;
mod dry_run;
mod keys;
mod registry;
mod settings;
mod source;
mod transfer;
mod upload;
pub use client::AdminError;
pub(in crate::cli) use client::Client;
pub use registry::{RegistryArgs, RegistryError};
use settings::SettingsArgs;

use super::{CommandError, output};
use crate::admin::MOST_EVENTS;

/// Publishing, and what serves.
#[derive(Debug, Subcommand)]
pub enum PackageCommand {
    /// Publish a package: rules, or the adapter of a document type. It does not serve yet.
    Publish(PublishArgs),
    /// Let a published package serve every request of its name.
    Activate(ActivateArgs),
    /// Let a published package answer some requests of its name.
    Canary(CanaryArgs),
    /// Let a published package run beside; differences are counted, its results dropped.
    Shadow(ActivateArgs),
    /// Let the canary or shadow of a name serve every request.
    Promote(NameArgs),
    /// End the canary or shadow of a name, or go back to the version before.
    Rollback(NameArgs),
    /// Show what the rules of a document type are set to, or set it.
    Settings(SettingsArgs),
    /// Show how everything published stands.
    List(ListArgs),
    /// Show what was done, newest first.
    History(HistoryArgs),
    /// Take packages off the host's disk that nothing refers to any more.
    Prune(PruneArgs),
    /// Make the catalogue of a data directory again from its packages, after it was lost or damaged.
    Rebuild(RebuildArgs),
    /// Make a key to sign packages with.
    Keygen(KeygenArgs),
    /// Sign a package.
    Sign(SignArgs),
    /// Check the signature of a package, and print its digest.
    Verify(VerifyArgs),
    /// Push a package to a registry of OCI artifacts.
    Push(PushArgs),
    /// Pull a package from a registry of OCI artifacts into an archive.
    Pull(PullArgs),
}

/// Where the admin API is, and who asks.
#[derive(Args, Clone, Debug)]
pub struct AdminArgs {
    /// The admin API.
    #[arg(
        long,
        env = "DOSSIER_ADMIN_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:8081"
    )]
    pub admin_url: String,
    /// File that holds the token [default: the environment variable DOSSIER_ADMIN_TOKEN].
    #[arg(long, env = "DOSSIER_ADMIN_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Print the answer as JSON.
    #[arg(long)]
    pub json: bool,
}

/// A package on disk or in a registry.
#[derive(Args, Clone, Debug)]
pub struct PackageArgs {
    /// Folder or tar archive of the package, or oci://registry/name:tag.
    #[arg(value_name = "PACKAGE")]
    pub package: PathBuf,
    /// The component, if it does not stand in the folder as component.wasm.
    #[arg(long, value_name = "FILE")]
    pub component: Option<PathBuf>,
    /// The registry, if it is in one.
    #[command(flatten)]
    pub registry: RegistryArgs,
}

/// Flags of `dossier package publish`.
#[derive(Args, Debug)]
pub struct PublishArgs {
    /// The package.
    #[command(flatten)]
    pub package: PackageArgs,
    /// File of the secret key to sign it with; without it, the signature it has is sent.
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Let it serve at once.
    #[arg(long)]
    pub activate: bool,
    /// Have the host prove it, print what its rules make of each fixture, and publish nothing.
    #[arg(long, conflicts_with = "activate")]
    pub dry_run: bool,
    /// The admin API.
    #[command(flatten)]
    pub admin: AdminArgs,
}

/// Flags of `dossier package activate` and `shadow`.
#[derive(Args, Debug)]
pub struct ActivateArgs {
    /// The name of rules, or a document type.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The package [default: the one published last under the name].
    #[arg(long, value_name = "DIGEST")]
    pub package: Option<PackageDigest>,
    /// The admin API.
    #[command(flatten)]
    pub admin: AdminArgs,
}

/// Flags of `dossier package canary`.
#[derive(Args, Debug)]
pub struct CanaryArgs {
    /// The package.
    #[command(flatten)]
    pub of: ActivateArgs,
    /// How many requests of a hundred it answers: 1 to 100.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=100))]
    pub percent: u8,
}

/// Flags of `dossier package promote` and `rollback`.
#[derive(Args, Debug)]
pub struct NameArgs {
    /// The name of rules, or a document type.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The admin API.
    #[command(flatten)]
    pub admin: AdminArgs,
}

/// Flags of `dossier package list`.
#[derive(Args, Debug)]
pub struct ListArgs {
    /// The name of rules, or a document type [default: all].
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// The admin API.
    #[command(flatten)]
    pub admin: AdminArgs,
}

/// Flags of `dossier package history`.
#[derive(Args, Debug)]
pub struct HistoryArgs {
    /// The name of rules, or a document type [default: all].
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Events at most: 1 to 10000, as many as are kept of one publisher.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 20,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=MOST_EVENTS as u64)
    )]
    pub limit: usize,
    /// The admin API.
    #[command(flatten)]
    pub admin: AdminArgs,
}

/// Flags of `dossier package prune`.
#[derive(Args, Debug)]
pub struct PruneArgs {
    /// Tell what would go, and touch nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// The admin API.
    #[command(flatten)]
    pub admin: AdminArgs,
}

/// Flags of `dossier package rebuild`.
#[derive(Args, Debug)]
pub struct RebuildArgs {
    /// The data directory; no host may run on it.
    #[arg(value_name = "FOLDER")]
    pub data_dir: PathBuf,
}

/// Flags of `dossier package keygen`.
#[derive(Args, Debug)]
pub struct KeygenArgs {
    /// File for the secret key; it must not exist. The public key is printed.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Flags of `dossier package sign`.
#[derive(Args, Debug)]
pub struct SignArgs {
    /// The package.
    #[command(flatten)]
    pub package: PackageArgs,
    /// File of the secret key.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The signed package, as a tar archive.
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
}

/// Flags of `dossier package verify`.
#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// The package.
    #[command(flatten)]
    pub package: PackageArgs,
    /// The key it must be signed with [default: any].
    #[arg(long, value_name = "KEY")]
    pub public_key: Option<String>,
}

/// Flags of `dossier package push`.
#[derive(Args, Debug)]
pub struct PushArgs {
    /// The package.
    #[command(flatten)]
    pub package: PackageArgs,
    /// Where to: registry/name:tag.
    #[arg(value_name = "REFERENCE")]
    pub reference: String,
    /// File of the secret key to sign it with; without it, the signature it has is pushed.
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
}

/// Flags of `dossier package pull`.
#[derive(Args, Debug)]
pub struct PullArgs {
    /// Where from: registry/name:tag, or registry/name@sha256:... for what can't change.
    #[arg(value_name = "REFERENCE")]
    pub reference: String,
    /// The package, as a tar archive.
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
    /// The registry.
    #[command(flatten)]
    pub registry: RegistryArgs,
}

/// Runs one of the commands.
///
/// # Errors
/// When the package is none, or the host refuses.
pub(super) async fn run(command: PackageCommand) -> Result<(), CommandError> {
    match command {
        PackageCommand::Publish(args) => client::publish(args).await?,
        PackageCommand::Activate(args) => client::activate(args).await?,
        PackageCommand::Canary(args) => client::canary(args).await?,
        PackageCommand::Shadow(args) => client::shadow(args).await?,
        PackageCommand::Promote(args) => client::promote(args).await?,
        PackageCommand::Rollback(args) => client::roll_back(args).await?,
        PackageCommand::Settings(args) => settings::settings(args).await?,
        PackageCommand::List(args) => client::list(args).await?,
        PackageCommand::History(args) => client::history(args).await?,
        PackageCommand::Prune(args) => client::prune(args).await?,
        PackageCommand::Rebuild(args) => rebuild(&args)?,
        PackageCommand::Keygen(args) => keys::generate(&args)?,
        PackageCommand::Sign(args) => keys::sign(&args).await?,
        PackageCommand::Verify(args) => keys::verify(&args).await?,
        PackageCommand::Push(args) => transfer::push(&args).await?,
        PackageCommand::Pull(args) => transfer::pull(&args).await?,
    }
    Ok(())
}

fn rebuild(args: &RebuildArgs) -> Result<(), CommandError> {
    let rebuilt = rebuild_catalogue(&args.data_dir)?;
    let serves = match rebuilt.is_what_served {
        true => "it is what served last",
        false => {
            "nothing tells what served last, so it is the highest version of each name, with the settings \
             of its package: set again what was set here"
        }
    };
    let mut text = format!(
        "{} packages catalogued; generation {} serves at the next start: {serves}\n",
        rebuilt.packages, rebuilt.generation
    );
    for name in &rebuilt.undecided {
        text += &format!("nothing serves as {name}: activate one of its packages\n");
    }
    for name in &rebuilt.without_settings {
        text += &format!(
            "nothing serves as {name}, for its settings are lost: activate one of its packages, then set \
             them again\n"
        );
    }
    for package in &rebuilt.unreadable {
        text += &format!("{package} can't be read, and is left where it is\n");
    }
    if let Some(aside) = &rebuilt.set_aside {
        text += &format!("the damaged catalogue is now {}\n", aside.display());
    }
    output::print(&text).map_err(CommandError::Output)
}
