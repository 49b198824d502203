//! Field-exact accuracy over HTTP, as the table of `adapters/README.md`, and the comparison of many
//! clients with one.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::{Parser, ValueEnum};
use dossier::config::{Config, ModelArgs, nobody_publishes};
use dossier_engine::pipeline::document_type;
use dossier_engine::settings::{EngineSettings, StoreSettings};
use dossier_engine::{
    Conditions, Engine, ExtractRequest, ModelChoice, RequestId, TypeChoice, extract,
};
use dossier_tests::{
    Client, Sample, Score, TODAY, config, differences, in_turn, post_all, samples_below,
    shipped_types,
};
use serde_json::{Value, json};

/// Reads documents with known truth and counts the fields that are exact.
///
/// The base with adapters is asked over HTTP, from a server that this starts; the base alone is not
/// served, and is asked through the same pipeline without the server.
#[derive(Debug, Parser)]
struct Options {
    /// Folder of documents: `<document type>/<n>/{page-1.png, truth.json}`, or `<n>/…` of one type.
    #[arg(long, default_value = "tests/fixtures/documents")]
    documents: PathBuf,
    /// One document type only.
    #[arg(long, value_name = "TYPE")]
    document_type: Option<String>,
    /// The folder that holds `adapters/` and `plugins/prebuilt/`.
    #[arg(long, default_value = ".")]
    data_root: PathBuf,
    /// What reads.
    #[arg(long, value_enum, default_value_t = Models::Both)]
    models: Models,
    /// The base alone; short for `--models base`.
    #[arg(long)]
    base_only: bool,
    /// Clients at once.
    #[arg(long, default_value_t = 4)]
    concurrency: usize,
    /// Documents of each type at most.
    #[arg(long)]
    limit: Option<usize>,
    /// Ask one by one first, then with all clients at once, and fail if any answer differs.
    #[arg(long)]
    compare_serial: bool,
    /// Where the model computes, and in what it is kept.
    #[command(flatten)]
    model: ModelArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Options {
    fn config(&self) -> anyhow::Result<Config> {
        let mut config = config(&self.data_root)?;
        config.reader.model = self.model.settings();
        Ok(config)
    }
}

/// What reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Models {
    /// The base alone.
    Base,
    /// The base with the type's adapter.
    Adapter,
    /// One after the other.
    Both,
}

/// What became of one document type.
struct Evaluated {
    document_type: String,
    documents: usize,
    base: Option<Score>,
    adapter: Option<Score>,
    duration: Duration,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut options = Options::parse();
    if options.base_only {
        options.models = Models::Base;
    }
    ensure!(options.concurrency > 0, "--concurrency must be at least 1");
    let types = documents(&options)?;
    if options.compare_serial {
        return compare(&options, types).await;
    }
    let mut evaluated = types
        .iter()
        .map(|(document_type, samples)| Evaluated {
            document_type: document_type.clone(),
            documents: samples.len(),
            base: None,
            adapter: None,
            duration: Duration::ZERO,
        })
        .collect::<Vec<_>>();
    if options.models != Models::Adapter {
        for (evaluated, (document_type, samples)) in evaluated.iter_mut().zip(&types) {
            evaluated.base = Some(base_alone(&options, document_type, samples).await?);
        }
    }
    if options.models != Models::Base {
        let server = dossier::serve(options.config()?).await?;
        let client = Client::new(server.address());
        for (evaluated, (document_type, samples)) in evaluated.iter_mut().zip(&types) {
            let documents = samples.iter().map(|sample| (document_type.clone(), sample.clone()));
            let documents = Arc::new(documents.collect::<Vec<_>>());
            let start = Instant::now();
            let answers = post_all(&client, &documents, options.concurrency).await?;
            evaluated.duration = start.elapsed();
            let mut score = Score::default();
            for (sample, answer) in samples.iter().zip(&answers) {
                score.add_answer(sample, answer);
            }
            evaluated.adapter = Some(score);
        }
        server.shutdown().await;
    }
    print(&if options.json { as_json(&evaluated) } else { as_markdown(&evaluated) })
}

/// The documents of each type to read.
fn documents(options: &Options) -> anyhow::Result<Vec<(String, Vec<Sample>)>> {
    let limit = options.limit.unwrap_or(usize::MAX);
    let read = |document_type: &str, folder: PathBuf| {
        let samples = samples_below(&folder)?.into_iter().take(limit).collect();
        anyhow::Ok((document_type.to_owned(), samples))
    };
    let below = |id: &str| options.documents.join(id);
    if let Some(id) = &options.document_type {
        let folder = if below(id).is_dir() { below(id) } else { options.documents.clone() };
        return Ok(vec![read(id, folder)?]);
    }
    let types = shipped_types()?.into_iter().map(|manifest| manifest.document_type);
    let types = types.filter(|id| below(id.as_str()).is_dir());
    let types = types.map(|id| read(id.as_str(), below(id.as_str())));
    let types = types.collect::<anyhow::Result<Vec<_>>>()?;
    ensure!(!types.is_empty(), "{} has no document type", options.documents.display());
    Ok(types)
}

async fn base_alone(options: &Options, name: &str, samples: &[Sample]) -> anyhow::Result<Score> {
    let document_type = document_type(name)?;
    let settings = EngineSettings {
        reader: config(&options.data_root)?.reader,
        packages: nobody_publishes(),
        store: StoreSettings::Temporary { code_dir: None, only: Some(document_type.clone()) },
    };
    let engine = Engine::start(settings).await?;
    let mut score = Score::default();
    for sample in samples {
        let request = ExtractRequest {
            document_type: TypeChoice::Named(document_type.clone()),
            pages: sample.pages.iter().map(|page| page.clone().into()).collect(),
            fields: None,
            model: ModelChoice::BaseOnly,
            conditions: Conditions::default(),
            permit: None,
        };
        let extraction = extract(&engine.reader, request, &RequestId::new()).await;
        let extraction = extraction.with_context(|| sample.folder.display().to_string())?;
        score.add(sample, |name| {
            let field = extraction.fields.iter().find(|field| field.name.as_str() == name)?;
            Some(field.transcription.as_ref()?.raw.expose().to_owned())
        });
    }
    Ok(score)
}

async fn compare(options: &Options, types: Vec<(String, Vec<Sample>)>) -> anyhow::Result<()> {
    let documents = Arc::new(in_turn(&types));
    let server = dossier::serve(options.config()?).await?;
    let client = Client::new(server.address());
    let start = Instant::now();
    let one_by_one = post_all(&client, &documents, 1).await?;
    let serial = start.elapsed();
    let start = Instant::now();
    let together = post_all(&client, &documents, options.concurrency).await?;
    let concurrent = start.elapsed();
    server.shutdown().await;
    let different = differences(&one_by_one, &together);
    let (count, clients) = (documents.len(), options.concurrency);
    print(&format!(
        "{count} documents, no failure; one by one {:.1} s, with {clients} clients {:.1} s; {} answers differ\n",
        serial.as_secs_f64(),
        concurrent.as_secs_f64(),
        different.len(),
    ))?;
    let names = different.iter().map(|&index| documents[index].1.folder.display().to_string());
    let names = names.collect::<Vec<_>>();
    ensure!(names.is_empty(), "read differently together: {names:?}");
    Ok(())
}

fn as_markdown(evaluated: &[Evaluated]) -> String {
    let percent = |(exact, of): (usize, usize)| {
        format!("{:.1} % ({exact}/{of})", 100.0 * exact as f64 / of.max(1) as f64)
    };
    let of = |score: Option<&Score>, field: Option<&str>| {
        let Some(score) = score else { return "-".to_owned() };
        percent(match field {
            Some(field) => score.fields.get(field).copied().unwrap_or_default(),
            None => score.total(),
        })
    };
    let mut table =
        "| document type | field | base alone | base + adapter |\n|---|---|---|---|\n".to_owned();
    for Evaluated { document_type, documents, base, adapter, .. } in evaluated {
        let (base, adapter) = (base.as_ref(), adapter.as_ref());
        let Some(any) = adapter.or(base) else { continue };
        for field in any.fields.keys() {
            let (base, adapter) = (of(base, Some(field)), of(adapter, Some(field)));
            table += &format!("| `{document_type}` | `{field}` | {base} | {adapter} |\n");
        }
        let (base, adapter) = (of(base, None), of(adapter, None));
        table += &format!(
            "| `{document_type}` | **all, {documents} documents** | **{base}** | **{adapter}** |\n"
        );
    }
    table
}

fn as_json(evaluated: &[Evaluated]) -> String {
    let score = |score: &Score| {
        let fields = score
            .fields
            .iter()
            .map(|(name, (exact, of))| (name.clone(), json!({"exact": exact, "of": of})));
        let (exact, of) = score.total();
        json!({
            "fields": fields.collect::<serde_json::Map<_, _>>(),
            "exact": exact,
            "of": of,
            "accuracy": score.accuracy(),
            "places": score.places.len(),
            "mean_overlap": score.mean_overlap(),
        })
    };
    let types = evaluated.iter().map(|evaluated| {
        json!({
            "document_type": evaluated.document_type,
            "documents": evaluated.documents,
            "base": evaluated.base.as_ref().map(score),
            "adapter": evaluated.adapter.as_ref().map(score),
            "seconds": evaluated.duration.as_secs_f64(),
        })
    });
    let body = json!({"today": TODAY, "document_types": types.collect::<Vec<Value>>()});
    format!("{body:#}\n")
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn print(text: &str) -> anyhow::Result<()> {
    print!("{text}");
    Ok(())
}
