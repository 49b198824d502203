//! What is quarantined is tried again, beside everything else: a slow disk, or rules that were not asked in
//! time, need nobody to come back.

use std::time::Duration;

use super::ask::{Answers, Pair};
use super::fitness::Fitness;
use super::task::{Message, Outcome};
use super::{ATTEMPTS, Reload};
use crate::error::EngineError;
use crate::ready::Ready;
use crate::snapshot::Quarantine;

/// From a start to the first try.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest time between two.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// What is asked of the task: to assemble the generation that serves anew.
#[derive(Clone, Debug, Default)]
pub(super) struct Recheck {
    pub(super) ready: Vec<Ready>,
    pub(super) answers: Answers,
    pub(super) fitness: Fitness,
}

impl Reload {
    /// Tries again until nothing is quarantined, or the host ends.
    pub(super) async fn recheck_until_fit(self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let waited = async {
                tokio::time::sleep(pause).await;
                Ok(())
            };
            if self.unless_stopped(waited).await.is_err() {
                return;
            }
            match self.unless_stopped(self.recheck()).await {
                Ok(()) if self.shared.snapshot.pin().is_as_named() => return,
                Ok(()) => {}
                Err(EngineError::Stopped) => return,
                Err(error) => tracing::warn!(%error, "what is quarantined can't be tried again"),
            }
            pause = (pause * 8).min(LONGEST_PAUSE);
        }
    }

    /// Tries once.
    pub(crate) async fn recheck(&self) -> Result<(), EngineError> {
        let mut recheck = Recheck::default();
        // Each earlier version that is tried takes an attempt or two.
        for _ in 0..ATTEMPTS * 4 {
            let asked = recheck.clone();
            match self.ask(|answer| Message::Recheck { recheck: Box::new(asked), answer }).await?? {
                Outcome::Applied(_) => return Ok(()),
                Outcome::Unready(packages) => {
                    for package in packages {
                        match self.shared.prepare(package).await {
                            Ok(ready) => recheck.ready.push(ready),
                            Err(error) => recheck.fitness.mark(package, Quarantine::of(&error)),
                        }
                    }
                }
                Outcome::Unasked(pairs) => self.answer_leniently(pairs, &mut recheck.answers).await,
            }
        }
        Err(EngineError::Busy)
    }

    async fn answer_leniently(&self, pairs: Vec<Pair>, into: &mut Answers) {
        for (pair, answer) in self.shared.ask_all(pairs, None).await {
            into.add(&pair, answer.map_err(|error| Quarantine::of(&error)));
        }
    }
}
