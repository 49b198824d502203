//! How long loads of adapters take.

use std::time::Duration;

/// Where a load began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LoadedFrom {
    /// The disk.
    Disk,
    /// Files that were kept in the host's memory.
    HostMemory,
}

/// Upper bounds in seconds of the durations that [`LoadTimes`] tells apart.
const BOUNDS: [f64; 12] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0];

/// How often loads took how long, from the start.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LoadTimes {
    classes: [u64; BOUNDS.len()],
    beyond: u64,
    sum_seconds: f64,
}

impl LoadTimes {
    pub(super) fn count(&mut self, time: Duration) {
        let seconds = time.as_secs_f64();
        match BOUNDS.iter().position(|bound| seconds <= *bound) {
            Some(class) => self.classes[class] += 1,
            None => self.beyond += 1,
        }
        self.sum_seconds += seconds;
    }

    /// Upper bounds in seconds, each with the loads up to it and above the one before; those beyond all
    /// bounds are under infinity.
    #[must_use]
    pub fn classes(&self) -> Vec<(f64, u64)> {
        let beyond = [(f64::INFINITY, self.beyond)];
        BOUNDS.iter().copied().zip(self.classes).chain(beyond).collect()
    }

    /// Seconds of all loads together.
    #[must_use]
    pub fn sum_seconds(&self) -> f64 {
        self.sum_seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_is_counted_up_to_its_bound() {
        let mut times = LoadTimes::default();
        for milliseconds in [1, 2, 30, 60_000] {
            times.count(Duration::from_millis(milliseconds));
        }
        let counted = times.classes().into_iter().filter(|(_, count)| *count > 0);
        let expected = [(0.001, 1), (0.002, 1), (0.05, 1), (f64::INFINITY, 1)];
        assert_eq!(counted.collect::<Vec<_>>(), expected);
        assert!((times.sum_seconds() - 60.033).abs() < 1e-9);
    }
}
