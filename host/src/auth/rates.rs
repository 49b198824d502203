//! How many requests each tenant may still send.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dossier_document::Tenant;

use super::{AuthError, Caller};

/// Tenants that are counted at a time. Beyond it those are forgotten that lately asked for little.
const MOST_TENANTS: usize = 10_000;
const MINUTE_SECONDS: f64 = 60.0;

/// What tenants may still ask for. Who has several tokens has one count.
#[derive(Debug, Default)]
pub(super) struct Rates {
    of_tenant: Mutex<BTreeMap<Tenant, Left>>,
}

/// Requests that are left, refilled by the minute. Kept as a share of all that a minute may have, so that
/// tokens of one tenant may differ in their rates.
#[derive(Clone, Copy, Debug)]
struct Left {
    share: f64,
    counted_at: Instant,
}

impl Rates {
    /// Takes a request of a caller, if there is one left.
    ///
    /// # Errors
    /// [`AuthError::Rate`], with the time until there is.
    pub(super) fn take(&self, caller: &Caller, now: Instant) -> Result<(), AuthError> {
        let Some(a_minute) = caller.requests_a_minute else { return Ok(()) };
        let mut tenants = self.tenants();
        if tenants.len() >= MOST_TENANTS && !tenants.contains_key(&caller.tenant) {
            // What is full again tells no more than what is not there.
            tenants.retain(|_, left| left.at(now) < 1.0);
            if tenants.len() >= MOST_TENANTS {
                return Err(AuthError::Rate { after: Duration::from_secs(1) });
            }
        }
        let left = tenants.entry(caller.tenant.clone());
        let left = left.or_insert(Left { share: 1.0, counted_at: now });
        *left = Left { share: left.at(now), counted_at: now };
        // A token that may send nothing is none, so the file has none.
        let one = 1.0 / f64::from(a_minute.max(1));
        let lacking = one - left.share;
        // Sums of shares are off by a hair.
        if lacking > one * 1e-6 {
            let after = Duration::from_secs_f64(lacking * MINUTE_SECONDS);
            return Err(AuthError::Rate { after });
        }
        left.share = (left.share - one).max(0.0);
        Ok(())
    }

    /// No step under the lock can panic half-way.
    fn tenants(&self) -> MutexGuard<'_, BTreeMap<Tenant, Left>> {
        self.of_tenant.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Left {
    fn at(&self, now: Instant) -> f64 {
        let elapsed = now.saturating_duration_since(self.counted_at).as_secs_f64();
        (self.share + elapsed / MINUTE_SECONDS).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(tenant: &str, requests_a_minute: u32) -> Caller {
        Caller {
            tenant: tenant.parse().expect("a name"),
            requests_a_minute: Some(requests_a_minute),
            ..Caller::anybody()
        }
    }

    #[test]
    fn a_minute_has_so_many_requests_and_the_time_told_is_true() {
        let (rates, start) = (Rates::default(), Instant::now());
        let caller = caller("utopia", 30);
        for _ in 0..30 {
            rates.take(&caller, start).expect("one is left");
        }
        let Err(AuthError::Rate { after }) = rates.take(&caller, start) else {
            panic!("none is left");
        };
        assert!((1.99..=2.0).contains(&after.as_secs_f64()), "{after:?}");
        assert!(rates.take(&caller, start + after.mul_f64(0.9)).is_err(), "not yet");
        rates.take(&caller, start + after).expect("as was told");
        assert!(rates.take(&caller, start + after).is_err());
        // Nothing is saved up beyond a minute.
        let later = start + Duration::from_secs(10_000);
        let taken = (0..100).filter(|_| rates.take(&caller, later).is_ok()).count();
        assert_eq!(taken, 30);
    }

    #[test]
    fn one_tenants_requests_take_none_of_anothers() {
        let (rates, now) = (Rates::default(), Instant::now());
        while rates.take(&caller("flood", 5), now).is_ok() {}
        rates.take(&caller("other", 1), now).expect("its own");
        // Another token of the same tenant has the same count.
        assert!(rates.take(&caller("flood", 4), now).is_err());
    }

    #[test]
    fn tenants_beyond_all_that_are_counted_wait_until_one_is_full_again() {
        let (rates, now) = (Rates::default(), Instant::now());
        for number in 0..MOST_TENANTS {
            rates.take(&caller(&format!("t{number}"), 2), now).expect("there is room");
        }
        let late = caller("late", 2);
        assert!(rates.take(&late, now).is_err());
        rates.take(&late, now + Duration::from_secs(31)).expect("the others are full again");
        assert_eq!(rates.tenants().len(), 1);
    }
}
