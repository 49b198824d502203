//! How often permits come back.

use std::time::{Duration, Instant};

/// Of the mean of the intervals, the share that the last one has: so the last dozen of them count.
const WEIGHT_OF_LAST: f64 = 1.0 / 8.0;

/// The mean interval between permits that are given back, of late.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ReleaseRate {
    last: Option<Instant>,
    mean: Option<Duration>,
}

impl ReleaseRate {
    /// A permit is given back.
    pub(super) fn one_is_back(&mut self, now: Instant) {
        if let Some(last) = self.last {
            let interval = now.saturating_duration_since(last);
            self.mean = Some(match self.mean {
                None => interval,
                Some(mean) => mean.mul_f64(1.0 - WEIGHT_OF_LAST) + interval.mul_f64(WEIGHT_OF_LAST),
            });
        }
        self.last = Some(now);
    }

    /// How long it takes until the next is given back, as far as the past tells. Where nothing came back
    /// for longer than that, as long again as it has lasted.
    pub(super) fn until_the_next(&self, now: Instant) -> Option<Duration> {
        let (last, mean) = (self.last?, self.mean?);
        Some(mean.max(now.saturating_duration_since(last)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn nothing_is_said_before_there_is_an_interval() {
        let start = Instant::now();
        let mut rate = ReleaseRate::default();
        assert_eq!(rate.until_the_next(start), None);
        rate.one_is_back(start);
        assert_eq!(rate.until_the_next(start), None);
    }

    #[test]
    fn it_is_the_mean_interval_of_late() {
        let mut now = Instant::now();
        let mut rate = ReleaseRate::default();
        rate.one_is_back(now);
        for _ in 0..100 {
            now += SECOND * 5;
            rate.one_is_back(now);
        }
        assert_eq!(rate.until_the_next(now), Some(SECOND * 5));
        // It follows a change within some dozens.
        for _ in 0..50 {
            now += SECOND;
            rate.one_is_back(now);
        }
        let told = rate.until_the_next(now).expect("it is known");
        assert!(told >= SECOND && told < SECOND.mul_f64(1.01), "{told:?}");
    }

    #[test]
    fn silence_is_no_sign_that_it_ends() {
        let start = Instant::now();
        let mut rate = ReleaseRate::default();
        rate.one_is_back(start);
        rate.one_is_back(start + SECOND);
        assert_eq!(rate.until_the_next(start + SECOND * 31), Some(SECOND * 30));
        // A clock that stands before the last one is none to go by.
        assert_eq!(rate.until_the_next(start), Some(SECOND));
    }
}
