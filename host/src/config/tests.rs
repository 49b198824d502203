//! What was typed against what is run with.

use std::path::PathBuf;

use clap::{Args as _, CommandFactory as _, FromArgMatches as _, Parser as _};
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
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.http.body_bytes, 33_554_432);
    assert_eq!(config.reader.rules.call_timeout, dossier_plugin::PluginSettings::CALL_TIMEOUT);
    assert_eq!(telemetry, TelemetryConfig { format: LogFormat::Text, level: LogLevel::Info });
}

#[test]
fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
    let (_folder, path) = write("max_pages = 3\nqueue_documents = 5\nlog_format = \"json\"\n");
    let args = ServeArgs {
        config: Some(path),
        reader: ReaderArgs {
            reading: ReadingArgs { max_pages: Some(4), ..ReadingArgs::default() },
            ..ReaderArgs::default()
        },
        ..ServeArgs::default()
    };
    let (config, telemetry) = Config::resolve(args).expect("valid");
    assert_eq!(config.reader.document.pages, 4);
    assert_eq!(config.reader.queue_documents, 5);
    assert_eq!(config.reader.batch.documents, 8);
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
    assert_eq!(platform.canary.min_calls, 20);
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

/// The flags of the server, as a command of their own.
#[derive(Debug, clap::Parser)]
struct Serve {
    #[command(flatten)]
    args: ServeArgs,
}

fn typed(arguments: &[String]) -> Result<ServeArgs, clap::Error> {
    let program = "serve".to_owned();
    Serve::try_parse_from(std::iter::once(&program).chain(arguments)).map(|serve| serve.args)
}

fn flag_of(key: &Key) -> String {
    key.name().replace('_', "-")
}

fn all_keys() -> Vec<&'static Key> {
    groups().into_iter().flat_map(|group| group.keys).collect()
}

#[test]
fn every_key_has_a_flag_a_variable_and_a_place_in_the_file() {
    let command = Serve::command();
    let keys = all_keys();
    assert!(keys.len() > 30, "{}", keys.len());
    for key in keys {
        let argument = command.get_arguments().find(|argument| argument.get_id() == key.name());
        let argument = argument.unwrap_or_else(|| panic!("no flag sets {}", key.name()));
        let flag = flag_of(key);
        assert_eq!(argument.get_long(), Some(flag.as_str()));
        let variable = format!("DOSSIER_{}", key.name().to_uppercase());
        assert_eq!(argument.get_env().and_then(|name| name.to_str()), Some(variable.as_str()));
        let help = argument.get_help().expect("documented").to_string();
        assert!(help.contains(&format!("[default: {}]", key.unless_set())), "{help}");
        if let Some(default) = key.default() {
            // Numbers, `true` and `false` stand without quotes.
            let value = match key.form() {
                Form::Text { .. } => format!("\"{default}\""),
                Form::Number { .. } | Form::Switch => default.to_owned(),
            };
            let set = with_file(&format!("{} = {value}", key.name()));
            assert!(set.is_ok(), "the file refuses the default of {}: {set:?}", key.name());
            let set = typed(&[format!("--{flag}={default}")]);
            assert!(set.is_ok(), "the flag refuses the default of {}: {set:?}", key.name());
        }
    }
}

#[test]
fn every_number_has_bounds_that_hold_wherever_it_is_written() {
    let mut numbers = 0;
    for key in all_keys() {
        let Form::Number { range, .. } = key.form() else { continue };
        numbers += 1;
        let beyond = [range.end().checked_add(1), range.start().checked_sub(1)];
        for value in beyond.into_iter().flatten().map(|value| value.to_string()) {
            let error = FileConfig::parse(&format!("{} = {value}", key.name()));
            let error = error.expect_err(&value).to_string();
            assert!(error.contains(key.name()), "{error}");
            let bounds = format!("from {} to {}", range.start(), range.end());
            assert!(error.contains(&bounds), "{error}");
            let error = typed(&[format!("--{}={value}", flag_of(key))]).expect_err(&value);
            let error = error.to_string();
            assert!(error.contains(&flag_of(key)) && error.contains(&bounds), "{error}");
        }
        for value in [range.start(), range.end()] {
            let file = FileConfig::parse(&format!("{} = {value}", key.name()));
            assert!(file.is_ok(), "{}: {file:?}", key.name());
            let args = typed(&[format!("--{}={value}", flag_of(key))]);
            assert!(args.is_ok(), "{}: {args:?}", key.name());
        }
        for value in ["-1", "1.5", "\"8\"", "true", "[1]", "1979-05-27"] {
            let error = FileConfig::parse(&format!("{} = {value}", key.name()));
            let error = error.expect_err(value).to_string();
            assert!(error.contains(key.name()), "{error}");
        }
    }
    assert!(numbers > 20, "{numbers}");
}

#[test]
fn texts_have_bounds_too() {
    for key in all_keys() {
        if !matches!(key.form(), Form::Text { .. }) {
            continue;
        }
        for text in [String::new(), "x".repeat(value::MAX_TEXT_BYTES + 1)] {
            let error = FileConfig::parse(&format!("{} = \"{text}\"", key.name()));
            assert!(error.expect_err("no text").to_string().contains(key.name()));
            assert!(typed(&[format!("--{}={text}", flag_of(key))]).is_err(), "{}", key.name());
        }
        let error = FileConfig::parse(&format!("{} = 1", key.name())).expect_err("no text");
        assert!(error.to_string().contains("a text, in quotes"), "{error}");
    }
}

#[test]
fn a_switch_is_on_off_or_not_set() {
    let dev = |arguments: &[&str]| {
        let arguments = arguments.iter().map(ToString::to_string).collect::<Vec<_>>();
        typed(&arguments).map(|args| args.platform.dev)
    };
    assert_eq!(dev(&[]).expect("valid"), None);
    assert_eq!(dev(&["--dev"]).expect("valid"), Some(true));
    assert_eq!(dev(&["--dev=false"]).expect("valid"), Some(false));
    assert!(dev(&["--dev=1"]).is_err());
    // A flag wins, whichever it says.
    let (_folder, path) = write("data_dir = \"data\"\ndev = true");
    let platform = PlatformArgs { dev: Some(false), ..PlatformArgs::default() };
    let args = ServeArgs { config: Some(path), platform, ..ServeArgs::default() };
    let (config, _) = Config::resolve(args).expect("valid");
    assert!(!config.platform.expect("a data directory").dev);
}

#[test]
fn a_key_is_declared_once() {
    let mut names = all_keys().iter().map(|key| key.name()).collect::<Vec<_>>();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
    for key in all_keys() {
        assert!(key.meaning().ends_with('.'), "{}: {}", key.name(), key.meaning());
    }
}

#[test]
fn what_is_typed_later_wins_over_what_was_typed_before() {
    let command = HttpArgs::augment_args(clap::Command::new("serve"));
    let matches = |flag: &str| {
        let matches = command.clone().try_get_matches_from(["serve", flag]);
        matches.expect("valid")
    };
    let mut args = HttpArgs::from_arg_matches(&matches("--max-connections=3")).expect("valid");
    args.update_from_arg_matches(&matches("--max-body-bytes=4")).expect("valid");
    assert_eq!((args.max_connections, args.max_body_bytes), (Some(3), Some(4)));
}

#[test]
fn lists_and_the_file_have_bounds() {
    let error = with_file(&"#".repeat(file::MOST_FILE_BYTES + 1)).expect_err("too long");
    assert!(matches!(error, ConfigError::FileTooLong { .. }), "{error}");
    let key = "[[signing_keys]]\npublisher = \"a\"\npublic_key = \"\"\n\
               document_types = []\nplugins = []\n";
    let error = FileConfig::parse(&key.repeat(1_001)).expect_err("too many").to_string();
    assert!(error.contains("1000"), "{error}");
    assert_eq!(FileConfig::parse(&key.repeat(1_000)).expect("valid").signing_keys.len(), 1_000);
    let patterns = vec!["\"a\""; 1_001].join(",");
    let error = FileConfig::parse(&key.replace("plugins = []", &format!("plugins = [{patterns}]")));
    assert!(error.expect_err("too many").to_string().contains("1000"));
}
