//! How likely chance alone makes a canary fail as often as it does.

use super::CanaryCounts;

/// A canary ends where chance is less likely than this. It is looked at again after each failure, so that
/// what is rare at one look is not over a hundred: hence a thousandth, and not a twentieth.
pub(super) const MOST_CHANCE: f64 = 0.001;

/// The probability that as many of the failures, or more, fall to the canary if both versions fail alike:
/// Fisher's exact test, one-sided. Where the active version answers nothing, that so many of the canary's
/// requests fail if `percent` of them may: the binomial tail.
pub(super) fn chance(counts: &CanaryCounts, percent: u32) -> f64 {
    let CanaryCounts { calls, failures, active_calls, active_failures } = *counts;
    if active_calls == 0 {
        let share = f64::from(percent) / 100.0;
        let term = |failed: u64| {
            let (failed_n, other) = (failed as f64, (calls - failed) as f64);
            let of_share = if failed == 0 { 0.0 } else { failed_n * share.ln() };
            let of_rest = if calls == failed { 0.0 } else { other * (-share).ln_1p() };
            (ln_choose(calls, failed) + of_share + of_rest).exp()
        };
        return (failures..=calls).map(term).sum::<f64>().min(1.0);
    }
    let all_failures = failures + active_failures;
    let all = ln_choose(calls + active_calls, all_failures);
    let term = |failed: u64| {
        let of_active = all_failures - failed;
        if of_active > active_calls {
            return 0.0;
        }
        (ln_choose(calls, failed) + ln_choose(active_calls, of_active) - all).exp()
    };
    (failures..=calls.min(all_failures)).map(term).sum::<f64>().min(1.0)
}

/// The logarithm of the number of ways to choose `k` of `n`.
fn ln_choose(n: u64, k: u64) -> f64 {
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

/// Exact up to 256, and by Stirling's series beyond: its next term is below 10^-12 there.
fn ln_factorial(n: u64) -> f64 {
    if n < 256 {
        return (2..=n).map(|factor| (factor as f64).ln()).sum();
    }
    let x = n as f64;
    let series = 1.0 / (12.0 * x) - 1.0 / (360.0 * x.powi(3));
    x.mul_add(x.ln(), -x) + 0.5 * (std::f64::consts::TAU * x).ln() + series
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(calls: u64, failures: u64, active_calls: u64, active_failures: u64) -> CanaryCounts {
        CanaryCounts { calls, failures, active_calls, active_failures }
    }

    fn assert_near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9 + expected * 1e-6, "{found} is not {expected}");
    }

    /// Each by hand: 1 / C(10, 5); the tea taster's 17 / 70; no failure at all.
    #[test]
    fn small_tables_are_those_of_the_books() {
        assert_near(chance(&counts(5, 5, 5, 0), 5), 1.0 / 252.0);
        assert_near(chance(&counts(4, 3, 4, 1), 5), 17.0 / 70.0);
        assert_near(chance(&counts(9, 0, 9, 3), 5), 1.0);
    }

    #[test]
    fn large_tables_stay_numbers() {
        let alike = chance(&counts(1_000_000, 10_000, 9_000_000, 90_000), 5);
        assert!((0.4..0.6).contains(&alike), "{alike}");
        let worse = chance(&counts(100_000, 2_000, 900_000, 9_000), 5);
        assert!((0.0..1e-100).contains(&worse), "{worse}");
        assert_near(ln_factorial(256), (2..=256).map(|n| f64::from(n).ln()).sum());
    }

    #[test]
    fn without_an_active_version_the_bound_is_the_hosts() {
        assert_near(chance(&counts(10, 10, 0, 0), 10), 1e-10);
        assert_near(chance(&counts(2, 1, 0, 0), 10), 0.19);
        assert_near(chance(&counts(3, 3, 0, 0), 0), 0.0);
    }
}
