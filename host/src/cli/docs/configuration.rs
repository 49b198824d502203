//! `configuration.md`.

use std::fmt::Write as _;

use super::{head, row};
use crate::config::{EntryKeys, Form, Key, KeyGroup, entries, groups};

const TOP: &str = "\
# Configuration

`dossier docs` writes this page from the declarations in `host/src/config/keys.rs`: change it there.

Every key can be set in three places. A flag wins over its environment variable, that over the file, that
over the default:

| place | written as |
|---|---|
| flag | `--max-pages 4` |
| environment variable | `DOSSIER_MAX_PAGES=4` |
| file, TOML, named by `--config FILE` or `DOSSIER_CONFIG` | `max_pages = 4` |

An unknown key, or a value outside its bounds, stops the start with an error that names the key. In the file,
texts stand in quotes, and numbers don't. A text has 4,096 bytes at most, the file 1 MiB.
[The command line](cli.md) tells which commands take which keys.
";

const PUBLISHERS: &str = "
## Publishers

Who may use the admin API, and whose signature counts, stands in the file alone, 1,000 of each at most:

```toml
data_dir = \"/var/lib/dossier\"
admin_listen = \"10.0.0.5:8081\"

[[tokens]]
publisher = \"utopia-interior\"
sha256 = \"…\"
document_types = [\"utopia/*\"]
plugins = [\"utopia\", \"utopia-*\"]

[[signing_keys]]
publisher = \"utopia-interior\"
public_key = \"ed25519:…\"
document_types = [\"utopia/*\"]
plugins = [\"utopia\", \"utopia-*\"]
```

`revoked_packages = [\"sha256:…\"]`, above the tables, names packages that serve nobody any more. A key that is
taken out of the file activates nothing any more; what serves already goes on.
";

/// The page.
pub(super) fn page() -> String {
    let mut page = TOP.to_owned();
    for KeyGroup { title, about, keys } in groups() {
        // Writing to a String can't fail.
        let _ = write!(page, "\n## {title}\n\n{about}\n\n");
        page += &head(["key", "default", "values", "meaning"]);
        for key in keys {
            let name = format!("`{}`", key.name());
            page += &row([&name, &unless_set(key), &values(key), key.meaning()]);
        }
    }
    page += PUBLISHERS;
    for EntryKeys { list, about, keys } in entries() {
        let _ = write!(page, "\n### `{list}`\n\n{about}\n\n");
        page += &head(["key", "meaning"]);
        for (name, meaning) in keys {
            page += &row([&format!("`{name}`"), &meaning]);
        }
    }
    page
}

fn unless_set(key: &Key) -> String {
    match key.default() {
        Some(value) => format!("`{value}`"),
        None => key.unless_set().to_owned(),
    }
}

fn values(key: &Key) -> String {
    let words = |words: &[String]| {
        words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
    };
    match key.form() {
        Form::Number { range, .. } => format!("{} to {}", range.start(), range.end()),
        Form::Text { shape } if key.words().is_empty() => format!("`{shape}`"),
        Form::Text { .. } => words(key.words()),
        Form::Switch => "`true`, `false`".to_owned(),
    }
}
