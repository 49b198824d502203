//! LoRA adapters as PEFT writes them, applied without merging.

mod config;
mod targets;

mod adapter;
pub use adapter::Adapter;
pub(crate) use adapter::LoraPair;

mod rows;
pub(crate) use rows::AdapterRows;
