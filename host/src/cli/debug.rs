//! `dossier debug`: what a model answers to given tokens.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use dossier_document::PageImage;
use dossier_engine::{EngineError, compile_under_limits};
use dossier_image_decode::{DecodeLimits, decode_page};
use dossier_model::{Adapter, Base, ModelError, debug};
use serde::Serialize;

use super::{
    CommandError, DebugCompileArgs, DebugForwardArgs, DebugGenerateArgs, DebugModelArgs, output,
};

/// The answer of `dossier debug forward`.
#[derive(Serialize)]
struct ForwardBody {
    /// One row a token, one number an entry of the vocabulary: the logits of the step that reads it.
    logits: Vec<Vec<f32>>,
}

/// The answer of `dossier debug generate`.
#[derive(Serialize)]
struct GenerateBody {
    /// The tokens appended to the prompt, the end included if it was reached.
    tokens: Vec<u32>,
}

/// What a command looks at.
struct Subject {
    base: Base,
    adapter: Option<Arc<Adapter>>,
    image: PageImage,
}

/// `dossier debug forward`.
pub(super) fn forward(args: &DebugForwardArgs) -> Result<(), CommandError> {
    let Subject { base, adapter, image } = load(&args.model)?;
    let logits = debug::forward(&base, adapter.as_ref(), &image, &args.tokens)?;
    if args.model.json {
        return output::json(&ForwardBody { logits }).map_err(CommandError::Output);
    }
    let mut text = String::new();
    for row in logits {
        for (index, logit) in row.iter().enumerate() {
            // Writing to a String can't fail.
            let _ = write!(text, "{}{logit}", if index == 0 { "" } else { " " });
        }
        text.push('\n');
    }
    output::print(&text).map_err(CommandError::Output)
}

/// `dossier debug generate`.
pub(super) fn generate(args: &DebugGenerateArgs) -> Result<(), CommandError> {
    let Subject { base, adapter, image } = load(&args.model)?;
    let (prompt, limit) = (&args.prompt_tokens, args.max_new_tokens);
    let tokens = debug::generate(&base, adapter.as_ref(), &image, prompt, limit)?;
    if args.model.json {
        return output::json(&GenerateBody { tokens }).map_err(CommandError::Output);
    }
    let text = tokens.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    output::print(&(text + "\n")).map_err(CommandError::Output)
}

fn load(args: &DebugModelArgs) -> Result<Subject, CommandError> {
    let base = Base::load_as(&args.base, args.model.settings())?;
    let adapter = args
        .adapter
        .as_deref()
        .map(|folder| Ok::<_, ModelError>(Arc::new(base.load_adapter(folder)?.1)))
        .transpose()?;
    let image = read_image(&args.image)?;
    Ok(Subject { base, adapter, image })
}

/// A page from a file.
///
/// # Errors
/// When it can't be read, or is no page.
pub fn read_image(path: &Path) -> Result<PageImage, CommandError> {
    let bytes = std::fs::read(path)
        .map_err(|source| CommandError::Unreadable { path: path.to_owned(), source })?;
    decode_page(&bytes, &DecodeLimits::default())
        .map_err(|source| EngineError::Page { page: 0, source }.into())
}

/// `dossier debug compile`.
pub(super) fn compile(args: &DebugCompileArgs) -> Result<(), CommandError> {
    let compiled = compile_under_limits(&args.file, args.memory_bytes, args.cpu_seconds);
    compiled.map_err(|source| CommandError::Unreadable { path: args.file.clone(), source })??;
    Ok(())
}
