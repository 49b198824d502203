//! Flags of the author's kit: `dossier plugin new`, `build`, `test`, `inspect` and `bench`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::config::{ReaderArgs, RootArgs, TelemetryArgs};

/// A language that rules can be written in from an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TemplateLanguage {
    /// Rust, with the helpers of plugins/sdk.
    Rust,
    /// Python, made a component by componentize-py.
    Python,
    /// JavaScript, made a component by jco.
    Javascript,
}

/// Flags of `dossier plugin new`.
#[derive(Args, Debug)]
pub struct PluginNewArgs {
    /// The language to write them in.
    #[arg(long = "lang", value_name = "LANGUAGE", value_enum)]
    pub language: TemplateLanguage,
    /// The name of the rules: a-z, 0-9 and -, a letter first.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Where the rules are.
    #[command(flatten)]
    pub root: RootArgs,
}

/// Flags of `dossier plugin build`.
#[derive(Args, Debug)]
pub struct PluginBuildArgs {
    /// Folder below plugins/, or the path of one elsewhere [default: all of plugins/ in Rust].
    #[arg(value_name = "PLUGIN")]
    pub name: Option<String>,
    /// Where the rules are.
    #[command(flatten)]
    pub root: RootArgs,
}

/// Flags of `dossier plugin test`.
#[derive(Args, Debug)]
pub struct PluginTestArgs {
    /// The name of rules below plugins/, their folder, or the path of a component (.wasm).
    #[arg(value_name = "PLUGIN")]
    pub plugin: String,
    /// Folder of fixtures [default: fixtures/ in the rules' folder, or beside it].
    #[arg(long, value_name = "FOLDER")]
    pub fixtures: Option<PathBuf>,
    /// Write the reports into the fixtures instead of comparing them: look at the difference after.
    #[arg(long)]
    pub accept: bool,
    /// Limits and place of the rules.
    #[command(flatten)]
    pub reader: ReaderArgs,
    /// Log lines.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}

/// Flags of `dossier plugin inspect`.
#[derive(Args, Debug)]
pub struct PluginInspectArgs {
    /// The name of rules below plugins/, their folder, or the path of a component (.wasm).
    #[arg(value_name = "PLUGIN")]
    pub plugin: String,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Where the rules are.
    #[command(flatten)]
    pub root: RootArgs,
}

/// Flags of `dossier plugin bench`.
#[derive(Args, Debug)]
pub struct PluginBenchArgs {
    /// The name of rules below plugins/, their folder, or the path of a component (.wasm).
    #[arg(value_name = "PLUGIN")]
    pub plugin: String,
    /// Folder of fixtures [default: fixtures/ in the rules' folder, or beside it].
    #[arg(long, value_name = "FOLDER")]
    pub fixtures: Option<PathBuf>,
    /// How often each fixture runs, 1,000,000 times at most.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub calls: u32,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Limits and place of the rules.
    #[command(flatten)]
    pub reader: ReaderArgs,
    /// Log lines.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}
