//! Adapters as PEFT writes them (LoRA and its variants, VeRA) and LoRA-XS, applied without merging.

mod adapter;
pub use adapter::Adapter;
pub(crate) use adapter::AdapterHost;

mod rows;
pub(crate) use rows::AdapterRows;

mod delta;
pub(crate) use delta::{LayerDelta, Replaced};

mod shared;
pub(crate) use shared::SharedMatrices;

mod config;
mod files;
pub(crate) use files::AdapterFiles;
pub use files::check_adapter_config;

mod lora_xs;
mod low_rank;
mod method;
mod pattern;
mod saved;
mod targets;
mod vera;
