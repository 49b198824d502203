//! Components that were built for an earlier version of the WIT package still run.
//!
//! The files in `tests/components` are never built again: what has been shipped must go on working.

use dossier_plugin::{BeforeOutcome, Inspection};

use crate::{TODAY, document_type, engine, readings};

/// The first rules of Utopia, built for `dossier:rules@1.0.0` before there was a 1.1.0.
const UTOPIA_1_0_0: &[u8] = include_bytes!("../components/utopia-for-rules-1.0.0.wasm");

#[test]
fn it_is_of_the_first_version() {
    let inspection = Inspection::of("utopia", UTOPIA_1_0_0, 1 << 20).expect("a component");
    assert_eq!(inspection.hooks_version.as_deref(), Some("1.0.0"));
    assert!(!inspection.exports.iter().any(|export| export.contains("settings")));
}

#[tokio::test]
async fn it_still_describes_chooses_and_checks() {
    let plugin = engine().compile("utopia", UTOPIA_1_0_0).await.expect("it still fits");
    assert_eq!(plugin.describe().document_types.len(), 3);
    let licence = document_type("utopia/driving-licence/2022");
    let outcome = plugin.before(&licence, 1, None, TODAY).await.expect("it answers");
    let BeforeOutcome::Read { fields } = outcome else { panic!("{outcome:?}") };
    assert_eq!(fields.len(), 9);
    let readings = readings(&[("surname", "ERIKSSON"), ("date_of_birth", "12/03/1985")]);
    let report = plugin.after(&licence, &readings, TODAY).await.expect("it answers");
    let birth = report.fields[1].value.as_ref().expect("a day");
    assert_eq!(birth.expose(), "1985-03-12");
}
