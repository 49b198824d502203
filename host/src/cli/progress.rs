//! Bars on a terminal, for what may take longer than a second. Elsewhere nothing of them is printed.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often what moves by itself does.
const TICK: Duration = Duration::from_millis(120);

/// A bar for so many of something, with their rate and the time that is left.
pub(super) fn counted(total: usize, what: &'static str) -> ProgressBar {
    let template = format!("{{bar:32}} {{pos}}/{{len}} {what}  {{per_sec}}  {{eta}} left");
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
    bar.with_style(style(&template))
}

/// A bar for bytes that come in; where nobody says how many there will be, it counts them.
pub(super) fn bytes(total: Option<u64>) -> ProgressBar {
    let template = match total {
        Some(_) => "{bar:32} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left",
        None => "{spinner} {bytes}  {bytes_per_sec}",
    };
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
    bar.with_style(style(template))
}

/// Something that turns while nobody can tell how long it takes.
pub(super) fn waiting(what: impl Into<String>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    wait_on(&bar, what);
    bar
}

/// Has a bar turn from now on: nobody can tell how long the rest takes.
pub(super) fn wait_on(bar: &ProgressBar, what: impl Into<String>) {
    bar.set_style(style("{spinner} {msg}  {elapsed}"));
    bar.set_message(what.into());
    bar.enable_steady_tick(TICK);
}

/// The template is this file's own; should it ever be none, there is a bar without words.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
