//! The base model and its adapters, on candle.
//!
//! One [`Base`] is a Hugging Face folder of a `VisionEncoderDecoderModel`: a DonutSwin encoder and
//! an mBART decoder, on the CPU computed in f32 exactly as transformers 5.23 does, whatever its weights are kept
//! in ([`ModelSettings`]). Adapters in PEFT's format
//! (LoRA, DoRA, VeRA, trained biases and modules) and LoRA-XS are applied without merging, so a batch
//! may mix documents of different adapters and kinds. `adapters/README.md` lists what is accepted.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::path::Path;
//!
//! use dossier_inference::{InferenceSettings, InferenceThread};
//! use dossier_model::{AdapterPool, Base, DeviceKind, ModelBackend, PoolSettings};
//!
//! let base = Base::load(Path::new("adapters/base/dossier-small"), DeviceKind::Cpu)?;
//! let adapters = AdapterPool::new(&base, PoolSettings::default())?;
//! let passport = adapters.add(Path::new("adapters/utopia/passport/2024"))?;
//! let backend = ModelBackend::new(base.clone(), adapters.clone())?;
//! let inference = InferenceThread::start(backend, InferenceSettings::default())?;
//! // inference.handle().read(ReadRequest { pages, fields, adapter: Some(passport), embed: false, embed: false }).await
//!
//! adapters.remove(&passport); // at any time; documents that wait for it are read
//! # Ok(())
//! # }
//! ```
//!
//! Each requested field is a decoder row of its own, `[start] [field]`, then the value's
//! characters, then the end (decision record 0001). All rows of a batch are decoded together; rows
//! of one page share its cross-attention keys and values.
//!
//! [`debug`] runs a model as transformers would, without fields and constraints.
#![deny(unsafe_code)]

mod error;
pub use error::ModelError;

mod device;
pub use device::{DeviceKind, InvalidDevice};

mod precision;
pub use precision::{AdapterPrecision, InvalidPrecision, ModelSettings, WeightPrecision};

mod base;
pub use base::Base;

mod pool;
pub use pool::{AdapterPlace, AdapterPool, LoadTimes, LoadedFrom, PoolSettings, PoolStatistics};

pub mod books {
    //! What a pool decides by: which adapters are in memory, and who goes when room is needed. Without a model, so
    //! that capacity can be planned with the code that serves.

    pub use crate::pool::host_tier::HostTier;
    pub use crate::pool::ledger::{Acquired, Counters, Ledger};
}

mod backend;
pub use backend::ModelBackend;

pub mod debug;

mod type_embedding;
pub use type_embedding::TypeLikeness;

mod processor;
pub use processor::ImageProcessor;

mod locate;
mod quality;
pub use locate::{FlatPage, Located, Locator, Projection, fills, rectify, strip};
pub use quality::{Quality, WhitePatch, quality};

mod lora;
pub use lora::{Adapter, check_adapter_config};

mod activation;
mod config;
mod constraint;
mod decode;
mod digest;
mod json;
mod kernels;
mod linear;
mod model;
mod page_form;
mod place;
mod vocabulary;
mod weights;
