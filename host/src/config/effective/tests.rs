//! Who wins, and what is not shown.

use super::*;

fn typed(arguments: &[&str]) -> PlacedArgs {
    let command = PlacedArgs::augment_args(Command::new("check-config"));
    let matches = command.try_get_matches_from([&["check-config"], arguments].concat());
    PlacedArgs::from_arg_matches(&matches.expect("arguments")).expect("arguments")
}

fn setting<'a>(settings: &'a [Setting], name: &str) -> (Option<&'a str>, Place) {
    let setting = settings.iter().find(|setting| setting.key.name() == name).expect("a key");
    (setting.value.as_deref(), setting.place)
}

#[test]
fn every_key_is_shown_with_the_place_that_won() {
    let file = FileConfig::parse("max_pages = 3\nqueue_documents = 5\ntls_key = \"k.pem\"\n");
    let file = file.expect("a file");
    let settings = effective(&typed(&["--max-pages", "4", "--dev"]), &file);
    let declared = groups().into_iter().flat_map(|group| group.keys).map(Key::name);
    let shown = settings.iter().map(|setting| setting.key.name());
    assert_eq!(shown.collect::<Vec<_>>(), declared.collect::<Vec<_>>());
    assert_eq!(setting(&settings, "max_pages"), (Some("4"), Place::Flag));
    assert_eq!(setting(&settings, "dev"), (Some("true"), Place::Flag));
    assert_eq!(setting(&settings, "queue_documents"), (Some("5"), Place::File));
    assert_eq!(setting(&settings, "tls_key"), (Some("k.pem"), Place::File));
    assert_eq!(setting(&settings, "batch_documents"), (Some("8"), Place::Default));
    assert_eq!(setting(&settings, "data_dir"), (None, Place::Default));
}

#[test]
fn an_address_is_shown_without_what_it_holds_of_secrets() {
    for (value, shown) in [
        ("https://id.example/keys", "https://id.example/keys"),
        ("https://user:pass@id.example/keys", "https://***@id.example/keys"),
        ("https://a@b@id.example", "https://***@id.example"),
        ("https://id.example/keys?api_key=secret", "https://id.example/keys?***"),
        ("https://id.example/a@b", "https://id.example/a@b"),
        ("/etc/dossier/keys@host.json", "/etc/dossier/keys@host.json"),
    ] {
        assert_eq!(without_secrets(value), shown);
    }
}
