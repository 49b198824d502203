//! The model against what transformers and PEFT computed, and against itself.
//!
//! `tests/goldens/make_goldens.py` writes the golden files.

mod adapter_kinds;
mod adapter_mixes;
mod adapter_refusals;
mod donut_shape;
mod fixtures;
mod precisions;
mod processor;
mod properties;
mod refusals;
mod shipped;
mod tiny_models;
