//! `dossier check-config`: the configuration as `serve` would run with it, and whether it would.

use clap::Args;
use serde::Serialize;

use super::{CommandError, output};
use crate::config::{Config, ConfigError, FileConfig, Place, PlacedArgs, Setting, effective};
use crate::server::{Checked, Outcome, check};

/// Flags of `dossier check-config`.
#[derive(Args, Debug)]
pub struct CheckConfigArgs {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// What `dossier serve` would be given.
    #[command(flatten)]
    pub serve: PlacedArgs,
}

/// The configuration can't be served with.
#[derive(Debug, thiserror::Error)]
#[error("{}", problems.join("\n"))]
pub struct Unservable {
    /// What is wrong: the file, the key, the reason.
    problems: Vec<String>,
}

#[derive(Serialize)]
struct ReportBody {
    valid: bool,
    file: Option<String>,
    keys: Vec<KeyBody>,
    /// Those of the file: their names, and no token.
    publishers: PublishersBody,
    checks: Vec<CheckBody>,
    problems: Vec<String>,
}

#[derive(Serialize)]
struct KeyBody {
    key: &'static str,
    value: Option<String>,
    from: String,
}

#[derive(Default, Serialize)]
struct PublishersBody {
    tokens: Vec<String>,
    signing_keys: Vec<String>,
    revoked_packages: usize,
}

#[derive(Serialize)]
struct CheckBody {
    key: &'static str,
    outcome: &'static str,
    reason: Option<String>,
}

/// Prints the configuration and what came of it.
///
/// # Errors
/// When `serve` would refuse it.
pub(super) async fn run(args: CheckConfigArgs) -> Result<(), CommandError> {
    let CheckConfigArgs { json, serve } = args;
    let report = report(serve).await;
    let printed = if json { output::json(&report) } else { output::print(&report.text()) };
    printed.map_err(CommandError::Output)?;
    match report.problems {
        problems if problems.is_empty() => Ok(()),
        problems => Err(CommandError::Unservable(Unservable { problems })),
    }
}

async fn report(typed: PlacedArgs) -> ReportBody {
    let file = typed.args.config.as_ref().map(|path| path.display().to_string());
    let read = FileConfig::of(&typed.args);
    let mut problems = Vec::new();
    let read = read.unwrap_or_else(|error| {
        problems.push(error.to_string());
        FileConfig::default()
    });
    let settings = effective(&typed, &read);
    let publishers = PublishersBody::of(&read);
    let mut checked = Vec::new();
    // What a file that can't be read would have set is not known, so nothing can be said of the rest.
    if problems.is_empty() {
        match Config::settle(typed.args, read) {
            Err(error) => problems.push(placed(&error, &settings, file.as_deref())),
            Ok((config, _)) => checked = check(&config).await,
        }
    }
    for Checked { key, outcome } in &checked {
        if let Outcome::Failed(reason) = outcome {
            problems.push(format!("{}{key}: {reason}", place(key, &settings, file.as_deref())));
        }
    }
    ReportBody {
        valid: problems.is_empty(),
        file,
        keys: settings.into_iter().map(KeyBody::of).collect(),
        publishers,
        checks: checked.into_iter().map(CheckBody::of).collect(),
        problems,
    }
}

/// A problem, behind the place where its key is set.
fn placed(error: &ConfigError, settings: &[Setting], file: Option<&str>) -> String {
    let place = match error {
        ConfigError::Invalid { key, .. } | ConfigError::NoFolder { key, .. } => {
            place(key, settings, file)
        }
        // Lists stand in the file alone.
        ConfigError::Entry { .. } => format!("{}: ", file.unwrap_or_default()),
        ConfigError::Unreadable { .. }
        | ConfigError::FileTooLong { .. }
        | ConfigError::Malformed { .. } => String::new(),
    };
    format!("{place}{error}")
}

fn place(key: &str, settings: &[Setting], file: Option<&str>) -> String {
    let setting = settings.iter().find(|setting| setting.key.name() == key);
    match setting.map_or(Place::Default, |setting| setting.place) {
        Place::File => format!("{}: ", file.unwrap_or_default()),
        Place::Default => String::new(),
        typed => format!("{typed}: "),
    }
}

impl KeyBody {
    fn of(setting: Setting) -> Self {
        Self { key: setting.key.name(), value: setting.value, from: setting.place.to_string() }
    }
}

impl PublishersBody {
    fn of(file: &FileConfig) -> Self {
        Self {
            tokens: file.tokens.iter().map(|token| token.publisher.clone()).collect(),
            signing_keys: file.signing_keys.iter().map(|key| key.publisher.clone()).collect(),
            revoked_packages: file.revoked_packages.len(),
        }
    }
}

impl CheckBody {
    fn of(checked: Checked) -> Self {
        let (outcome, reason) = match checked.outcome {
            Outcome::Passed => ("passed", None),
            Outcome::Failed(reason) => ("failed", Some(reason)),
            Outcome::NotPerformed(reason) => ("not performed", Some(reason.to_owned())),
        };
        Self { key: checked.key, outcome, reason }
    }
}

impl ReportBody {
    fn text(&self) -> String {
        let unset = || "-".to_owned();
        let keys = self.keys.iter().map(|body| {
            [body.key.to_owned(), body.value.clone().unwrap_or_else(unset), body.from.clone()]
        });
        let mut text = output::table(["key", "value", "from"], keys);
        if let Some(file) = &self.file {
            let names = |names: &[String]| match names {
                [] => unset(),
                names => names.join(", "),
            };
            let PublishersBody { tokens, signing_keys, revoked_packages } = &self.publishers;
            let rows = [
                ["tokens", &names(tokens)],
                ["signing_keys", &names(signing_keys)],
                ["revoked_packages", &revoked_packages.to_string()],
            ];
            text += &format!("\n{file}\n");
            text +=
                &output::table(["list", "of"], rows.map(|row| row.map(str::to_owned)).into_iter());
        }
        if !self.checks.is_empty() {
            let rows = self.checks.iter().map(|check| {
                let reason = check.reason.clone().unwrap_or_else(unset);
                [check.outcome.to_owned(), check.key.to_owned(), reason]
            });
            text += &format!("\n{}", output::table(["outcome", "check", "reason"], rows));
        }
        text
    }
}
