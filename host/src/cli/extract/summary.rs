//! What came of many documents, in a few lines for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;

use super::record::ResultBody;

/// Counts what is read.
#[derive(Debug)]
pub(super) struct Summary {
    started: Instant,
    total: usize,
    left_alone: usize,
    before: usize,
    verdicts: BTreeMap<&'static str, usize>,
    problems: BTreeMap<String, usize>,
}

impl Summary {
    /// Begins with nothing read.
    pub(super) fn begin(total: usize, left_alone: usize) -> Self {
        let (verdicts, problems) = Default::default();
        Self { started: Instant::now(), total, left_alone, before: 0, verdicts, problems }
    }

    /// A document was read by an earlier run.
    pub(super) fn count_before(&mut self) {
        self.before += 1;
    }

    /// A document was read now, or could not be.
    pub(super) fn count(&mut self, result: &ResultBody<'_>) {
        match result {
            ResultBody::Answer(answer) => *self.verdicts.entry(answer.verdict()).or_default() += 1,
            ResultBody::Problem(problem) => {
                *self.problems.entry(problem.code.clone()).or_default() += 1;
            }
        }
    }

    /// How many could not be read.
    pub(super) fn unread(&self) -> usize {
        self.problems.values().sum()
    }

    /// Tells it on the standard error stream: the output is for what was read.
    pub(super) fn tell(&self, out: &str) {
        eprint!("{}", self.text(out, self.started.elapsed().as_secs_f64()));
    }

    fn text(&self, out: &str, seconds: f64) -> String {
        let read = self.verdicts.values().sum::<usize>();
        let done = read + self.unread() + self.before;
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = read as f64 / seconds.max(1e-3);
        let mut text = format!(
            "{out}: {} of {} documents, {read} of them read now in {seconds:.1} s ({rate:.1} a second)\n",
            done - self.unread(),
            self.total,
        );
        let mut row = |count: usize, what: &str| {
            if count > 0 {
                // Writing to a String can't fail.
                let _ = writeln!(text, "{count:>9}  {what}");
            }
        };
        for (verdict, count) in &self.verdicts {
            row(*count, verdict);
        }
        for (code, count) in &self.problems {
            row(*count, &format!("not read: {code}"));
        }
        row(self.before, "read by an earlier run");
        row(self.total - done, "left for the next run");
        row(self.left_alone, "files left alone: by their names they are no pictures");
        text
    }
}

#[cfg(test)]
mod tests;
