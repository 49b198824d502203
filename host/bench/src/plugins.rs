//! `dossier-bench plugins`.

use std::time::Instant;

use dossier::cli::{Micros, install_quiet, print, print_json, table};
use dossier::config::reader_settings;
use dossier_document::DocumentTypeId;
use dossier_engine::rules::{author_engine, open_rules, rules_file};
use dossier_plugin::{Plugin, PluginError, readings_from_values};
use icao::{Icao, Reading, Rules as _};
use serde::Serialize;

use crate::args::BenchPluginsArgs;
use crate::reloads;

const TODAY: &str = "2026-11-24";
const PASSPORT: &str = "icao/td3";
/// The specimen of ICAO Doc 9303 part 4, as a document that hasn't expired.
const READINGS: [(&str, &str); 8] = [
    ("surname", "ERIKSSON"),
    ("given_names", "ANNA MARIA"),
    ("document_number", "L898902C3"),
    ("nationality", "UTO"),
    ("date_of_birth", "12 AUG 1974"),
    ("sex", "F"),
    ("date_of_expiry", "15 APR 2032"),
    (
        "mrz",
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F3204153ZE184226B<<<<<16",
    ),
];

/// What a call of rules costs.
#[derive(Serialize)]
struct PluginsBody {
    /// A call of rules that do nothing, its fresh instance included; half of them `before`, half `after`.
    noop_call_us_p50: f64,
    noop_call_us_p99: f64,
    /// A fresh instance alone.
    instantiate_us_p50: f64,
    /// The hook `after` of a passport with its zone, by the component.
    mrz_call_us_p50: f64,
    /// The same rules on the same readings, compiled natively.
    native_mrz_us_p50: f64,
    /// Three times native, and a call that does nothing: the bar of `mrz_call_us_p50`.
    mrz_bar_us: f64,
}

/// `dossier-bench plugins`.
pub(crate) async fn run(args: BenchPluginsArgs) -> anyhow::Result<()> {
    install_quiet(args.telemetry)?;
    let config = reader_settings(args.reader)?;
    let engine = author_engine(&config.rules, None)?;
    let noop = open_rules(&engine, "noop", &rules_file(&config, "noop")).await?;
    let icao = open_rules(&engine, "icao", &rules_file(&config, "icao")).await?;
    let calls = measure(&noop, &icao, args.calls).await?;
    // Values become JSON.
    let mut body = serde_json::to_value(&calls).unwrap_or_default();
    drop((noop, icao, engine));
    if args.reloads > 0 {
        let program = std::env::current_exe()?;
        let (plugins, reloads, clients) = (args.plugins, args.reloads, args.clients);
        let settings = reloads::Settings { plugins, reloads, clients };
        let figures = reloads::run(&config, Some(program), settings).await?;
        if let Some(body) = body.as_object_mut() {
            body.extend(figures.to_json());
        }
    }
    if args.json {
        return Ok(print_json(&body)?);
    }
    let rows = body.as_object().into_iter().flatten();
    let rows = rows.map(|(key, value)| [key.clone(), value.to_string()]);
    Ok(print(&table(["key", "value"], rows))?)
}

/// The kinds of call take turns, so that whatever the machine does besides meets all of them.
async fn measure(noop: &Plugin, icao: &Plugin, calls: u32) -> Result<PluginsBody, PluginError> {
    let paper = document_type("noop/paper/1");
    let passport = document_type(PASSPORT);
    let values = READINGS.iter().filter_map(|(name, raw)| {
        Some((name.parse().ok()?, dossier_document::FieldText::new(*raw)))
    });
    let readings = readings_from_values(values);
    let native_readings = READINGS.map(|(name, raw)| Reading {
        name: name.to_owned(),
        page: 0,
        raw: raw.to_owned(),
        confidence: 1.0,
    });
    let one = &readings[..0];
    let [mut nothing, mut instantiate, mut component, mut native] =
        std::array::from_fn::<_, 4, _>(|_| Micros::default());
    let warm_up = calls / 10;
    for call in 0..calls + warm_up {
        let start = Instant::now();
        noop.before(&paper, 1, None, TODAY).await?;
        let before = start.elapsed();
        let start = Instant::now();
        noop.after(&paper, one, TODAY).await?;
        let after = start.elapsed();
        let fresh = noop.instantiate().await?;
        let start = Instant::now();
        let report = icao.after(&passport, &readings, TODAY).await?;
        let by_component = start.elapsed();
        let start = Instant::now();
        let same = Icao::after(PASSPORT, &native_readings, TODAY);
        let natively = start.elapsed();
        debug_assert_eq!(same.map(|same| same.checks.len()).ok(), Some(report.checks.len()));
        if call >= warm_up {
            nothing.push(before);
            nothing.push(after);
            instantiate.push(fresh);
            component.push(by_component);
            native.push(natively);
        }
    }
    let (noop_p50, native_p50) = (nothing.percentile(50), native.percentile(50));
    Ok(PluginsBody {
        noop_call_us_p50: noop_p50,
        noop_call_us_p99: nothing.percentile(99),
        instantiate_us_p50: instantiate.percentile(50),
        mrz_call_us_p50: component.percentile(50),
        native_mrz_us_p50: native_p50,
        mrz_bar_us: ((3.0 * native_p50 + noop_p50) * 10.0).round() / 10.0,
    })
}

fn document_type(id: &str) -> DocumentTypeId {
    id.parse().expect("the benchmark's own document types are valid")
}
