//! What can go wrong with a component, by class.

use std::time::Duration;

use dossier_document::{DocumentTypeId, FieldName, FieldText, InvalidCharacterSet};

use crate::Hook;

/// A component can't be used, or a call of it failed.
///
/// Every class has a stable [`code`](PluginError::code). Texts that a component made after it has
/// seen a document are in no variant's `Display` or `Debug`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PluginError {
    /// The engine can't start on this machine.
    #[error("the plugin engine doesn't start: {detail}")]
    EngineStart {
        /// What the engine or the operating system says.
        detail: String,
    },
    /// The bytes are larger than a component may be.
    #[error("{plugin}: {bytes} bytes are more than the {limit_bytes} a component may have")]
    ComponentTooLarge {
        /// The plugin's name.
        plugin: String,
        /// Size of the component in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit_bytes: usize,
    },
    /// The bytes are something else: a core module, precompiled code, or no WebAssembly at all.
    #[error("{plugin}: no WebAssembly component but {found}")]
    NotAComponent {
        /// The plugin's name.
        plugin: String,
        /// What was found instead.
        found: &'static str,
    },
    /// The component is made of more than a compiler can be trusted with.
    #[error("{plugin}: {count} {what} are more than the {limit} a component may have")]
    TooComplex {
        /// The plugin's name.
        plugin: String,
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        count: u64,
        /// How much there may be.
        limit: u64,
    },
    /// The bytes start as a component but don't validate, or need what the engine doesn't have.
    #[error("{plugin}: the component doesn't compile: {detail}")]
    CompileFailed {
        /// The plugin's name.
        plugin: String,
        /// What the compiler says of the component.
        detail: String,
    },
    /// The compilation took too long.
    #[error("{plugin}: the component isn't compiled after {limit:?}")]
    CompileTimeout {
        /// The plugin's name.
        plugin: String,
        /// The limit.
        limit: Duration,
    },
    /// The component doesn't fit the world `dossier:rules/rules`.
    #[error("{plugin}: the component doesn't fit the world dossier:rules/rules@1.0.0: {mismatch}")]
    WrongWorld {
        /// The plugin's name.
        plugin: String,
        /// The import or export that doesn't fit.
        mismatch: Box<WorldMismatch>,
    },
    /// The settings of a document type are too long, no JSON object, or the component takes none.
    #[error("{plugin}: settings of {document_type}: {reason}")]
    InvalidSettings {
        /// The plugin's name.
        plugin: String,
        /// The document type.
        document_type: DocumentTypeId,
        /// What is wrong with them.
        reason: &'static str,
    },
    /// The component refuses the settings of a document type.
    #[error("{plugin}: settings of {document_type} are refused: {message} ({code})")]
    SettingsRefused {
        /// The plugin's name.
        plugin: String,
        /// The document type.
        document_type: DocumentTypeId,
        /// The rules' own stable code.
        code: Box<str>,
        /// The rules' sentence. They have seen settings and no document.
        message: Box<str>,
    },
    /// The component has no rules for the document type.
    #[error("{plugin}: no rules for the document type {document_type}")]
    UnsupportedDocumentType {
        /// The plugin's name.
        plugin: String,
        /// The document type asked for.
        document_type: DocumentTypeId,
    },
    /// Every place is taken by calls that run, and none came free in time.
    #[error("{plugin}: no place for the call after {waited:?}")]
    PoolFull {
        /// The plugin's name.
        plugin: String,
        /// How long the call waited.
        waited: Duration,
    },
    /// The component crashed.
    #[error("{plugin}: trap in {hook}: {trap}{}", explained(said.as_deref()))]
    Trap {
        /// The plugin's name.
        plugin: String,
        /// The hook that was called.
        hook: Hook,
        /// The kind of trap, such as `unreachable` or `stack_overflow`.
        trap: &'static str,
        /// What it wrote to its standard error, where its author is to be told: what was thrown, and
        /// where. None for a client's document, which it may quote.
        said: Option<Box<str>>,
    },
    /// The component ran, or slept, for longer than it may.
    #[error("{plugin}: {hook} wasn't done after {limit:?}")]
    Timeout {
        /// The plugin's name.
        plugin: String,
        /// The hook that was called.
        hook: Hook,
        /// The limit that was reached: the run budget or the call timeout.
        limit: Duration,
    },
    /// The component asked for more memory than it may have and gave up.
    #[error("{plugin}: {hook} needs more than {limit_bytes} bytes of memory")]
    MemoryLimit {
        /// The plugin's name.
        plugin: String,
        /// The hook that was called.
        hook: Hook,
        /// The limit in bytes.
        limit_bytes: usize,
    },
    /// The component answered, but not as the WIT file says.
    #[error("{plugin}: invalid result of {hook}: {what}")]
    InvalidResult {
        /// The plugin's name.
        plugin: String,
        /// The hook that was called.
        hook: Hook,
        /// What is wrong with the answer.
        what: InvalidResult,
    },
    /// The rules refuse to judge what was read.
    #[error("{plugin}: refused in after: {code}")]
    Refused {
        /// The plugin's name.
        plugin: String,
        /// The rules' own stable code.
        code: String,
        /// The rules' sentence. They have seen the document, so it may quote it.
        message: FieldText,
    },
}

impl PluginError {
    /// The class as a stable code for clients and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::EngineStart { .. } => "plugin.engine_start",
            Self::ComponentTooLarge { .. } => "plugin.component_too_large",
            Self::NotAComponent { .. } => "plugin.not_a_component",
            Self::TooComplex { .. } => "plugin.too_complex",
            Self::CompileFailed { .. } => "plugin.compile_failed",
            Self::CompileTimeout { .. } => "plugin.compile_timeout",
            Self::WrongWorld { .. } => "plugin.wrong_world",
            Self::InvalidSettings { .. } => "plugin.invalid_settings",
            Self::SettingsRefused { .. } => "plugin.settings_refused",
            Self::UnsupportedDocumentType { .. } => "plugin.unsupported_document_type",
            Self::PoolFull { .. } => "plugin.pool_full",
            Self::Trap { .. } => "plugin.trap",
            Self::Timeout { .. } => "plugin.timeout",
            Self::MemoryLimit { .. } => "plugin.memory_limit",
            Self::InvalidResult { .. } => "plugin.invalid_result",
            Self::Refused { .. } => "plugin.refused",
        }
    }
}

/// The import or export of a component that doesn't fit the world, and where to look.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorldMismatch {
    /// The component needs what the host doesn't offer.
    #[error("it imports `{name}` ({wit}), and {offered}: {detail}")]
    Import {
        /// The import's name.
        name: String,
        /// The line of the component's own WIT.
        wit: String,
        /// What the host has of that package, with its version.
        offered: String,
        /// What the linker says.
        detail: String,
    },
    /// The component lacks what the host calls.
    #[error("it doesn't export `{name}` ({wit}); {exported}")]
    MissingExport {
        /// The export's name.
        name: String,
        /// The line of the host's WIT file.
        wit: String,
        /// What the component exports of the package instead.
        exported: String,
    },
    /// The component exports the name with another type.
    #[error("its export `{name}` has another type than {wit}: {detail}")]
    ExportType {
        /// The export's name.
        name: String,
        /// The line of the host's WIT file.
        wit: String,
        /// Where the types differ.
        detail: String,
    },
}

/// What is wrong with a component's answer. Positions count from 0.
///
/// Fields and checks that the component named itself appear by position: after it has seen the
/// document, even a name may quote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidResult {
    /// The answer is larger than one call may hand over.
    #[error("more than {limit_bytes} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit_bytes: usize,
    },
    /// Strings, lists or discriminants break the canonical ABI.
    #[error("it breaks the canonical ABI of the component model")]
    Malformed,
    /// A list has too many entries.
    #[error("{count} {what} are more than {limit}")]
    TooMany {
        /// What is listed.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A list that must not be empty is.
    #[error("no {what}")]
    Nothing {
        /// What is listed.
        what: &'static str,
    },
    /// A text doesn't have the form that the WIT file asks for.
    #[error("{what} {position} doesn't have the form that the WIT file asks for")]
    Form {
        /// What the text is.
        what: &'static str,
        /// Its position.
        position: usize,
    },
    /// A name or code that must be unique isn't.
    #[error("{what} {position} was named before")]
    Duplicate {
        /// What is named.
        what: &'static str,
        /// The position of the second one.
        position: usize,
    },
    /// The fields chosen aren't those requested, in their order.
    #[error("field {position} isn't the field requested there")]
    NotAsRequested {
        /// The first position where they differ.
        position: usize,
    },
    /// A field stands on a page that the document doesn't have.
    #[error("field `{field}` stands on page {page} of {page_count}, counted from 0")]
    PageOutOfRange {
        /// The field.
        field: FieldName,
        /// The page, counted from 0.
        page: u32,
        /// The number of pages.
        page_count: usize,
    },
    /// The characters of a field are no character set.
    #[error("field `{field}`: {reason}")]
    Characters {
        /// The field.
        field: FieldName,
        /// What is wrong with the set.
        reason: InvalidCharacterSet,
    },
    /// The longest value of a field is out of bounds.
    #[error("field `{field}`: a longest value of {max_length} characters is not in 1 to {limit}")]
    MaxLength {
        /// The field.
        field: FieldName,
        /// The longest value asked for in characters.
        max_length: u32,
        /// The longest value there can be in characters.
        limit: u32,
    },
    /// The shape of a field is empty or isn't as long as its longest value.
    #[error("field `{field}`: a shape of {lines} x {characters_per_line} doesn't fit")]
    Shape {
        /// The field.
        field: FieldName,
        /// Lines of the shape.
        lines: u32,
        /// Characters in every line.
        characters_per_line: u32,
    },
    /// A field of the report is no reading and wasn't taken from one.
    #[error("field {position} of the report is unknown: no reading, and taken from none")]
    UnknownField {
        /// Its position.
        position: usize,
    },
    /// A reading isn't in the report.
    #[error("the reading `{field}` isn't in the report")]
    DroppedReading {
        /// The reading's field.
        field: FieldName,
    },
}

fn explained(said: Option<&str>) -> String {
    said.map(|said| format!(" ({said})")).unwrap_or_default()
}
