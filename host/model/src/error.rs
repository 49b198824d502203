//! What can go wrong while a checkpoint or an adapter is loaded or run.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use dossier_document::Digest;

/// What can go wrong while a checkpoint or an adapter is loaded or run. No text of it holds field
/// values or pixels.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A file can't be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The operating system starts no thread.
    #[error("the thread that loads adapters does not start: {0}")]
    Thread(#[source] io::Error),
    /// An adapter does not fit the memory for all of them.
    #[error("{}: {bytes} bytes in memory, all adapters together have {limit}", path.display())]
    AdapterTooLarge {
        /// The folder.
        path: PathBuf,
        /// Bytes in memory.
        bytes: usize,
        /// The budget of the pool, in bytes.
        limit: usize,
    },
    /// An adapter's files are not those that were checked when it was added.
    #[error("{}: changed: {found} in place of {expected}", path.display())]
    AdapterChanged {
        /// The folder.
        path: PathBuf,
        /// The digest it had.
        expected: Digest,
        /// The digest it has.
        found: Digest,
    },
    /// A file is not JSON.
    #[error("{}: not valid JSON: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
    /// A configuration lacks a key.
    #[error("{}: `{key}` is missing", path.display())]
    MissingKey {
        /// The file.
        path: PathBuf,
        /// The key, with the objects it stands in: `encoder.depths`.
        key: String,
    },
    /// A configuration has a key that is not known.
    #[error("{}: `{key}` is not a known key", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
    },
    /// The regular expressions of a configuration are more than this program compiles.
    #[error("{}: `{key}`: {problem}", path.display())]
    PatternTooCostly {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
        /// Which bound is broken.
        problem: &'static str,
    },
    /// A value has another type or lies outside its range.
    #[error("{}: `{key}` must be {expected}", path.display())]
    InvalidValue {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
        /// What the value must be.
        expected: String,
    },
    /// A value is valid for its authors, but this program does not implement it.
    #[error("{}: `{key}` = {value} is not supported", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
        /// The value, as JSON.
        value: String,
    },
    /// A tensor file is corrupt or truncated.
    #[error("{}: not a valid safetensors file: {source}", path.display())]
    Safetensors {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: candle_core::Error,
    },
    /// A tensor is missing.
    #[error("{}: the tensor `{name}` is missing", path.display())]
    MissingTensor {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
    },
    /// A tensor has no place in the model.
    #[error("{}: the tensor `{name}` has no place in the model", path.display())]
    UnusedTensor {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
    },
    /// A tensor has another shape than the configuration says.
    #[error("{}: the tensor `{name}` has the shape {found:?}, expected {expected:?}", path.display())]
    TensorShape {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// The shape the configuration says.
        expected: Vec<usize>,
        /// The shape in the file.
        found: Vec<usize>,
    },
    /// A tensor can't be used as f32, or holds values its configuration contradicts.
    #[error("{}: the tensor `{name}` {problem}", path.display())]
    TensorContents {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A tokenizer can't be read.
    #[error("{}: {source}", path.display())]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The adapter is a pickle, which can run code while it is read.
    #[error("{}: a pickled adapter is refused, save it as safetensors", path.display())]
    PickledAdapter {
        /// The file.
        path: PathBuf,
    },
    /// The file was never fetched: git-lfs keeps it elsewhere.
    #[error("{}: a git-lfs pointer in place of the file; fetch it with `git lfs pull`", path.display())]
    GitLfsPointer {
        /// The file.
        path: PathBuf,
    },
    /// A file is larger than any artifact of its kind may be.
    #[error("{}: {length_bytes} bytes are more than the {limit_bytes} allowed", path.display())]
    FileTooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        length_bytes: u64,
        /// The greatest size.
        limit_bytes: u64,
    },
    /// The adapter names another version of the base, or of the factors beside it, than is there.
    #[error("{}: `{key}` names {expected}, but {found} is there", path.display())]
    WrongDigest {
        /// The file.
        path: PathBuf,
        /// The key.
        key: &'static str,
        /// The digest the adapter was trained on.
        expected: Digest,
        /// The digest of what is there.
        found: Digest,
    },
    /// An entry of `target_modules` matches no Linear layer or convolution of the base.
    #[error("{}: the target `{target}` matches no Linear layer or convolution of the base", path.display())]
    UnmatchedTarget {
        /// The file.
        path: PathBuf,
        /// The entry.
        target: String,
    },
    /// An entry of `modules_to_save` matches no layer that an adapter can replace.
    #[error("{}: `{module}` in `modules_to_save` matches no Linear layer, convolution or LayerNorm of the base", path.display())]
    UnmatchedModule {
        /// The file.
        path: PathBuf,
        /// The entry.
        module: String,
    },
    /// The device is not there, or its support was not compiled in.
    #[error("the device {device} can't be used: {problem}")]
    Device {
        /// The device.
        device: String,
        /// Why.
        problem: String,
    },
    /// What is to be kept on a device has no room there.
    #[error(
        "the device {device} has {free} bytes free, {what} needs {needed}: free some (`nvidia-smi` lists who uses them), or change {setting}"
    )]
    DeviceMemory {
        /// The device.
        device: String,
        /// What has no room.
        what: &'static str,
        /// Bytes it needs.
        needed: usize,
        /// Bytes that are free.
        free: usize,
        /// The setting that makes it smaller.
        setting: &'static str,
    },
    /// One page alone makes a tensor of more numbers than a device's kernels count.
    #[error(
        "the device {device} can't be used: a page of {height} x {width} pixels makes a tensor of {numbers} numbers, its kernels count to {limit}; choose the device `cpu`, or a smaller size in the base's preprocessor_config.json"
    )]
    PageTooLargeForDevice {
        /// The device.
        device: String,
        /// Height of the model's input, in pixels.
        height: usize,
        /// Width of the model's input, in pixels.
        width: usize,
        /// Numbers of the tensor.
        numbers: usize,
        /// The most that there may be.
        limit: usize,
    },
    /// Fields can't be asked for without a vocabulary.
    #[error("the base has no tokenizer.json")]
    NoTokenizer,
    /// The generation configuration lacks a token that decoding needs.
    #[error("generation_config.json: `{0}` is missing")]
    NoSuchSetting(&'static str),
    /// The generation configuration asks for something other than greedy decoding.
    #[error("generation_config.json: `{key}` = {value} is not supported, decoding is greedy")]
    UnsupportedGeneration {
        /// The option.
        key: String,
        /// Its value, as JSON.
        value: String,
    },
    /// A token is outside the vocabulary.
    #[error("the token {token} is outside the vocabulary of {vocabulary}")]
    TokenOutOfRange {
        /// The token.
        token: u32,
        /// Size of the vocabulary.
        vocabulary: usize,
    },
    /// A sequence is empty or longer than the decoder's positions.
    #[error("a sequence of {length} tokens does not fit the decoder's {positions} positions")]
    SequenceLength {
        /// Tokens.
        length: usize,
        /// Positions of the decoder.
        positions: usize,
    },
    /// The image does not fit the processor's settings.
    #[error(
        "an image of {width} x {height} pixels is larger than the {target_width} x {target_height} it is padded to"
    )]
    ImageLargerThanTarget {
        /// Width after resizing, in pixels.
        width: u32,
        /// Height after resizing, in pixels.
        height: u32,
        /// Width of the model's input, in pixels.
        target_width: u32,
        /// Height of the model's input, in pixels.
        target_height: u32,
    },
    /// The image is so long and thin that resizing it would take too much memory.
    #[error("an image of {width} x {height} pixels is too long for its thinness")]
    ImageTooElongated {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// The processor made an image of another size than the encoder takes.
    #[error(
        "the processor makes {} x {} pixels, the encoder takes {} x {} (height x width)",
        found[0], found[1], expected[0], expected[1]
    )]
    ImageSize {
        /// Height and width made, in pixels.
        found: [usize; 2],
        /// Height and width expected, in pixels.
        expected: [usize; 2],
    },
    /// The arithmetic failed.
    #[error("the model failed: {0}")]
    Compute(#[from] candle_core::Error),
}
