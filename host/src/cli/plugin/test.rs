//! `dossier plugin test`: rules on their fixtures.

use std::time::Duration;

use dossier_plugin::Plugin;

use super::fixture::{FixtureFile, differences};
use super::source::{Located, locate};
use super::{CommandError, PluginCommandError, author_engine, output};
use crate::cli::PluginTestArgs;
use crate::cli::run::install_quiet;
use crate::config::reader_settings;
use dossier_engine::rules::open_rules;

/// `dossier plugin test`.
pub(in crate::cli) async fn test(args: PluginTestArgs) -> Result<(), CommandError> {
    install_quiet(args.telemetry)?;
    let config = reader_settings(args.reader)?;
    let Located { name, component, fixtures } = locate(&config.data_root, &args.plugin)?;
    let folder =
        args.fixtures.or(fixtures).ok_or(PluginCommandError::NoFixtures { folder: None })?;
    let fixtures = FixtureFile::all(&folder)?;
    let engine = author_engine(&config.rules)?;
    let rules = open_rules(&engine, &name, &component).await?;
    let mut rows = Vec::new();
    let mut complaints = String::new();
    let mut failed = 0;
    for fixture in &fixtures {
        let (row, lines) = run(&rules, fixture, args.accept).await?;
        if !lines.is_empty() {
            failed += 1;
            complaints += &format!("\n{}\n", fixture.file.display());
            complaints.extend(lines.iter().map(|line| format!("  {line}\n")));
        }
        rows.push(row);
    }
    let header = ["fixture", "result", "before us", "after us", "memory KiB"];
    let table = output::table(header, rows.into_iter());
    output::print(&(table + &complaints)).map_err(CommandError::Output)?;
    if failed == 0 {
        return Ok(());
    }
    Err(PluginCommandError::FixturesFailed { failed, of: fixtures.len() }.into())
}

async fn run(
    rules: &Plugin,
    fixture: &FixtureFile,
    accept: bool,
) -> Result<([String; 5], Vec<String>), PluginCommandError> {
    let name = fixture.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let outcome = match fixture.run(rules).await {
        Ok(outcome) => outcome,
        Err(error) => {
            let dash = || "-".to_owned();
            let row = [name, error.code().to_owned(), dash(), dash(), dash()];
            return Ok((row, vec![error.to_string()]));
        }
    };
    let mut lines = match (&fixture.fixture.expected, &outcome.difference) {
        _ if accept => {
            fixture.accept(rules, &outcome).await?;
            Vec::new()
        }
        (None, _) => vec!["it expects nothing: `--accept` writes the report into it".to_owned()],
        (Some(_), None) => Vec::new(),
        (Some(expected), Some(difference)) => {
            let mut lines = vec![difference.to_string()];
            lines.extend(differences(expected, &outcome.report));
            lines
        }
    };
    if let (false, Some(difference)) = (accept, &outcome.request_difference) {
        lines.push(difference.to_string());
    }
    let result = match (accept, lines.is_empty()) {
        (true, _) => "accepted",
        (false, true) => "passed",
        (false, false) => "failed",
    };
    let memory = outcome.after.memory_bytes.max(outcome.before.memory_bytes) / 1024;
    let row = [
        name,
        result.to_owned(),
        micros(outcome.before.time),
        micros(outcome.after.time),
        memory.to_string(),
    ];
    Ok((row, lines))
}

fn micros(time: Duration) -> String {
    format!("{:.0}", time.as_secs_f64() * 1e6)
}
