//! Every kind of adapter against PEFT, on two of the tiny models.

use std::fs;
use std::path::{Path, PathBuf};

use dossier_model::{AdapterPool, Base, PoolSettings};

use crate::fixtures::{device, goldens};
use crate::tiny_models::{compare_adapters, load_adapter};

/// The adapters of one of the tiny models, which holds no goldens of them itself.
pub(crate) fn kinds_of(model: &str) -> PathBuf {
    goldens().join("adapter-kinds").join(model)
}

pub(crate) fn tiny_base(model: &str) -> Base {
    Base::load(&goldens().join("models").join(model), device()).expect("a base")
}

fn compare(model: &str, kinds: &[&str]) {
    let folder = kinds_of(model);
    let committed = fs::read_dir(folder.join("adapters")).expect("a folder").count();
    assert_eq!(kinds.len(), committed, "each golden is compared");
    compare_adapters(&tiny_base(model), &folder, kinds.iter().copied());
}

#[test]
fn kinds_on_a_tied_head_and_biases_everywhere() {
    compare(
        "tied",
        &[
            "bias-all",
            "bias-lora-only",
            "conv",
            "dora",
            "dora-bias",
            "larger-pages",
            "lora-bias",
            "lora-xs",
            "lora-xs-cut",
            "modules-to-save",
            "modules-to-save-bias-all",
            "vera",
            "vera-bias",
        ],
    );
}

#[test]
fn kinds_on_an_own_head_and_few_biases() {
    compare("patch-list", &["bias-all", "dora", "lora-xs", "vera"]);
}

fn bytes_of(path: &Path) -> usize {
    usize::try_from(fs::metadata(path).expect("a file").len()).expect("a size")
}

/// VeRA's projections and LoRA-XS's factors are in memory once, and go with their last user.
#[test]
fn adapters_share_what_is_equal() {
    let base = tiny_base("tied");
    let adapters = kinds_of("tied").join("adapters");
    for names in [["vera", "vera-bias"], ["lora-xs", "lora-xs-cut"]] {
        let pool = AdapterPool::new(&base, PoolSettings::default()).expect("a thread");
        assert_eq!(pool.shared_bytes(), 0);
        let first = pool.add(&adapters.join(names[0])).expect("an adapter");
        let shared = pool.shared_bytes();
        let second = pool.add(&adapters.join(names[1])).expect("an adapter");
        assert_eq!(pool.shared_bytes(), shared, "{names:?}");
        let expected = match names[0] {
            "vera" => (6 * 64 + 48 * 6) * 4,
            // All but the header.
            _ => {
                let file = adapters.join("lora-xs/lora_xs_factors.safetensors");
                let header = fs::read(&file).expect("a file");
                bytes_of(&file) - 8 - usize::from(u16::from_le_bytes([header[0], header[1]]))
            }
        };
        assert_eq!(shared, expected, "{names:?}");
        assert!(pool.remove(&first));
        assert_eq!(pool.shared_bytes(), shared, "the other still uses them");
        assert!(pool.remove(&second));
        assert_eq!(pool.shared_bytes(), 0, "{names:?}");
    }
}

/// A vector or a small matrix a layer is all that such an adapter takes itself.
#[test]
fn memory_is_what_the_adapter_brings() {
    let base = tiny_base("tied");
    let adapters = kinds_of("tied").join("adapters");
    let bytes = |name: &str| load_adapter(&base, &adapters.join(name)).bytes();
    // 4 x 4 for the patches, 4 layers' query and value, reduction, and two fc1.
    assert_eq!(bytes("lora-xs"), (1 + 4 * 2 + 1 + 2) * 16 * 4);
    // d and b: 4 query, a reduction, 4 q_proj, 2 fc1, 2 fc2.
    let vectors = 13 * 6 + (2 * 16 + 2 * 32) + 32 + 4 * 32 + 2 * 48 + 2 * 32;
    assert_eq!(bytes("vera"), vectors * 4);
    let conv = load_adapter(&base, &adapters.join("conv"));
    assert_eq!(conv.bytes(), conv.parameters() * 4);
}
