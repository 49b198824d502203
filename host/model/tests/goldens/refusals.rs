//! What does not fit is refused by name; nothing is ignored in silence.

use std::fs;
use std::path::Path;

use dossier_model::{Base, ModelError, debug};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixtures::{device, page, read_json};
use crate::properties::readable_base;

/// The text of the error that loading gives after `change`.
fn refusal(file: &str, change: impl FnOnce(&mut Value)) -> String {
    let folder = readable_base("tied");
    edit(&folder, file, change);
    Base::load(folder.path(), device()).expect_err("it must be refused").to_string()
}

pub(crate) fn edit(folder: &TempDir, file: &str, change: impl FnOnce(&mut Value)) {
    let path = folder.path().join(file);
    let mut value = read_json::<Value>(&path);
    change(&mut value);
    fs::write(path, value.to_string()).expect("a file");
}

pub(crate) fn assert_names(text: &str, file: &str, what: &str) {
    assert!(text.contains(file) && text.contains(what), "`{text}` names neither {file} nor {what}");
}

#[test]
fn configurations_that_are_not_understood() {
    type Change = fn(&mut Value);
    let cases: [(&str, &str, Change); 22] = [
        ("config.json", "model_type", |c| c["model_type"] = json!("t5")),
        ("config.json", "encoder.model_type", |c| c["encoder"]["model_type"] = json!("vit")),
        ("config.json", "decoder.model_type", |c| c["decoder"]["model_type"] = json!("bert")),
        ("config.json", "encoder.hidden_act", |c| c["encoder"]["hidden_act"] = json!("swiglu2")),
        ("config.json", "decoder.activation_function", |c| {
            c["decoder"]["activation_function"] = json!("mystery")
        }),
        ("config.json", "encoder.use_absolute_embeddings", |c| {
            c["encoder"]["use_absolute_embeddings"] = json!(true)
        }),
        ("config.json", "encoder.rotary", |c| c["encoder"]["rotary"] = json!(1)),
        ("config.json", "decoder.rotary", |c| c["decoder"]["rotary"] = json!(1)),
        ("config.json", "rotary", |c| c["rotary"] = json!(1)),
        ("config.json", "encoder.depths", |c| c["encoder"]["depths"] = json!([2, "two"])),
        ("config.json", "encoder.num_heads", |c| c["encoder"]["num_heads"] = json!([2])),
        ("config.json", "encoder.window_size", |c| c["encoder"]["window_size"] = json!(5)),
        ("config.json", "encoder.hidden_size", |c| c["encoder"]["hidden_size"] = json!(64)),
        ("config.json", "decoder.decoder_attention_heads", |c| {
            c["decoder"]["decoder_attention_heads"] = json!(5)
        }),
        ("config.json", "encoder", |c| c["encoder"] = Value::Null),
        ("generation_config.json", "beans", |c| c["beans"] = json!(4)),
        ("generation_config.json", "eos_token_id", |c| c["eos_token_id"] = json!("end")),
        ("preprocessor_config.json", "size", |c| c["size"] = json!({"shortest_edge": 64})),
        ("preprocessor_config.json", "do_center_crop", |c| c["do_center_crop"] = json!(true)),
        ("preprocessor_config.json", "image_processor_type", |c| {
            c["image_processor_type"] = json!("ViTImageProcessor")
        }),
        ("preprocessor_config.json", "sharpen", |c| c["sharpen"] = json!(true)),
        ("preprocessor_config.json", "resample", |c| c["resample"] = json!(9)),
    ];
    for (file, key, change) in cases {
        assert_names(&refusal(file, change), file, key);
    }
}

#[test]
fn weights_that_do_not_fit() {
    let missing = refusal("config.json", |c| c["decoder"]["decoder_layers"] = json!(3));
    assert_names(&missing, "model.safetensors", "decoder.model.decoder.layers.2.");
    let unused = refusal("config.json", |c| c["decoder"]["decoder_layers"] = json!(1));
    assert_names(&unused, "model.safetensors", "decoder.model.decoder.layers.1.");
    let shape = refusal("config.json", |c| c["decoder"]["vocab_size"] = json!(51));
    assert_names(&shape, "model.safetensors", "embed_tokens.weight");
    let head = refusal("config.json", |c| c["decoder"]["tie_word_embeddings"] = json!(false));
    assert_names(&head, "model.safetensors", "decoder.lm_head.weight");
}

#[test]
fn broken_files() {
    let load = |change: &dyn Fn(&Path)| {
        let folder = readable_base("tied");
        change(folder.path());
        Base::load(folder.path(), device()).expect_err("it must be refused")
    };
    for file in ["config.json", "model.safetensors", "preprocessor_config.json"] {
        let error = load(&|folder| fs::remove_file(folder.join(file)).expect("a file"));
        assert!(matches!(error, ModelError::Io { .. }), "{error}");
        assert_names(&error.to_string(), file, "No such file");
    }
    for length in [0, 7, 1000, 200_000] {
        let error = load(&|folder| {
            let path = folder.join("model.safetensors");
            let bytes = fs::read(&path).expect("a file");
            fs::write(path, &bytes[..length]).expect("a file");
        });
        assert!(matches!(error, ModelError::Safetensors { .. }), "{length} bytes: {error}");
        assert_names(&error.to_string(), "model.safetensors", "safetensors");
    }
    let error = load(&|folder| fs::write(folder.join("config.json"), "{").expect("a file"));
    assert!(matches!(error, ModelError::Json { .. }), "{error}");
    let error = load(&|folder| fs::write(folder.join("tokenizer.json"), "{}").expect("a file"));
    assert!(matches!(error, ModelError::Tokenizer { .. }), "{error}");
}

#[test]
fn debugging_refuses_what_it_can_not_do() {
    let folder = readable_base("tied");
    edit(&folder, "generation_config.json", |c| c["num_beams"] = json!(4));
    let base = Base::load(folder.path(), device()).expect("a base");
    let page = page("tiny");
    assert!(debug::forward(&base, None, &page, &[1]).is_ok(), "one pass needs no generation");
    let error = debug::generate(&base, None, &page, &[1], 3).expect_err("it must be refused");
    assert_names(&error.to_string(), "generation_config.json", "num_beams");
    for tokens in [&[][..], &[50], &[1; 33]] {
        assert!(debug::forward(&base, None, &page, tokens).is_err());
    }
}
