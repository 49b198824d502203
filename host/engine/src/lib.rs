//! Reads and checks documents, and lets packages come and go while it does.
//!
//! [`Engine::start`] makes packages ready and serves them; [`extract`] takes one document from files
//! to checked fields; a [`Reload`] publishes packages and changes what serves. The modules stand in
//! the order a document travels, then those that change what reads it. `ARCHITECTURE.md` beside the
//! host tells the flow, and which module may use which.
#![forbid(unsafe_code)]

pub mod settings;

pub mod admission;

pub mod statistics;

mod request_id;
pub use request_id::RequestId;

pub mod pipeline;
pub use pipeline::{Conditions, ExtractRequest, Extraction, ModelChoice, TypeChoice, extract};

pub mod identify;

mod page_decoder;
mod page_finder;
pub use page_finder::LONGEST_SIDE;

mod page_quality;

pub mod snapshot;

mod reader;
pub use reader::Reader;

mod error;
pub use error::{EngineError, SharingError};

pub mod folders;

mod ready;
pub use ready::{Ready, ReadyAdapter, ReadyRules};

mod adapters;
pub use adapters::{AdapterLoader, LoadedAdapter};

mod model;
pub use model::{LoadedModel, ZoneAdapter, load_model};

mod zone_reader;

pub mod rules;

pub mod fixture;

mod probe;
pub use probe::{CompileProbe, CompileRefusal, ProbeError, compile_under_limits};

pub mod reload;
pub use reload::Reload;

mod start;
pub use start::{
    Engine, Rebuilt, StoreLifetime, begin_backup, code_of_user, has_catalogue, rebuild_catalogue,
    restore_backup,
};

mod watch;
pub use watch::Watch;

#[cfg(test)]
mod testing;
