//! The command line.

use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;
use clap::{Args, Parser, Subcommand};

use crate::config::{ModelArgs, PlatformArgs, ReaderArgs, RootArgs, ServeArgs, TelemetryArgs};

pub use dossier_document::with_causes;

mod run;
pub use run::{CommandError, install_quiet, run};

mod backup;
pub use backup::{BackupArgs, RestoreArgs};

mod check_config;
pub use check_config::{CheckConfigArgs, Unservable};

mod kit_args;
pub use kit_args::{
    PluginBenchArgs, PluginBuildArgs, PluginInspectArgs, PluginNewArgs, PluginTestArgs,
    TemplateLanguage,
};

pub mod docs;

mod debug;
pub use debug::read_image;

mod doctor;
pub use doctor::{DoctorArgs, Unwell};

mod draw;

mod extract;
pub use extract::{Each, FolderError};

mod hints;

mod locate;

mod output;
pub use output::{json as print_json, print, print_error, table};

mod package;
pub use package::{AdminError, PackageCommand, RegistryArgs, RegistryError};

mod progress;

mod plugin;
pub use plugin::Micros;

mod token;
pub use token::{TokenCommand, TokenError};

/// Reads identity documents.
#[derive(Debug, Parser)]
#[command(name = "dossier", version, about, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve documents over HTTP.
    Serve(Box<ServeArgs>),
    /// Tell what `serve` would run with, where each value was set, and whether it would start.
    ///
    /// It takes the file, the environment and the flags that `serve` takes, and looks at the files and folders
    /// that they name. It binds no port, opens no data directory and loads no model. Secrets are never printed.
    CheckConfig(Box<CheckConfigArgs>),
    /// Read documents here, without a server.
    ///
    /// Without --out, the files are the pages of one document, and what is read of it is printed. With it, each
    /// file, and each picture below each folder, is a document of its own, and the results go into one file. Where
    /// a run was stopped, the same command goes on.
    Extract(Box<ExtractArgs>),
    /// Look at everything that reading needs on this machine, and read a document: what is in the way, and what to do.
    Doctor(Box<DoctorArgs>),
    /// Find the pages that a picture shows: their corners, how they are turned, how sure that is.
    Locate(LocateArgs),
    /// List the document types.
    DocumentTypes(DocumentTypesArgs),
    /// Write, build, test and run rules.
    Plugin {
        /// What to do with them.
        #[command(subcommand)]
        command: PluginCommand,
    },
    /// Publish, sign and move packages of rules and adapters, and change what serves.
    Package {
        /// What to do with them.
        #[command(subcommand)]
        command: PackageCommand,
    },
    /// Write the data directory into one archive: what serves, its history, its packages.
    ///
    /// A host that runs is asked for it by its admin API, and serves on. What is published while the archive is
    /// written is not in it.
    Backup(BackupArgs),
    /// Make a data directory of a backup, after every digest and signature in it is checked.
    Restore(RestoreArgs),
    /// Make, list and revoke the tokens that clients bear.
    Token {
        /// What to do with them.
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Look into a model: what it answers to given tokens, as numbers.
    Debug {
        /// What to look at.
        #[command(subcommand)]
        command: DebugCommand,
    },
    /// Print what a shell completes the arguments of this program with.
    Completions(CompletionsArgs),
    /// Write the pages that follow from the program: cli.md, configuration.md, openapi.json and dossier.1.
    #[command(hide = true)]
    Docs(DocsArgs),
}

/// Flags of `dossier docs`.
#[derive(Args, Debug)]
pub struct DocsArgs {
    /// Folder to write them into.
    #[arg(value_name = "FOLDER", default_value = "host/docs")]
    pub folder: PathBuf,
}

/// Flags of `dossier completions`.
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// Flags of `dossier extract`.
#[derive(Args, Debug)]
pub struct ExtractArgs {
    /// The pages of the document, in order: JPEG, PNG, WebP, TIFF or PDF; with --out, documents, or folders of them.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The document type, such as utopia/passport/2024 [default: found out by how the first page looks].
    #[arg(long, value_name = "TYPE")]
    pub document_type: Option<String>,
    /// The fields to read, separated by commas [default: all that the rules read].
    #[arg(long, value_name = "NAMES")]
    pub fields: Option<String>,
    /// Print JSON, as the server answers.
    #[arg(long)]
    pub json: bool,
    /// Write what is read of many documents: JSON lines to NAME.jsonl or to - (the output), a table to NAME.csv or
    /// NAME.parquet.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "draw"])]
    pub out: Option<PathBuf>,
    /// What one document is, with --out.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t, requires = "out")]
    pub each: Each,
    /// Take away what an earlier run wrote, and read everything again.
    #[arg(long, requires = "out")]
    pub afresh: bool,
    /// Write a PNG of the pages, one below the other, with the place of each field drawn on them.
    #[arg(long, value_name = "FILE")]
    pub draw: Option<PathBuf>,
    /// Read with the base alone, to see what the adapter adds.
    #[arg(long)]
    pub base_only: bool,
    /// What reads the document.
    #[command(flatten)]
    pub reader: ReaderArgs,
    /// Log lines.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}

/// Flags of `dossier locate`.
#[derive(Args, Debug)]
pub struct LocateArgs {
    /// The picture: JPEG, PNG, WebP, or TIFF or PDF of one page.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Write a PNG of the picture with the pages outlined.
    #[arg(long, value_name = "FILE")]
    pub draw: Option<PathBuf>,
    /// Write each page alone, laid flat: page-1.png, the surest, and so on.
    #[arg(long, value_name = "FOLDER")]
    pub flat: Option<PathBuf>,
    /// Where the locator is.
    #[command(flatten)]
    pub root: RootArgs,
}

/// Flags of `dossier document-types`.
#[derive(Args, Debug)]
pub struct DocumentTypesArgs {
    /// Print JSON, as the server answers.
    #[arg(long)]
    pub json: bool,
    /// What would read the documents.
    #[command(flatten)]
    pub reader: ReaderArgs,
    /// Log lines.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// Begin rules of one's own from an example that works.
    ///
    /// Makes a folder below plugins/: rules of a residence permit, and fixtures.
    New(PluginNewArgs),
    /// Build rules from their source, in Rust, Python or JavaScript.
    ///
    /// Rust needs `rustup target add wasm32-wasip2`, Python `componentize-py`, JavaScript `npm install` in
    /// the folder of the rules.
    Build(PluginBuildArgs),
    /// Run rules on their fixtures and compare the reports.
    ///
    /// Prints time and memory of each.
    Test(Box<PluginTestArgs>),
    /// Run rules on values from a file and print their report as JSON.
    ///
    /// No model reads anything. The report is {"fields": {"name": "value"}, "checks": [{"code", "outcome",
    /// "fields", "message"}]}; a value that can't be normalised is null.
    Run(Box<PluginRunArgs>),
    /// Tell what a component imports and exports, without running it.
    Inspect(PluginInspectArgs),
    /// Measure rules on their fixtures.
    Bench(Box<PluginBenchArgs>),
}

/// Flags of `dossier plugin run`.
#[derive(Args, Debug)]
pub struct PluginRunArgs {
    /// The name of rules below plugins/, their folder, or the path of a component (.wasm).
    #[arg(value_name = "PLUGIN")]
    pub plugin: String,
    /// The document type, such as utopia/passport/2024.
    #[arg(long, value_name = "TYPE")]
    pub document_type: String,
    /// JSON file: {"fields": {"name": "raw value"}}; an MRZ is the field `mrz`, its lines joined by \n.
    #[arg(long, value_name = "FILE")]
    pub values: PathBuf,
    /// Limits and place of the rules, and the date they take for today.
    #[command(flatten)]
    pub reader: ReaderArgs,
    /// Log lines.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}

/// What to look at in a model.
#[derive(Debug, Subcommand)]
pub enum DebugCommand {
    /// Print the logits of each decoder step for given tokens.
    ///
    /// Works on any Hugging Face checkpoint of the class (DonutSwin encoder, mBART decoder), so that anybody
    /// can compare.
    Forward(DebugForwardArgs),
    /// Print the tokens that greedy decoding appends to given ones.
    ///
    /// Works on the same checkpoints.
    Generate(DebugGenerateArgs),
    /// Compile a component under limits and throw the result away, as publishing does first.
    Compile(DebugCompileArgs),
}

/// The model and the image.
#[derive(Args, Debug)]
pub struct DebugModelArgs {
    /// Folder of a VisionEncoderDecoderModel, as Hugging Face writes it.
    #[arg(long, value_name = "DIR")]
    pub base: PathBuf,
    /// Folder of a LoRA adapter, as PEFT writes it.
    #[arg(long, value_name = "DIR")]
    pub adapter: Option<PathBuf>,
    /// The page.
    #[arg(long, value_name = "FILE")]
    pub image: PathBuf,
    /// Where it computes, and in what it is kept.
    #[command(flatten)]
    pub model: ModelArgs,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Flags of `dossier debug forward`.
#[derive(Args, Debug)]
pub struct DebugForwardArgs {
    /// The model and the image.
    #[command(flatten)]
    pub model: DebugModelArgs,
    /// Decoder input tokens, separated by commas.
    #[arg(long, value_name = "TOKENS", value_delimiter = ',', required = true)]
    pub tokens: Vec<u32>,
}

/// Flags of `dossier debug generate`.
#[derive(Args, Debug)]
pub struct DebugGenerateArgs {
    /// The model and the image.
    #[command(flatten)]
    pub model: DebugModelArgs,
    /// The first decoder input tokens, separated by commas.
    #[arg(long, value_name = "TOKENS", value_delimiter = ',', required = true)]
    pub prompt_tokens: Vec<u32>,
    /// Tokens to append at most: 1 to 65536, and no more than the model has positions.
    #[arg(
        long,
        value_name = "N",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=65_536)
    )]
    pub max_new_tokens: usize,
}

/// Flags of `dossier debug compile`.
#[derive(Args, Debug)]
pub struct DebugCompileArgs {
    /// The component.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Address space of this process in bytes: 1 to 4398046511104.
    #[arg(
        long,
        value_name = "BYTES",
        default_value_t = PlatformArgs::default().compile_memory_bytes(),
        value_parser = clap::value_parser!(u64).range(1..=1 << 42)
    )]
    pub memory_bytes: u64,
    /// Processor time of this process in seconds: 1 to 3600.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60,
        value_parser = clap::value_parser!(u64).range(1..=3_600)
    )]
    pub cpu_seconds: u64,
}
