//! `dossier package publish --dry-run`: what a package's rules make of its fixtures, and nothing published.

use reqwest::Method;
use serde_json::Value;

use super::AdminError;
use super::client::{Client, Done, text};
use crate::cli::output;
use crate::cli::plugin::differences_of;

/// Has an archive proved, and shows what came of each fixture.
pub(super) async fn dry_run(client: &Client, archive: Vec<u8>) -> Done {
    let run = client.send(Method::POST, "/v1/packages?dry_run=true", Some(archive)).await?;
    let Value::Array(fixtures) = &run["fixtures"] else { return Err(AdminError::Answer) };
    client.print(&run, |run| as_text(run, fixtures))?;
    let failed = fixtures.iter().filter(|fixture| !has_passed(fixture)).count();
    match failed {
        0 => Ok(()),
        failed => Err(AdminError::FixturesFailed { failed, of: fixtures.len() }),
    }
}

fn as_text(run: &Value, fixtures: &[Value]) -> String {
    let rows = fixtures.iter().map(|fixture| {
        let result = if has_passed(fixture) { "passed" } else { "failed" };
        [
            text(&fixture["name"]),
            text(&fixture["document_type"]),
            result.to_owned(),
            beside(fixture),
        ]
    });
    let mut told = match fixtures {
        [] => String::new(),
        _ => output::table(["fixture", "document type", "result", "what serves now"], rows),
    };
    for fixture in fixtures.iter().filter(|fixture| !has_passed(fixture)) {
        told += &format!("\n{}\n  {}\n", text(&fixture["name"]), text(&fixture["difference"]));
        let lines = differences_of(&fixture["expected"], &fixture["found"]);
        told.extend(lines.iter().map(|line| format!("  {line}\n")));
    }
    told += &format!(
        "tried {} {} {}: nothing is published\n",
        text(&run["name"]),
        text(&run["version"]),
        text(&run["package"])
    );
    told
}

fn has_passed(fixture: &Value) -> bool {
    fixture["passed"] == true
}

/// How the rules that serve now report the same fixture.
fn beside(fixture: &Value) -> String {
    let serving = &fixture["serving"];
    match (&serving["found"], &serving["code"]) {
        (Value::Null, Value::Null) => "-".to_owned(),
        (Value::Null, code) => text(code),
        (found, _) if *found == fixture["found"] => "reports the same".to_owned(),
        _ => "reports otherwise".to_owned(),
    }
}

#[cfg(test)]
mod tests;
