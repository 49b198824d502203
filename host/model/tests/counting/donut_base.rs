//! Donut-base's own shape, all weights zero: what they are does not matter to a driver that computes nothing.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use serde_json::{Map, Value, json};

/// Writes the folder of a base that has the shipped one's tokenizer.
pub(crate) fn write(folder: &Path) {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shape = repository.join("tests/fixtures/goldens/donut-shape");
    for file in ["config.json", "generation_config.json", "preprocessor_config.json"] {
        fs::copy(shape.join(file), folder.join(file)).expect("a copy");
    }
    let tokenizer = repository.join("adapters/base/dossier-small/tokenizer.json");
    fs::copy(tokenizer, folder.join("tokenizer.json")).expect("a copy");
    let parameters = fs::read(shape.join("parameters.json")).expect("a file");
    let parameters = serde_json::from_slice::<Value>(&parameters).expect("JSON");
    write_zeros(&folder.join("model.safetensors"), parameters["base"].as_array().expect("a list"));
}

/// A safetensors file in bf16 that takes no room on disk.
fn write_zeros(path: &Path, parameters: &[Value]) {
    let mut header = Map::new();
    let mut end = 0;
    for parameter in parameters {
        let name = parameter[0].as_str().expect("a name");
        let shape = parameter[1].as_array().expect("a shape").iter();
        let start = end;
        end += 2 * shape.map(|side| side.as_u64().expect("a side")).product::<u64>();
        let entry = json!({"dtype": "BF16", "shape": parameter[1], "data_offsets": [start, end]});
        header.insert(name.to_owned(), entry);
    }
    let header = Value::Object(header).to_string();
    let header = format!("{header:width$}", width = header.len().next_multiple_of(8));
    let mut file = File::create(path).expect("a file");
    file.write_all(&(header.len() as u64).to_le_bytes()).expect("a write");
    file.write_all(header.as_bytes()).expect("a write");
    file.set_len(8 + header.len() as u64 + end).expect("a length");
}
