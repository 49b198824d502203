//! A host under attack, as a process, and what good clients still get of it.
//!
//! Every attack comes from clients that come back at once when they are cut off, and from one address, as
//! behind a proxy. What is measured is what somebody else gets meanwhile; where that is a time, it is
//! compared with the time beside as many ordinary clients of the same run, so that the machine does not
//! matter.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use clap::ValueEnum;

mod connections;
mod documents;
#[path = "../../host/plugin/tests/plugin/guest.rs"]
mod guests;
mod host;
mod pages;
mod publishers;
mod rules;
mod tenants;
mod wire;

/// One way to attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Attack {
    /// Many ask for one field of a tiny page, again and again.
    ManySmall,
    /// Pages of a few bytes that state forty million pixels.
    FewBytesManyPixels,
    /// Files that are small and dear to decode.
    DearBytes,
    /// Bodies that come byte by byte.
    SlowBodies,
    /// Rules of one document type that sleep.
    SleepingRules,
    /// Rules of one document type that move all of their memory.
    MovingRules,
    /// Rules of some document types that do not answer at the start.
    SilentRules,
    /// A publisher who asks for everything that a publisher may, without a pause.
    PublisherFlood,
    /// Connections that ask nothing.
    IdleConnections,
    /// Answers that nobody reads.
    UnreadAnswers,
    /// Heads that two readers may read in two ways.
    AmbiguousHeads,
    /// A tenant that sends more ordinary documents than can be read.
    TenantFlood,
}

impl Attack {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::ManySmall,
        Self::FewBytesManyPixels,
        Self::DearBytes,
        Self::SlowBodies,
        Self::SleepingRules,
        Self::MovingRules,
        Self::SilentRules,
        Self::PublisherFlood,
        Self::IdleConnections,
        Self::UnreadAnswers,
        Self::AmbiguousHeads,
        Self::TenantFlood,
    ];
}

/// How long it is tried.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Good documents of which the median time is taken.
    documents: usize,
    /// How long attacks last of which a share is taken.
    lasting: Duration,
    /// Attackers that hold what is scarce.
    crowd: usize,
}

impl Size {
    /// A minute all together.
    pub const SHORT: Self = Self { documents: 3, lasting: Duration::from_secs(3), crowd: 32 };
    /// A few minutes.
    pub const FULL: Self = Self { documents: 9, lasting: Duration::from_secs(12), crowd: 200 };
}

/// What was measured under an attack, and the worst it may be.
#[derive(Clone, Debug)]
pub struct Figure {
    attack: Attack,
    what: String,
    value: f64,
    bar: Bar,
    /// What it was before the attack was held against, if that was measured.
    before: &'static str,
}

/// The worst that a figure may be.
#[derive(Clone, Copy, Debug)]
enum Bar {
    AtMost(f64, &'static str),
    AtLeast(f64, &'static str),
}

impl Figure {
    fn at_most(attack: Attack, what: &str, value: f64, bar: f64, unit: &'static str) -> Self {
        Self { attack, what: what.to_owned(), value, bar: Bar::AtMost(bar, unit), before: "" }
    }

    fn at_least(attack: Attack, what: &str, value: f64, bar: f64, unit: &'static str) -> Self {
        Self { attack, what: what.to_owned(), value, bar: Bar::AtLeast(bar, unit), before: "" }
    }

    /// What was measured before it was held against; `host/SECURITY.md` tells of which commit, and how.
    fn before(self, before: &'static str) -> Self {
        Self { before, ..self }
    }

    fn is_within(&self) -> bool {
        match self.bar {
            Bar::AtMost(bar, _) => self.value <= bar,
            Bar::AtLeast(bar, _) => self.value >= bar,
        }
    }
}

/// What came of all attacks; shows as a table.
#[derive(Debug)]
pub struct SiegeReport {
    figures: Vec<Figure>,
}

impl SiegeReport {
    /// Whether everything is within its bar.
    ///
    /// # Errors
    /// When something is not; the table tells what.
    pub fn within_bars(&self) -> anyhow::Result<()> {
        ensure!(!self.figures.is_empty(), "nothing was measured");
        let missed = self.figures.iter().filter(|figure| !figure.is_within()).count();
        ensure!(missed == 0, "{missed} of {} figures miss their bar", self.figures.len());
        Ok(())
    }
}

impl fmt::Display for SiegeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| attack | what | before | figure | bar | |\n|---|---|---|---|---|---|")?;
        for figure in &self.figures {
            let attack = figure.attack.to_possible_value();
            let attack = attack.as_ref().map_or("", |value| value.get_name());
            let (word, bar, unit) = match figure.bar {
                Bar::AtMost(bar, unit) => ("at most", bar, unit),
                Bar::AtLeast(bar, unit) => ("at least", bar, unit),
            };
            let outcome = if figure.is_within() { "" } else { "MISSED" };
            let Figure { what, value, before, .. } = figure;
            writeln!(
                f,
                "| {attack} | {what} | {before} | {value:.2} {unit} | {word} {bar} {unit} | {outcome} |"
            )?;
        }
        Ok(())
    }
}

/// Attacks the host that `binary` is.
///
/// # Errors
/// When the host does not start, or does not read an ordinary document.
pub async fn besiege(binary: &Path, attacks: &[Attack], size: Size) -> anyhow::Result<SiegeReport> {
    let mut figures = Vec::new();
    for &attack in attacks {
        figures.extend(match attack {
            Attack::ManySmall => documents::many_small(binary, size).await?,
            Attack::FewBytesManyPixels => documents::few_bytes_many_pixels(binary, size).await?,
            Attack::DearBytes => documents::dear_bytes(binary).await?,
            Attack::SlowBodies => connections::slow_bodies(binary, size).await?,
            Attack::SleepingRules => rules::sleeping(binary, size).await?,
            Attack::MovingRules => rules::moving(binary, size).await?,
            Attack::SilentRules => rules::silent(binary, size).await?,
            Attack::PublisherFlood => publishers::flood(binary, size).await?,
            Attack::IdleConnections => connections::idle(binary, size).await?,
            Attack::UnreadAnswers => connections::unread_answers(binary, size).await?,
            Attack::AmbiguousHeads => connections::ambiguous_heads(binary).await?,
            Attack::TenantFlood => tenants::flood(binary, size).await?,
        });
    }
    Ok(SiegeReport { figures })
}
