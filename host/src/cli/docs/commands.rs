//! `cli.md`.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory as _};

use super::{head, row};
use crate::cli::Cli;
use crate::config::groups;

const TOP: &str = "\
# Command line

`dossier docs` writes this page from the flags that the program declares: change it there.

Logs go to the standard error stream, results to the standard output.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | failed: the last line says why |
| 2 | wrong usage: an argument, or an environment variable of a key, is not understood |
| 64 | the configuration can't be used |

`dossier-bench` is a program of its own, which measures this one: `cargo run --release --bin dossier-bench -- --help`.
";

/// The page.
pub(super) fn page() -> String {
    let mut command = Cli::command();
    command.build();
    let leaves = leaves(&command);
    let mut page = TOP.to_owned() + "\n" + &head(["command", "what it does"]);
    for (name, command) in &leaves {
        page += &row([&format!("[`{name}`](#{})", name.replace(' ', "-")), &about(command)]);
    }
    for (name, command) in leaves {
        page += &section(&name, command);
    }
    page
}

/// The commands that do something, by what is typed for them: the leaves that are not hidden.
pub(super) fn leaves(command: &Command) -> Vec<(String, &Command)> {
    let mut leaves = Vec::new();
    collect(command, "", &mut leaves);
    leaves
}

fn collect<'a>(command: &'a Command, parents: &str, leaves: &mut Vec<(String, &'a Command)>) {
    let name = format!("{parents}{}", command.get_name());
    let mut is_leaf = true;
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        is_leaf = false;
        if !below.is_hide_set() {
            collect(below, &format!("{name} "), leaves);
        }
    }
    if is_leaf {
        leaves.push((name, command));
    }
}

fn section(name: &str, command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let long = command.get_long_about().map_or_else(|| about(command), ToString::to_string);
    let mut section =
        format!("\n## {name}\n\n{long}\n\n```\n{}\n```\n", usage.trim_start_matches("Usage: "));
    let groups = groups();
    let is_key = |argument: &Arg| {
        let id = argument.get_id().as_str();
        // A key is never typed by its place alone.
        argument.get_long().is_some()
            && groups.iter().flat_map(|group| group.keys).any(|key| key.name() == id)
    };
    let own = command
        .get_arguments()
        .filter(|argument| !is_key(argument) && !matches!(argument.get_id().as_str(), "help"))
        .collect::<Vec<_>>();
    if !own.is_empty() {
        section += "\n";
        section += &head(["argument", "meaning"]);
        for argument in own {
            section += &row([&written(argument), &meaning(argument)]);
        }
    }
    let taken = groups.iter().filter(|group| {
        let first = group.keys.first().map(|key| key.name());
        let is_first = |argument: &Arg| Some(argument.get_id().as_str()) == first;
        command.get_arguments().any(|argument| is_key(argument) && is_first(argument))
    });
    let taken = taken
        .map(|group| format!("[{}](configuration.md#{})", group.title, group.title.to_lowercase()));
    let taken = taken.collect::<Vec<_>>();
    if !taken.is_empty() {
        // Writing to a String can't fail.
        let _ = write!(section, "\nKeys of the configuration: {}.\n", taken.join(", "));
    }
    section
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

/// How an argument is typed.
fn written(argument: &Arg) -> String {
    let values = argument.get_value_names().unwrap_or_default();
    let value = values.first().map(ToString::to_string).unwrap_or_default();
    let takes_value = argument.get_action().takes_values();
    match argument.get_long() {
        Some(long) if takes_value => format!("`--{long} {value}`"),
        Some(long) => format!("`--{long}`"),
        None => format!("`{value}`"),
    }
}

fn meaning(argument: &Arg) -> String {
    let mut meaning = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let words = argument.get_possible_values();
    if argument.get_action().takes_values() && !words.is_empty() {
        let words = words.iter().map(|word| format!("`{}`", word.get_name())).collect::<Vec<_>>();
        let _ = write!(meaning, ": {}", words.join(", "));
    }
    if let Some(variable) = argument.get_env() {
        let _ = write!(meaning, " (`{}`)", variable.to_string_lossy());
    }
    let defaults = argument.get_default_values();
    if argument.get_action().takes_values() && !defaults.is_empty() {
        let defaults = defaults.iter().map(|value| value.to_string_lossy()).collect::<Vec<_>>();
        let _ = write!(meaning, " [default: `{}`]", defaults.join(","));
    }
    meaning
}
