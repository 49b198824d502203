//! What a call of rules costs: a fresh instance, the call, and the check of what it answers.
//! `cargo bench --workspace --profile dev --bench call`

use divan::Bencher;
use dossier_document::{FieldName, FieldReading, FieldText};
use dossier_plugin::{Plugin, PluginEngine, PluginSettings, readings_from_values};
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

const UTOPIA: &[u8] = include_bytes!("../../../plugins/prebuilt/utopia.wasm");
const TODAY: &str = "2026-11-24";
const PASSPORT: [(&str, &str); 3] = [
    ("surname", "ERIKSSON"),
    ("date_of_birth", "12 MAR 1985"),
    (
        "mrz",
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n\
         P123456789UTO8503127F3402018<<<<<<<<<<<<<<<0",
    ),
];

/// The rules of Utopia, and a runtime whose timer bounds their calls.
fn rules() -> (Runtime, Plugin) {
    let runtime = Runtime::new().expect("a runtime");
    let plugin = runtime.block_on(async {
        let engine = PluginEngine::new(PluginSettings::default()).expect("the engine starts");
        engine.compile("utopia", UTOPIA).await.expect("the component fits the world")
    });
    (runtime, plugin)
}

fn readings() -> Vec<FieldReading> {
    let values = PASSPORT.map(|(name, value)| {
        (name.parse::<FieldName>().expect("a field name"), FieldText::new(value))
    });
    readings_from_values(values)
}

#[divan::bench]
fn instance(bencher: Bencher<'_, '_>) {
    let (runtime, plugin) = rules();
    bencher.bench_local(|| runtime.block_on(plugin.instantiate()).expect("an instance"));
}

#[divan::bench]
fn before(bencher: Bencher<'_, '_>) {
    let (runtime, plugin) = rules();
    let passport = "utopia/passport/2024".parse().expect("a document type");
    bencher.bench_local(|| {
        runtime.block_on(plugin.before(&passport, 1, None, TODAY)).expect("requests")
    });
}

#[divan::bench]
fn after(bencher: Bencher<'_, '_>) {
    let (runtime, plugin) = rules();
    let passport = "utopia/passport/2024".parse().expect("a document type");
    let readings = readings();
    bencher.bench_local(|| {
        runtime.block_on(plugin.after(&passport, &readings, TODAY)).expect("a report")
    });
}
