//! What was typed against what is run with.

use std::path::PathBuf;

use dossier_model::{AdapterPrecision, DeviceKind, ModelSettings, WeightPrecision};
use jiff::civil::Date;

use super::*;

fn write(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("dossier.toml");
    std::fs::write(&path, text).expect("the file is written");
    (folder, path)
}

fn with_file(text: &str) -> Result<Config, ConfigError> {
    let (_folder, path) = write(text);
    Config::resolve(ServeArgs { config: Some(path), ..ServeArgs::default() })
        .map(|(config, _)| config)
}

#[test]
fn nothing_typed_gives_the_defaults() {
    let (config, telemetry) =
        Config::resolve(ServeArgs::default()).expect("the defaults are valid");
    assert_eq!(config.listen, defaults::LISTEN);
    assert_eq!(config.http.body_bytes, defaults::MAX_BODY_BYTES);
    assert_eq!(config.reader.rules.call_timeout, defaults::RULES_TIMEOUT);
    assert_eq!(telemetry, TelemetryConfig { format: LogFormat::Text, level: LogLevel::Info });
}

#[test]
fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
    let (_folder, path) = write("max_pages = 3\nqueue_documents = 5\nlog_format = \"json\"\n");
    let args = ServeArgs {
        config: Some(path),
        reader: ReaderArgs { max_pages: Some(4), ..ReaderArgs::default() },
        ..ServeArgs::default()
    };
    let (config, telemetry) = Config::resolve(args).expect("valid");
    assert_eq!(config.reader.document.pages, 4);
    assert_eq!(config.reader.queue_documents, 5);
    assert_eq!(config.reader.batch.documents, defaults::BATCH_DOCUMENTS);
    assert_eq!(telemetry.format, LogFormat::Json);
}

#[test]
fn an_unknown_key_is_refused_by_name() {
    let error = with_file("max_page = 3\n").expect_err("unknown").to_string();
    assert!(error.contains("max_page") && error.contains("dossier.toml"), "{error}");
}

#[test]
fn a_value_that_makes_no_sense_is_refused_by_key() {
    for (text, key) in [
        ("max_body_bytes = 0", "max_body_bytes"),
        ("rules_timeout_ms = 0", "rules_timeout_ms"),
        ("max_page_pixels = 0", "max_page_pixels"),
        ("max_document_pixels = 10", "max_document_pixels"),
        ("batch_pages = 7", "batch_pages"),
        ("body_timeout_ms = 70000", "body_timeout_ms"),
        ("data_root = \"does/not/exist\"", "data_root"),
        ("today = \"2026-02-30\"", "today"),
        ("listen = \"nowhere\"", "listen"),
        ("canary_min_calls = 0", "canary_min_calls"),
        ("canary_max_failure_percent = 101", "canary_max_failure_percent"),
        ("compile_timeout_ms = 0", "compile_timeout_ms"),
        ("watch = \"does/not/exist\"", "watch"),
        ("device = \"cuda:x\"", "device"),
    ] {
        let error = with_file(text).expect_err(text).to_string();
        assert!(error.contains(key), "{text}: {error}");
    }
}

#[test]
fn without_a_data_directory_there_is_no_platform() {
    assert!(with_file("").expect("valid").platform.is_none());
    assert!(with_file("dev = true").expect("valid").platform.is_none());
    let config = with_file("data_dir = \"data\"").expect("valid");
    let platform = config.platform.expect("a data directory");
    assert!(platform.admin.is_none() && !platform.dev && platform.signing_keys.is_empty());
    assert_eq!(platform.canary.min_calls, defaults::CANARY_MIN_CALLS);
    assert_eq!(platform.package_grace, Duration::from_secs(30 * 24 * 3600));
    assert!(!platform.prune_at_start);
    let text = "data_dir = \"d\"\npackage_grace_days = 1\nprune_at_start = true";
    let platform = with_file(text).expect("valid").platform.expect("a data directory");
    assert_eq!(platform.package_grace, Duration::from_secs(24 * 3600));
    assert!(platform.prune_at_start);
}

#[test]
fn an_admin_api_nobody_could_use_is_refused() {
    let error = with_file("admin_listen = \"127.0.0.1:0\"").expect_err("no data directory");
    assert!(error.to_string().contains("data_dir"), "{error}");
    let error = with_file("data_dir = \"data\"\nadmin_listen = \"127.0.0.1:0\"");
    let error = error.expect_err("no token").to_string();
    assert!(error.contains("admin_listen") && error.contains("tokens"), "{error}");
}

#[test]
fn publishers_are_read_from_the_file_and_mistakes_are_named() {
    let key = "ed25519:3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    let digest = "ab".repeat(32);
    let file = |publisher: &str, sha256: &str, types: &str, key: &str| {
        format!(
            "data_dir = \"data\"\nadmin_listen = \"127.0.0.1:0\"\n\
             [[tokens]]\npublisher = \"{publisher}\"\nsha256 = \"{sha256}\"\n\
             document_types = [\"{types}\"]\nplugins = []\n\
             [[signing_keys]]\npublisher = \"team\"\npublic_key = \"{key}\"\n\
             document_types = []\nplugins = [\"utopia\"]\n"
        )
    };
    let config = with_file(&file("team", &digest, "utopia/*", key)).expect("valid");
    let platform = config.platform.expect("a data directory");
    assert_eq!(platform.signing_keys[0].public_key.to_string(), key);
    let admin = platform.admin.expect("an admin API");
    assert_eq!(admin.tokens[0].publisher.name, "team");
    let id = "utopia/visa/1".parse().expect("an id");
    assert!(admin.tokens[0].publisher.scope.allows_document_type(&id));
    for (text, key) in [
        (file("team", "ab", "utopia/*", key), "sha256"),
        (file("team", &digest, "utopia*", key), "document_types"),
        (file("host", &digest, "utopia/*", key), "publisher"),
        (file("a b", &digest, "utopia/*", key), "publisher"),
        (file("team", &digest, "utopia/*", "ed25519:00"), "public_key"),
        (file("team", &digest, "utopia/*", key).replace("plugins", "plugin"), "plugin"),
    ] {
        let error = with_file(&text).expect_err(key).to_string();
        assert!(error.contains(key), "{error}");
    }
}

#[test]
fn a_device_is_read_from_its_name() {
    let device =
        |text: &str| with_file(&format!("device = \"{text}\"")).map(|c| c.reader.model.device);
    assert_eq!(device("cpu").expect("valid"), DeviceKind::Cpu);
    assert_eq!(device("cuda").expect("valid"), DeviceKind::Cuda(0));
    assert_eq!(device("cuda:3").expect("valid"), DeviceKind::Cuda(3));
    assert!(device("gpu").is_err());
}

#[test]
fn a_model_is_kept_in_f32_unless_told_otherwise() {
    let model = |text: &str| with_file(text).map(|config| config.reader.model);
    assert_eq!(model("").expect("valid"), ModelSettings::default());
    let narrow = model("weight_precision = \"int8\"\nadapter_precision = \"bf16\"").expect("valid");
    assert_eq!(narrow.weights, WeightPrecision::Int8);
    assert_eq!(narrow.adapters, AdapterPrecision::Bf16);
    for (key, value) in [("weight_precision", "int4"), ("adapter_precision", "int8")] {
        let error = model(&format!("{key} = \"{value}\"")).expect_err(value).to_string();
        assert!(error.contains(key) && error.contains("bf16"), "{error}");
    }
}

#[test]
fn today_can_be_set() {
    let config = with_file("today = \"2026-02-28\"").expect("valid");
    assert_eq!(config.reader.today(), "2026-02-28");
}

#[test]
fn today_is_the_clock_otherwise() {
    let config = with_file("").expect("valid");
    let date = config.reader.today().parse::<Date>().expect("an ISO 8601 date");
    assert!(date.year() >= 2024);
}

#[test]
fn flags_state_the_defaults_they_have() {
    use clap::{Args as _, Command};
    let command = ServeArgs::augment_args(Command::new("serve"));
    for (flag, default) in [
        ("listen", defaults::LISTEN.to_string()),
        ("device", DeviceKind::default().to_string()),
        ("weight_precision", WeightPrecision::default().to_string()),
        ("adapter_precision", AdapterPrecision::default().to_string()),
        ("max_connections", defaults::MAX_CONNECTIONS.to_string()),
        ("max_concurrent_requests", defaults::MAX_CONCURRENT_REQUESTS.to_string()),
        ("max_body_bytes", defaults::MAX_BODY_BYTES.to_string()),
        ("header_timeout_ms", defaults::HEADER_TIMEOUT.as_millis().to_string()),
        ("body_timeout_ms", defaults::BODY_TIMEOUT.as_millis().to_string()),
        ("request_timeout_ms", defaults::REQUEST_TIMEOUT.as_millis().to_string()),
        ("drain_delay_ms", defaults::DRAIN_DELAY.as_millis().to_string()),
        ("shutdown_timeout_ms", defaults::SHUTDOWN_TIMEOUT.as_millis().to_string()),
        ("max_pages", defaults::MAX_PAGES.to_string()),
        ("max_page_pixels", defaults::MAX_PAGE_PIXELS.to_string()),
        ("max_document_pixels", defaults::MAX_DOCUMENT_PIXELS.to_string()),
        ("queue_documents", defaults::QUEUE_DOCUMENTS.to_string()),
        ("adapter_memory_bytes", defaults::ADAPTER_MEMORY_BYTES.to_string()),
        ("adapter_host_memory_bytes", defaults::ADAPTER_HOST_MEMORY_BYTES.to_string()),
        ("batch_documents", defaults::BATCH_DOCUMENTS.to_string()),
        ("batch_pages", defaults::BATCH_PAGES.to_string()),
        ("batch_rows", defaults::BATCH_ROWS.to_string()),
        ("decode_threads", defaults::DECODE_THREADS.to_string()),
        ("rules_run_ms", defaults::RULES_RUN_BUDGET.as_millis().to_string()),
        ("rules_timeout_ms", defaults::RULES_TIMEOUT.as_millis().to_string()),
        ("rules_memory_bytes", defaults::RULES_MEMORY_BYTES.to_string()),
        ("canary_min_calls", defaults::CANARY_MIN_CALLS.to_string()),
        ("canary_max_failure_percent", defaults::CANARY_MAX_FAILURE_PERCENT.to_string()),
        ("compile_memory_bytes", defaults::COMPILE_MEMORY_BYTES.to_string()),
        ("package_grace_days", defaults::PACKAGE_GRACE_DAYS.to_string()),
        ("compile_timeout_ms", defaults::COMPILE_TIMEOUT.as_millis().to_string()),
    ] {
        let argument =
            command.get_arguments().find(|argument| argument.get_id() == flag).expect(flag);
        let help = argument.get_help().expect("documented").to_string();
        assert!(help.contains(&format!("[default: {default}]")), "{flag}: {help}");
    }
}

#[test]
fn the_readme_has_every_setting() {
    use clap::{Args as _, Command};
    let readme = include_str!("../../../README.md");
    for argument in ServeArgs::augment_args(Command::new("serve")).get_arguments() {
        let key = argument.get_id().as_str();
        let is_told = readme.contains(&format!("| `{key}`"));
        assert!(
            is_told || matches!(key, "config" | "ServeArgs" | "PlatformArgs"),
            "README.md lacks `{key}`"
        );
    }
}
