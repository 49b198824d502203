//! What can be typed after a command: groups of keys. Nothing is opened or looked up here.

use std::path::PathBuf;

use clap::Args;

use super::key::Group as _;
use super::{
    AccessArgs, HttpArgs, JobsArgs, JwtArgs, ModelArgs, PlatformArgs, ReadingArgs, RootArgs,
    SharingArgs, TelemetryArgs, TlsArgs,
};

/// Flags of `dossier serve`.
#[derive(Args, Clone, Debug, Default)]
pub struct ServeArgs {
    /// TOML file of the configuration, 1 MiB at most; flags and environment win over it.
    #[arg(long, env = "DOSSIER_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Connections and requests.
    #[command(flatten)]
    pub http: HttpArgs,
    /// Who may send documents.
    #[command(flatten)]
    pub access: AccessArgs,
    /// An identity provider.
    #[command(flatten)]
    pub jwt: JwtArgs,
    /// Certificates of the listeners.
    #[command(flatten)]
    pub tls: TlsArgs,
    /// Packages that come and go while the host serves.
    #[command(flatten)]
    pub platform: PlatformArgs,
    /// A catalogue that many hosts share.
    #[command(flatten)]
    pub sharing: SharingArgs,
    /// Documents that are read later.
    #[command(flatten)]
    pub jobs: JobsArgs,
    /// What reads the documents.
    #[command(flatten)]
    pub reader: ReaderArgs,
    /// Log lines.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}

/// Flags of everything that reads documents, with or without a server.
#[derive(Args, Clone, Debug, Default)]
pub struct ReaderArgs {
    /// Where adapters and rules are.
    #[command(flatten)]
    pub root: RootArgs,
    /// Where the model computes, and in what it is kept.
    #[command(flatten)]
    pub model: ModelArgs,
    /// How documents are read.
    #[command(flatten)]
    pub reading: ReadingArgs,
}

impl ReaderArgs {
    /// What is given here, and where nothing is, what is given in `lower`.
    pub(super) fn over(self, lower: Self) -> Self {
        Self {
            root: self.root.over(lower.root),
            model: self.model.over(lower.model),
            reading: self.reading.over(lower.reading),
        }
    }
}
