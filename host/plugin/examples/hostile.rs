//! Prints the table of the hostile suite: each case, its code, and the 99th percentile of good calls
//! beside it. `cargo run -p dossier-plugin --example hostile`.

#[expect(dead_code, reason = "made for more tests than these")]
#[path = "../tests/plugin/guest.rs"]
mod guest;
#[path = "../tests/plugin/hostile_cases.rs"]
mod hostile_cases;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dossier_document::{DocumentTypeId, FieldText};
use dossier_plugin::{
    BeforeOutcome, Plugin, PluginEngine, PluginError, PluginSettings, Report, readings_from_values,
};

const TODAY: &str = "2026-11-24";

async fn before(plugin: &Plugin) -> Result<BeforeOutcome, PluginError> {
    plugin.before(&document_type(), 1, None, TODAY).await
}

async fn after(plugin: &Plugin) -> Result<Report, PluginError> {
    let surname = "surname".parse().expect("a field name");
    let readings = readings_from_values([(surname, FieldText::new("DOE"))]);
    plugin.after(&document_type(), &readings, TODAY).await
}

fn document_type() -> DocumentTypeId {
    guest::DOCUMENT_TYPE.parse().expect("a document type")
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "the table is what it is for")]
async fn main() {
    println!("| case | outcome | ms until then | good calls beside it | their p99 us |");
    println!("|---|---|---:|---:|---:|");
    for case in hostile_cases::all() {
        let engine = PluginEngine::new(PluginSettings::default()).expect("the engine starts");
        let is_over = Arc::new(AtomicBool::new(false));
        let traffic =
            tokio::spawn(hostile_cases::good_traffic(engine.clone(), Arc::clone(&is_over)));
        tokio::time::sleep(Duration::from_millis(50)).await;
        let start = Instant::now();
        let code = case.run(&engine).await;
        let took = start.elapsed().as_millis();
        is_over.store(true, Ordering::Release);
        let mut times = traffic.await.expect("good rules never fail");
        times.sort_unstable();
        let p99 = times[(times.len() * 99).div_ceil(100) - 1].as_micros();
        println!("| {} | `{code}` | {took} | {} | {p99} |", case.name, times.len());
        assert_eq!(code, case.code, "{}", case.name);
    }
}
