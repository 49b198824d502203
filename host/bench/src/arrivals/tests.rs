//! Who is asked for how often.

use super::*;

#[test]
fn zipf_asks_for_the_first_most_and_uniform_for_all_alike() {
    let digests = (0..100).map(|n| Digest::from_sha256([n; 32])).collect::<Vec<_>>();
    let share_of_first = |popularity: Popularity| {
        let drawn = popularity.draw(&digests, 20_000, 1);
        drawn.iter().filter(|digest| **digest == Some(digests[0])).count() as f64 / 20_000.0
    };
    assert!((share_of_first(Popularity::Uniform) - 0.01).abs() < 0.004);
    // 1 / (1 + 1/2 + ... + 1/100) = 0.193
    assert!((share_of_first(Popularity::Zipf) - 0.193).abs() < 0.02);
}
