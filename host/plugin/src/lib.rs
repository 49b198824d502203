//! Runs the rules of document types: WebAssembly components, each call in a fresh sandbox.
//!
//! [`PluginEngine::compile`] turns the bytes of a component into a [`Plugin`]; [`Plugin::before`]
//! chooses the fields to read and [`Plugin::after`] normalises and checks what was read. The
//! contract with the component is `wit/v1/rules.wit`. Whatever a component does, loop for ever,
//! trap, allocate without end or answer nonsense, ends in a [`PluginError`] with a stable code,
//! and the next call finds nothing of it. Texts that a component makes after it has seen a
//! document never reach an error: they may quote personal data.
// Not forbidden: `code_cache::native` has the one exception.
#![deny(unsafe_code)]

/// The WIT file of `dossier:rules@1.0.0`, for the tools that make components.
pub const WIT_V1: &str = include_str!("../../../wit/v1/rules.wit");

mod settings;
pub use settings::PluginSettings;

mod engine;
pub use engine::{PluginEngine, compile_apart};

mod code_cache;
pub use code_cache::{CodeCache, CodeCacheError, CodeCounts, CodeOrigin};

mod plugin;
pub use plugin::{Hook, Plugin};

mod call;
pub use call::Usage;

mod evidence;
pub use evidence::{Evidence, SeenPage};

mod report;
pub use report::{BeforeOutcome, Description, Report, ReportField};

mod values;
pub use values::readings_from_values;

mod error;
pub use error::{InvalidResult, PluginError, WorldMismatch};

mod outline;
pub use outline::Outline;

mod inspection;
pub use inspection::Inspection;

mod bindings;
mod epoch;
mod memory;
mod meter;
mod said;
mod sandbox;
mod validate;
mod world;
