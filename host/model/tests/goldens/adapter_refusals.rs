//! Adapters that are refused, by file and by key or tensor.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use dossier_model::{Base, DeviceKind, ModelError};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::adapter_kinds::{kinds_of, tiny_base};
use crate::fixtures::{Tensors, goldens, read_json};
use crate::properties::copy;
use crate::refusals::assert_names;

const CONFIG: &str = "adapter_config.json";
const TENSORS: &str = "adapter_model.safetensors";
const FACTORS: &str = "lora_xs_factors.safetensors";

/// A copy of an adapter on `tied`.
struct Copy {
    base: Base,
    folder: TempDir,
}

impl Copy {
    fn of(adapter: &str) -> Self {
        let kind = kinds_of("tied").join("adapters").join(adapter);
        let plain = goldens().join("models/tied/adapters").join(adapter);
        let folder = tempfile::tempdir().expect("a folder");
        copy(if kind.exists() { &kind } else { &plain }, folder.path());
        let copy = Self { base: tiny_base("tied"), folder };
        copy.base.load_adapter(copy.folder.path()).expect("a good adapter");
        copy
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn configure(self, key: &str, value: Value) -> Self {
        let mut config = read_json::<Value>(&self.path(CONFIG));
        config[key] = value;
        fs::write(self.path(CONFIG), config.to_string()).expect("a file");
        self
    }

    /// Writes every tensor as `change` leaves its name, shape and values.
    fn rewrite(
        self,
        file: &str,
        change: impl Fn(&mut String, &mut Vec<usize>, &mut Vec<f32>),
    ) -> Self {
        rewrite(&self.path(file), change);
        self
    }

    fn refusal(&self) -> ModelError {
        self.base.load_adapter(self.folder.path()).expect_err("it must be refused")
    }

    fn assert_names(&self, file: &str, what: &str) {
        assert_names(&self.refusal().to_string(), file, what);
    }
}

fn rewrite(path: &Path, change: impl Fn(&mut String, &mut Vec<usize>, &mut Vec<f32>)) {
    let tensors = Tensors::read(path);
    let changed = tensors.names().map(|name| {
        let (mut name, (mut shape, mut values)) = (name.clone(), tensors.get(name).clone());
        change(&mut name, &mut shape, &mut values);
        (name, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())
    });
    let changed = changed.collect::<Vec<_>>();
    let views = changed.iter().map(|(name, shape, bytes)| {
        (name, TensorView::new(Dtype::F32, shape.clone(), bytes).expect("a tensor"))
    });
    safetensors::serialize_to_file(views, None, path).expect("a file");
}

#[test]
fn keys_of_lora_that_are_not_understood() {
    let cases = [
        ("peft_type", json!("LOHA")),
        ("peft_type", json!(4)),
        ("target_parameters", json!(["weight"])),
        ("trainable_token_indices", json!([1, 2])),
        ("trainable_token_indices", json!({"embed_tokens": [1]})),
        ("layer_replication", json!([[0, 1]])),
        ("use_qalora", json!(true)),
        ("use_bdlora", json!({"a": 1})),
        ("fan_in_fan_out", json!(true)),
        ("init_lora_weights", json!("pissa")),
        ("init_lora_weights", json!("olora")),
        ("init_lora_weights", json!("corda")),
        ("init_lora_weights", json!("lora_ga")),
        ("init_lora_weights", json!("pissa_niter_4")),
        ("loftq_config", json!({"loftq_bits": 4})),
        ("eva_config", json!({"rho": 2, "of_another_version": 1})),
        ("eva_config", json!(true)),
        ("target_modules", json!("a{300}")),
        ("rank_pattern", json!({"(a{30}){30}": 4})),
        ("modules_to_save", json!([r"\w".repeat(400)])),
        ("corda_config", json!({})),
        ("alora_invocation_tokens", json!([1])),
        ("arrow_config", json!({"top_k": 1})),
        ("kasa_config", json!({})),
        ("megatron_config", json!({})),
        ("velora_config", json!({})),
        ("monteclora_config", json!({})),
        ("lora_ga_config", json!({})),
        ("ensure_weight_tying", json!(true)),
        ("future_variant", json!(true)),
        ("r", json!(0)),
        ("lora_alpha", json!("much")),
        ("rank_pattern", json!({"q_proj": 0.5})),
        ("rank_pattern", json!({"(": 4})),
        ("bias", json!("vera_only")),
        ("bias", json!(true)),
        ("use_dora", json!("yes")),
        ("modules_to_save", json!("lm_head")),
        ("modules_to_save", json!([""])),
        // An embedding is no layer that an adapter can replace.
        ("modules_to_save", json!(["embed_tokens"])),
        ("modules_to_save", json!(["lm_heads"])),
        // PEFT would wrap the targets once more.
        ("modules_to_save", json!(["proj"])),
        ("exclude_modules", json!(".*")),
    ];
    for (key, value) in cases {
        let named = if key == "exclude_modules" { "target_modules" } else { key };
        Copy::of("list").configure(key, value).assert_names(CONFIG, named);
    }
    Copy::of("list")
        .configure("layers_pattern", json!("layers"))
        .assert_names(CONFIG, "layers_to_transform");
    Copy::of("dora").configure("lora_bias", json!(true)).assert_names(CONFIG, "lora_bias");
}

/// They say how training began; what was trained stands in the tensors, the ranks and the patterns.
#[test]
fn beginnings_that_change_no_weight_of_the_base_are_read_as_lora() {
    let plain = Copy::of("list");
    let (_, adapter) = plain.base.load_adapter(plain.folder.path()).expect("an adapter");
    let eva_config = json!({
        "rho": 2.0, "tau": 0.99, "use_label_mask": true, "label_mask_value": -100,
        "whiten": false, "adjust_scaling_factors": true,
    });
    for beginning in ["eva", "orthogonal", "mica", "gaussian"] {
        let copy = Copy::of("list").configure("init_lora_weights", json!(beginning));
        let copy = copy.configure("eva_config", eva_config.clone());
        let (_, same) = copy.base.load_adapter(copy.folder.path()).expect("an adapter");
        assert_eq!(same.parameters(), adapter.parameters(), "{beginning}");
    }
    // The ranks that EVA finds are held against the tensors.
    let ranks = json!({ "q_proj": 5 });
    Copy::of("list").configure("rank_pattern", ranks).assert_names(TENSORS, "q_proj.lora_A");
}

#[test]
fn files_that_git_lfs_has_not_fetched_are_named() {
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 440648\n",
        "a".repeat(64)
    );
    for (adapter, file) in [("list", CONFIG), ("list", TENSORS), ("lora-xs", FACTORS)] {
        let copy = Copy::of(adapter);
        fs::write(copy.path(file), &pointer).expect("a file");
        let error = copy.refusal();
        assert!(matches!(error, ModelError::GitLfsPointer { .. }), "{error:?}");
        assert_names(&error.to_string(), file, "git-lfs pointer");
    }
    for file in ["config.json", "model.safetensors", "tokenizer.json", "preprocessor_config.json"] {
        let folder = tempfile::tempdir().expect("a folder");
        copy(&goldens().join("models/tied"), folder.path());
        fs::write(folder.path().join(file), &pointer).expect("a file");
        let error = Base::load(folder.path(), DeviceKind::Cpu).expect_err("a pointer");
        assert!(matches!(error, ModelError::GitLfsPointer { .. }), "{error:?}");
        assert_names(&error.to_string(), file, "git-lfs pointer");
    }
}

#[test]
fn keys_of_vera_and_lora_xs_that_are_not_understood() {
    for (key, value) in [
        ("save_projection", json!(false)),
        ("exclude_modules", json!(["fc1"])),
        ("lora_alpha", json!(4)),
        ("use_dora", json!(true)),
        ("bias", json!("lora_only")),
        ("fan_in_fan_out", json!(true)),
    ] {
        Copy::of("vera").configure(key, value).assert_names(CONFIG, key);
    }
    let with_convolution = json!(["projection", "query", "reduction", "q_proj", "fc1", "fc2"]);
    Copy::of("vera")
        .configure("target_modules", with_convolution)
        .assert_names(CONFIG, "patch_embeddings.projection");
    for (key, value) in [
        ("factors", Value::Null),
        ("factors", json!("sha256:12")),
        ("factors", json!(format!("sha256:{}", "0".repeat(64)))),
        ("use_dora", json!(true)),
        ("lora_bias", json!(true)),
        ("init_lora_weights", json!(true)),
        // The factors of fc1 have 4.
        ("r", json!(5)),
    ] {
        Copy::of("lora-xs").configure(key, value).assert_names(CONFIG, key);
    }
}

#[test]
fn targets_that_do_not_fit_the_base() {
    let list = || Copy::of("list");
    for targets in [json!(["q_proj", "wqkv"]), json!(".*\\.wqkv")] {
        list().configure("target_modules", targets).assert_names(CONFIG, "wqkv");
    }
    // An embedding and a LayerNorm are modules, but no matrices.
    for name in ["embed_tokens", "layer_norm"] {
        list().configure("target_modules", json!(["q_proj", name])).assert_names(CONFIG, name);
    }
    let fewer = list().configure("target_modules", json!(["q_proj"]));
    fewer.assert_names(TENSORS, "has no place");
    list().configure("exclude_modules", json!(["fc1"])).assert_names(TENSORS, "fc1.lora_A.weight");
    let with = |name: &str| {
        let more = json!(["fc1", "output.dense", "q_proj", "query", "reduction", "v_proj", name]);
        list().configure("target_modules", more)
    };
    with("fc2").assert_names(TENSORS, "fc2.lora_A.weight` is missing");
    with("projection").assert_names(TENSORS, "projection.lora_A.weight` is missing");
    list().configure("r", json!(5)).assert_names(TENSORS, "[4, ");
}

/// What a kind's own keys promise must be in the file, and nothing else.
#[test]
fn tensors_that_the_configuration_does_not_promise() {
    let cases = [
        ("dora", "use_dora", json!(false), "lora_magnitude_vector"),
        ("list", "use_dora", json!(true), "lora_magnitude_vector"),
        ("lora-bias", "lora_bias", json!(false), "lora_B.bias"),
        ("list", "lora_bias", json!(true), "lora_B.bias"),
        ("bias-all", "bias", json!("none"), "bias"),
        ("bias-all", "bias", json!("lora_only"), "bias"),
        ("list", "bias", json!("all"), "bias"),
        // As PEFT saved it before it saved the biases themselves.
        ("list", "bias", json!("lora_only"), "base_layer.bias"),
        ("modules-to-save", "modules_to_save", Value::Null, "decoder.lm_head.weight"),
        ("list", "modules_to_save", json!(["lm_head"]), "decoder.lm_head.weight"),
        // A folder of modules that holds more than an adapter can replace.
        ("modules-to-save", "modules_to_save", json!(["decoder"]), "weight"),
        ("vera", "r", json!(7), "base_model.vera_A"),
        ("lora-xs", "r", json!(3), "lora_xs_R.weight"),
    ];
    for (adapter, key, value, tensor) in cases {
        Copy::of(adapter).configure(key, value).assert_names(TENSORS, tensor);
    }
}

#[test]
fn values_that_are_no_numbers() {
    for bad in [f32::NAN, f32::INFINITY] {
        for (adapter, tensor) in [
            ("list", "lora_A.weight"),
            ("list", "lora_B.weight"),
            ("lora-bias", "lora_B.bias"),
            ("dora", "lora_magnitude_vector"),
            ("bias-all", "layer_norm.bias"),
            ("bias-all", "fc1.base_layer.bias"),
            ("modules-to-save", "lm_head.weight"),
            ("vera", "vera_lambda_d"),
            ("vera", "vera_lambda_b"),
            ("vera", "vera_A"),
            ("vera", "vera_B"),
            ("lora-xs", "lora_xs_R.weight"),
        ] {
            let copy = Copy::of(adapter).rewrite(TENSORS, |name, _, values| {
                if name.ends_with(tensor) {
                    *values.last_mut().expect("a value") = bad;
                }
            });
            let error = copy.refusal();
            assert!(matches!(error, ModelError::TensorContents { .. }), "{error}");
            assert_names(&error.to_string(), TENSORS, tensor);
        }
    }
    // Numbers that are none once they are scaled.
    Copy::of("list").configure("lora_alpha", json!(1e300)).assert_names(TENSORS, "lora_B");
}

#[test]
fn other_shapes_and_names() {
    for (adapter, tensor) in [
        ("conv", "projection.lora_A.weight"),
        ("conv", "projection.lora_B.weight"),
        ("dora", "projection.lora_magnitude_vector"),
        ("modules-to-save", "projection.weight"),
        ("modules-to-save", "embeddings.norm.weight"),
        ("vera", "vera_A"),
        ("vera", "vera_B"),
        ("vera", "fc1.vera_lambda_b"),
        ("lora-xs", "fc1.lora_xs_R.weight"),
    ] {
        let flat = Copy::of(adapter).rewrite(TENSORS, |name, shape, values| {
            if name.ends_with(tensor) {
                *shape = vec![values.len(), 1];
            }
        });
        let error = flat.refusal();
        assert!(matches!(error, ModelError::TensorShape { .. }), "{error}");
        assert_names(&error.to_string(), TENSORS, tensor);
        Copy::of(adapter)
            .rewrite(TENSORS, |name, _, _| {
                if name.ends_with(tensor) {
                    name.push('2');
                }
            })
            .assert_names(TENSORS, &format!("{tensor}` is missing"));
    }
}

#[test]
fn files_that_are_broken_or_half_copied() {
    for (adapter, files) in
        [("list", &[CONFIG, TENSORS][..]), ("lora-xs", &[CONFIG, TENSORS, FACTORS])]
    {
        for file in files {
            let copy = Copy::of(adapter);
            let whole = fs::read(copy.path(file)).expect("a file");
            fs::remove_file(copy.path(file)).expect("a file");
            assert!(matches!(copy.refusal(), ModelError::Io { .. }), "{file} is missing");
            copy.assert_names(file, "No such file");
            for length in [0, 5, whole.len() / 2, whole.len() - 2] {
                fs::write(copy.path(file), &whole[..length]).expect("a file");
                // The factors' digest is looked at first.
                let named = if *file == FACTORS { CONFIG } else { file };
                assert_names(&copy.refusal().to_string(), named, "");
            }
            fs::write(copy.path(file), &whole).expect("a file");
            copy.base.load_adapter(copy.folder.path()).expect("it is whole again");
            fs::remove_file(copy.path(file)).expect("a file");
            fs::create_dir(copy.path(file)).expect("a folder");
            assert!(matches!(copy.refusal(), ModelError::Io { .. }), "{file} is a folder");
        }
    }
}

#[test]
fn files_that_are_too_large() {
    for (adapter, file, limit_bytes) in
        [("list", CONFIG, 1 << 20), ("list", TENSORS, 256 << 20), ("lora-xs", FACTORS, 256 << 20)]
    {
        let copy = Copy::of(adapter);
        // A hole: it takes no room, and must not be read.
        let sparse = File::create(copy.path(file)).expect("a file");
        sparse.set_len(limit_bytes + 1).expect("a hole");
        let error = copy.refusal();
        assert!(
            matches!(error, ModelError::FileTooLarge { limit_bytes: found, .. } if found == limit_bytes),
            "{error}"
        );
        assert_names(&error.to_string(), file, "bytes");
    }
}

#[test]
fn pickles() {
    let copy = Copy::of("list");
    fs::write(copy.path("adapter_model.bin"), b"\x80\x02").expect("a file");
    copy.assert_names("adapter_model.bin", "pickled");
    for head in [&b"PK\x03\x04"[..], b"\x80\x02}q\x00."] {
        let copy = Copy::of("list");
        fs::write(copy.path(TENSORS), [head, &[0; 64]].concat()).expect("a file");
        assert!(matches!(copy.refusal(), ModelError::PickledAdapter { .. }), "{head:?}");
        copy.assert_names(TENSORS, "pickled");
    }
}

#[test]
fn adapters_of_another_base() {
    let copy = Copy::of("list");
    let right = copy.base.digest().to_string();
    let copy = copy.configure("revision", json!(right));
    copy.base.load_adapter(copy.folder.path()).expect("its own base");
    let copy = copy.configure("revision", json!(format!("sha256:{}", "ab".repeat(32))));
    let error = copy.refusal();
    assert!(matches!(error, ModelError::WrongDigest { key: "revision", .. }), "{error}");
    assert_names(&error.to_string(), CONFIG, &right);
    copy.configure("revision", json!("sha256:ab")).assert_names(CONFIG, "revision");
    let named = Copy::of("list").configure("revision", json!("main"));
    named.base.load_adapter(named.folder.path()).expect("a name says nothing");

    // By shape, where nothing else tells.
    let error = tiny_base("padding").load_adapter(Copy::of("conv").folder.path());
    assert_names(&error.expect_err("it must be refused").to_string(), TENSORS, "query");
}

/// PEFT would put this copy of the head in the place of the base's.
#[test]
fn a_copy_of_another_head() {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&kinds_of("patch-list").join("adapters/dora"), folder.path());
    let head = "decoder.lm_head.base_layer.weight";
    rewrite(&folder.path().join(TENSORS), |name, _, values| {
        if name.ends_with(head) {
            values[0] += 0.001;
        }
    });
    let error = tiny_base("patch-list").load_adapter(folder.path());
    assert_names(&error.expect_err("it must be refused").to_string(), TENSORS, head);
}

/// Factors of another base have the right shapes, but are not those of the weights.
#[test]
fn factors_of_another_base() {
    let copy = Copy::of("lora-xs").rewrite(FACTORS, |name, _, values| {
        if name.ends_with("reduction.lora_xs_B") {
            values.reverse();
        }
    });
    let digest = copy.refusal();
    let ModelError::WrongDigest { key: "factors", found, .. } = digest else {
        panic!("{digest}");
    };
    let copy = copy.configure("factors", json!(found.to_string()));
    copy.assert_names(FACTORS, "reduction.lora_xs_B");
}
