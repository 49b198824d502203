//! Who reads first what strangers and publishers send.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use dossier::api::{form_boundary, parse_form};
use dossier_engine::fixture::Fixture;
use dossier_engine::folders::{Calibration, Manifest};
use dossier_image_decode::{DecodeError, DecodeLimits, PageFile};
use dossier_model::{Base, DeviceKind};
use dossier_store::{CanarySettings, Package, PackageLimits, RulesManifest};

use crate::repository;

/// A reader of untrusted bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Target {
    /// Pages.
    Pages,
    /// Multipart forms.
    Forms,
    /// Packages as tar archives.
    Packages,
    /// The manifests, fixtures and calibrations in packages.
    Manifests,
    /// `adapter_config.json`.
    Adapters,
}

/// A target with what it reads against.
pub struct Prepared {
    target: Target,
    runtime: tokio::runtime::Runtime,
    /// The base of adapters, and a folder for one.
    adapters: Option<(Base, tempfile::TempDir)>,
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Pages, Self::Forms, Self::Packages, Self::Manifests, Self::Adapters];

    /// The target with what it reads against.
    ///
    /// # Errors
    /// When a file of the repository can't be read.
    pub fn prepare(self) -> anyhow::Result<Prepared> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let adapters = match self {
            Self::Adapters => {
                let model = tiny_model();
                let base = Base::load(&model, DeviceKind::Cpu)?;
                let folder = tempfile::tempdir()?;
                let weights = "adapter_model.safetensors";
                let from = model.join("adapters/list").join(weights);
                std::fs::copy(from, folder.path().join(weights)).context("an adapter")?;
                Some((base, folder))
            }
            _ => None,
        };
        Ok(Prepared { target: self, runtime, adapters })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pages => "pages",
            Self::Forms => "forms",
            Self::Packages => "packages",
            Self::Manifests => "manifests",
            Self::Adapters => "adapters",
        })
    }
}

impl Prepared {
    /// Inputs to begin with.
    pub(super) fn seeds(&self) -> Vec<Vec<u8>> {
        let root = repository();
        match self.target {
            Target::Pages => files(&root.join("host/image-decode/fixtures"), &["py"]),
            Target::Forms => vec![
                form("name=\"page\"; filename=\"a.png\"", "pixels"),
                form("name=\"fields\"", "surname, mrz"),
                form("name=\"scan\"; filename*=UTF-8''a.png", ""),
            ],
            Target::Packages => packages().iter().map(Package::to_tar).collect(),
            Target::Manifests => {
                let adapter = root.join("adapters/utopia/passport/2024");
                let fixtures = files(&root.join("plugins/utopia/fixtures"), &["md"]);
                let manifests = ["document-type.json", "calibration.json"]
                    .iter()
                    .filter_map(|name| std::fs::read(adapter.join(name)).ok());
                manifests.chain(fixtures.into_iter().take(8)).chain([RULES.to_vec()]).collect()
            }
            Target::Adapters => {
                let adapters = tiny_model().join("adapters");
                let of = |name: &str| std::fs::read(adapters.join(name).join(ADAPTER_CONFIG)).ok();
                ["list", "all-linear"].into_iter().filter_map(of).collect()
            }
        }
    }

    /// What the reader answers, in few words: the same for inputs that fare alike.
    ///
    /// # Errors
    /// When it breaks its word.
    pub(super) fn answer(&self, input: &[u8]) -> anyhow::Result<String> {
        Ok(match self.target {
            Target::Pages => pages(input)?,
            Target::Forms => self.form(input),
            Target::Packages => package(input)?,
            Target::Manifests => manifests(input),
            Target::Adapters => self.adapter(input)?,
        })
    }

    fn form(&self, input: &[u8]) -> String {
        let (head, body) = match input.iter().position(|byte| *byte == b'\n') {
            Some(end) => (&input[..end], &input[end + 1..]),
            None => (input, &[][..]),
        };
        let mut headers = HeaderMap::new();
        if let Ok(value) = axum::http::HeaderValue::from_bytes(head) {
            headers.insert(CONTENT_TYPE, value);
        }
        let boundary = match form_boundary(&headers) {
            Ok(boundary) => boundary,
            Err(error) => return error.to_string(),
        };
        let body = Bytes::copy_from_slice(body);
        match self.runtime.block_on(parse_form(body, boundary)) {
            Ok(request) => format!("{} pages", request.pages.len()),
            Err(error) => error.problem().code.to_owned(),
        }
    }

    fn adapter(&self, input: &[u8]) -> anyhow::Result<String> {
        let (base, folder) = self.adapters.as_ref().context("the target has a base")?;
        std::fs::write(folder.path().join(ADAPTER_CONFIG), input)?;
        Ok(match base.load_adapter(folder.path()) {
            Ok((_, adapter)) => format!("{} parameters", adapter.parameters()),
            Err(error) => without_digits(&error.to_string()),
        })
    }
}

const ADAPTER_CONFIG: &str = "adapter_config.json";
const CANARY: CanarySettings = CanarySettings { min_calls: 100, max_failure_percent: 5 };
const RULES: &[u8] =
    br#"{"name": "utopia", "version": "1.0.0", "document_types": ["utopia/passport/2024"],
"settings": {"canary_min_calls": 200, "canary_max_failure_percent": 1}}"#;

/// Pages of a file that are looked at.
const MAX_PAGES: usize = 4;

/// Pages within the limits, of the size and at the cost that their headers state.
fn pages(input: &[u8]) -> anyhow::Result<String> {
    let limits = DecodeLimits { max_pixels: 1_000_000, ..DecodeLimits::default() };
    let refusal = |error: DecodeError| without_digits(&error.to_string());
    let mut file = match PageFile::open(input, &limits) {
        Ok(file) => file,
        Err(error) => return Ok(refusal(error)),
    };
    let mut answer = format!("{} of pages:", file.format());
    for page in 0..file.pages().min(MAX_PAGES) {
        let header = file.header(page, &limits);
        let image = match file.decode(page, &limits) {
            Ok(image) => image,
            Err(error) => {
                answer += &refusal(error);
                continue;
            }
        };
        let header = header.context("a page whose header is refused")?;
        let size = (u64::from(image.width()), u64::from(image.height()));
        let stated = (u64::from(header.width), u64::from(header.height));
        ensure!(
            size == stated || size == (stated.1, stated.0),
            "a page of another size than stated"
        );
        let pixels = size.0 * size.1;
        ensure!(pixels <= header.cost.pixels, "a page of more pixels than its header states");
        ensure!(header.cost.pixels <= limits.max_pixels, "a page beyond its limit");
        ensure!(image.rgb().len() as u64 == 3 * pixels, "a page without all of its pixels");
        answer += " a page,";
    }
    Ok(answer)
}

/// A package that comes back from its own archive.
fn package(input: &[u8]) -> anyhow::Result<String> {
    let limits = PackageLimits { bytes: 1 << 20, files: 64 };
    match Package::from_tar(input, limits) {
        Ok(package) => {
            let again = Package::from_tar(&package.to_tar(), limits)?;
            ensure!(again == package, "a package that changes on its way");
            Ok(format!("a package of {} files", package.files().count()))
        }
        Err(error) => Ok(without_digits(&error.to_string())),
    }
}

fn manifests(input: &[u8]) -> String {
    let folder = Path::new("adapters/utopia/passport/2024");
    let answers = [
        Manifest::parse(input, folder).map_or_else(|e| e.to_string(), |_| "taken".to_owned()),
        Calibration::parse(input, folder).map_or_else(|e| e.to_string(), |_| "taken".to_owned()),
        Fixture::parse(input).map_or_else(|e| e.to_string(), |_| "taken".to_owned()),
        RulesManifest::parse(input, CANARY).map_or_else(|e| e.to_string(), |_| "taken".to_owned()),
    ];
    without_digits(&answers.join("; "))
}

fn packages() -> Vec<Package> {
    let of = |files: &[(&str, &[u8])]| {
        let files = files.iter().map(|(name, content)| ((*name).to_owned(), content.to_vec()));
        Package::new(files.collect()).ok()
    };
    let rules = of(&[
        ("plugin.json", RULES),
        ("component.wasm", b"\0asm\x0d\0\x01\0"),
        ("fixtures/good.json", b"{}"),
    ]);
    let adapter = of(&[
        ("document-type.json", b"{}"),
        (ADAPTER_CONFIG, b"{}"),
        ("adapter_model.safetensors", b"weights"),
    ]);
    rules.into_iter().chain(adapter).collect()
}

/// The content type, and on the next lines the body.
fn form(parameters: &str, content: &str) -> Vec<u8> {
    format!(
        "multipart/form-data; boundary=X\n--X\r\nContent-Disposition: form-data; {parameters}\r\n\r\n\
         {content}\r\n--X\r\nContent-Disposition: form-data; name=\"document_type\"\r\n\r\n\
         utopia/passport/2024\r\n--X--\r\n"
    )
    .into_bytes()
}

fn tiny_model() -> PathBuf {
    repository().join("tests/fixtures/goldens/models/tied")
}

/// The contents of a folder, but for files that end so.
fn files(folder: &Path, without: &[&str]) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths = entries.map(|entry| entry.path()).collect::<Vec<_>>();
    paths.sort();
    let is_wanted = |path: &PathBuf| {
        let ending = path.extension().unwrap_or_default();
        path.is_file() && !without.iter().any(|other| ending == *other)
    };
    paths.iter().filter(|path| is_wanted(path)).filter_map(|p| std::fs::read(p).ok()).collect()
}

/// Two answers that differ in numbers alone are of one kind.
fn without_digits(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).take(200).collect()
}
