//! `dossier package settings`: what the rules of a document type are set to.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use dossier_store::MAX_SETTINGS_BYTES;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::AdminArgs;
use super::client::{AdminError, Client, Done, text};

/// Flags of `dossier package settings`.
#[derive(Args, Debug)]
pub struct SettingsArgs {
    /// The document type.
    #[arg(value_name = "DOCUMENT_TYPE")]
    pub name: String,
    /// JSON file of the settings to set [default: show those in force].
    #[arg(value_name = "FILE", conflicts_with = "reset")]
    pub file: Option<PathBuf>,
    /// Leave the settings to the document type's package again.
    #[arg(long)]
    pub reset: bool,
    /// Refuse if the document type was changed after this generation [default: the one that serves].
    #[arg(long, value_name = "N")]
    pub generation: Option<u64>,
    /// The admin API.
    #[command(flatten)]
    pub admin: AdminArgs,
}

pub(super) async fn settings(args: SettingsArgs) -> Done {
    let path = format!("/v1/document-types/{}/settings", args.name.replace('/', "%2F"));
    let settings = match &args.file {
        Some(file) => Some(Value::Object(read(file)?)),
        None => args.reset.then_some(Value::Null),
    };
    let client = Client::new(args.admin)?;
    let in_force = match (settings, args.generation) {
        (None, _) => client.send(Method::GET, &path, None).await?,
        (Some(settings), generation) => {
            let generation = match generation {
                Some(generation) => json!(generation),
                None => client.send(Method::GET, &path, None).await?["generation"].clone(),
            };
            let body = json!({"generation": generation, "settings": settings});
            client.send(Method::PUT, &path, Some(body.to_string().into_bytes())).await?
        }
    };
    client.print(&in_force, |in_force| {
        let settings = &in_force["settings"];
        let of = match settings {
            Value::Null => "the defaults of the rules".to_owned(),
            _ => format!(
                "{} of the {}: {}",
                text(&settings["digest"]),
                text(&settings["origin"]),
                settings["values"]
            ),
        };
        format!(
            "{}: generation {}, {of}\n",
            text(&in_force["document_type"]),
            in_force["generation"]
        )
    })
}

/// Longer files are refused by the host, so no more of one is read.
fn read(path: &Path) -> Result<Map<String, Value>, AdminError> {
    let unreadable = |source| AdminError::File { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut text = Vec::new();
    let limit = u64::try_from(2 * MAX_SETTINGS_BYTES).unwrap_or(u64::MAX);
    file.take(limit + 1).read_to_end(&mut text).map_err(unreadable)?;
    if text.len() > 2 * MAX_SETTINGS_BYTES {
        return Err(AdminError::SettingsFile {
            path: path.to_owned(),
            reason: format!("settings have {MAX_SETTINGS_BYTES} bytes at most"),
        });
    }
    serde_json::from_slice(&text).map_err(|error| AdminError::SettingsFile {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}
