//! What is asked of each document.

use axum::body::Bytes;
use dossier_engine::EngineError;
use dossier_engine::snapshot::Snapshot;
use serde::{Deserialize, Serialize};

use super::{
    CommandError, Conditions, DocumentTypeId, ExtractArgs, ExtractRequest, FieldName, ModelChoice,
    Reach, TypeChoice, UsageError, document_type, field_names,
};

/// What is asked of each document.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The type, where it is named.
    pub document_type: Option<DocumentTypeId>,
    fields: Option<Vec<FieldName>>,
    model: ModelChoice,
}

/// The same, as a line of results has it: a line that was asked for something else is no result.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedBody {
    document_type: Option<String>,
    fields: Option<Vec<String>>,
    base_only: bool,
}

impl Asked {
    /// What the arguments ask.
    ///
    /// # Errors
    /// When a text is no list of fields, or no document type.
    pub(super) fn of(args: &ExtractArgs) -> Result<Self, CommandError> {
        let fields = args.fields.as_deref().map(field_names).transpose();
        let fields = fields.map_err(|error| CommandError::Usage(UsageError::Fields(error)))?;
        let document_type = args.document_type.as_deref().map(document_type).transpose();
        Ok(Self {
            document_type: document_type.map_err(CommandError::Extract)?,
            fields,
            model: if args.base_only { ModelChoice::BaseOnly } else { ModelChoice::Adapter },
        })
    }

    /// It, asked of these files.
    pub(super) fn request(&self, pages: Vec<Bytes>) -> ExtractRequest {
        let named = self.document_type.clone();
        ExtractRequest {
            document_type: named
                .map_or_else(|| TypeChoice::Identified(Reach::default()), TypeChoice::Named),
            pages,
            fields: self.fields.clone(),
            model: self.model,
            conditions: Conditions::default(),
            permit: None,
        }
    }

    /// Refuses fields that the named type does not have before each document would be refused for them.
    ///
    /// # Errors
    /// When there is such a field.
    pub(super) fn refuse_unknown_fields(&self, snapshot: &Snapshot) -> Result<(), EngineError> {
        let Some(document_type) = &self.document_type else { return Ok(()) };
        let served = snapshot.document_types.get(document_type);
        let known = served.map(|served| &served.fields[..]).unwrap_or_default();
        let unknown = self.fields.iter().flatten().find(|field| !known.contains(field));
        unknown.map_or(Ok(()), |field| Err(EngineError::UnknownField(field.clone())))
    }

    /// As a line of results has it.
    pub(super) fn body(&self) -> AskedBody {
        AskedBody {
            document_type: self.document_type.as_ref().map(ToString::to_string),
            fields: self
                .fields
                .as_ref()
                .map(|fields| fields.iter().map(ToString::to_string).collect()),
            base_only: self.model == ModelChoice::BaseOnly,
        }
    }
}
