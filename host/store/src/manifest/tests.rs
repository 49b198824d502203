//! Manifests of rules, good and bad.

use super::*;

const HOST: CanarySettings = CanarySettings { min_calls: 20, max_failure_percent: 5 };

fn parse(text: &str) -> Result<RulesManifest, ManifestError> {
    RulesManifest::parse(text.as_bytes(), HOST)
}

#[test]
fn settings_left_out_are_the_hosts() {
    let manifest = parse(r#"{"name":"utopia","version":"1.2.0","document_types":["utopia/id/1"]}"#)
        .expect("a manifest");
    assert_eq!(manifest.canary, HOST);
    assert_eq!(manifest.document_types[0].as_str(), "utopia/id/1");
}

#[test]
fn settings_may_be_stricter_and_never_laxer() {
    let with = |settings: &str| {
        parse(&format!(
            r#"{{"name":"a","version":"1.0.0","document_types":["a/b"],"settings":{settings}}}"#
        ))
    };
    let strict =
        with(r#"{"canary_min_calls":5,"canary_max_failure_percent":0}"#).expect("stricter");
    assert_eq!(strict.canary, CanarySettings { min_calls: 5, max_failure_percent: 0 });
    for (settings, key) in [
        (r#"{"canary_min_calls":21}"#, "canary_min_calls"),
        (r#"{"canary_min_calls":0}"#, "canary_min_calls"),
        (r#"{"canary_max_failure_percent":6}"#, "canary_max_failure_percent"),
        (r#"{"surprise":1}"#, "surprise"),
    ] {
        let error = with(settings).expect_err(settings).to_string();
        assert!(error.contains(key), "{error}");
    }
}

#[test]
fn what_makes_no_sense_is_named() {
    for (text, key) in [
        (r#"{"name":"Utopia","version":"1.0.0","document_types":["a/b"]}"#, "name"),
        (r#"{"name":"../up","version":"1.0.0","document_types":["a/b"]}"#, "name"),
        (r#"{"name":"a","version":"1.0","document_types":["a/b"]}"#, "version"),
        (r#"{"name":"a","version":"1.0.01","document_types":["a/b"]}"#, "version"),
        (r#"{"name":"a","version":"1.0.0","document_types":[]}"#, "document_types"),
        (r#"{"name":"a","version":"1.0.0","document_types":["A"]}"#, "document_types"),
        (r#"{"name":"a","version":"1.0.0","document_types":["a/b"],"x":1}"#, "`x`"),
        (r#"{"name":"a","version":"1.0.0"}"#, "document_types"),
    ] {
        let error = parse(text).expect_err(text).to_string();
        assert!(error.contains(key), "{text}: {error}");
    }
}
