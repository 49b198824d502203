//! `dossier extract`: one document here, or all of a folder into a file.

use dossier_document::{DocumentTypeId, FieldName};
use dossier_engine::identify::Reach;
use dossier_engine::pipeline::document_type;
use dossier_engine::{Conditions, ExtractRequest, ModelChoice, RequestId, TypeChoice, extract};

use super::hints::next_step;
use super::run::{UsageError, engine_of_folders};
use super::{CommandError, ExtractArgs, draw, install_quiet, output};
use crate::api::field_names;
use crate::config::reader_settings;

mod asked;
use asked::Asked;

mod documents;
pub use documents::Each;

mod folder;
pub use folder::FolderError;

mod journal;

mod record;

mod summary;

mod table;

/// Reads what the paths name.
///
/// # Errors
/// When nothing can be read, or some documents could not.
pub(super) async fn run(args: ExtractArgs) -> Result<(), CommandError> {
    let (data_root, named) = (args.reader.root.data_root(), args.document_type.clone());
    match read(args).await {
        Err(CommandError::Extract(error)) => {
            Err(match next_step(&error, &data_root, named.as_deref()) {
                Some(next) => CommandError::ExtractAnd { error: Box::new(error), next },
                None => CommandError::Extract(error),
            })
        }
        read => read,
    }
}

async fn read(args: ExtractArgs) -> Result<(), CommandError> {
    install_quiet(args.telemetry.clone())?;
    let asked = Asked::of(&args)?;
    if let Some(out) = &args.out {
        return folder::extract(&args, &asked, out).await;
    }
    if let Some(folder) = args.files.iter().find(|path| path.is_dir()) {
        return Err(CommandError::Usage(UsageError::Folder(folder.clone())));
    }
    one(args, &asked).await
}

async fn one(args: ExtractArgs, asked: &Asked) -> Result<(), CommandError> {
    let settings = reader_settings(args.reader)?;
    let mut pages = Vec::with_capacity(args.files.len());
    for path in args.files {
        match std::fs::read(&path) {
            Ok(bytes) => pages.push(bytes.into()),
            Err(source) => return Err(CommandError::Unreadable { path, source }),
        }
    }
    let engine = engine_of_folders(settings, asked.document_type.clone()).await?;
    let drawn = args.draw.map(|path| (path, pages.clone()));
    let request = asked.request(pages);
    let id = RequestId::new();
    let extraction = extract(&engine.reader, request, &id).await.map_err(CommandError::Extract)?;
    if let Some((path, pages)) = drawn {
        draw::draw(&pages, &extraction, &path)?;
    }
    output::extraction(&extraction, &id, args.json).map_err(CommandError::Output)
}
