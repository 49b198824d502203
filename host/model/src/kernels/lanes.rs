//! Sums and maxima in the width of a vector register: the compiler may not change the order of
//! f32 additions, so the code asks for an order that fits.

const LANES: usize = 16;

#[inline(always)]
pub(super) fn sum(values: &[f32]) -> f32 {
    sum_of(values, |value| value)
}

/// The sum of `map` over all values.
#[inline(always)]
pub(super) fn sum_of(values: &[f32], map: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0f32; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder().iter().map(|value| map(*value)).sum::<f32>();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += map(*value);
        }
    }
    lanes.iter().sum::<f32>() + rest
}

/// The sum of the products of two slices of one length.
#[inline(always)]
pub(super) fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut lanes = [0f32; LANES];
    let (left, right) = (left.chunks_exact(LANES), right.chunks_exact(LANES));
    let rest = left.remainder().iter().zip(right.remainder());
    let rest = rest.map(|(left, right)| left * right).sum::<f32>();
    for (left, right) in left.zip(right) {
        for ((lane, left), right) in lanes.iter_mut().zip(left).zip(right) {
            *lane += left * right;
        }
    }
    lanes.iter().sum::<f32>() + rest
}

/// The greatest value that is a number; negative infinity if there is none.
#[inline(always)]
pub(super) fn greatest(values: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder().iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = if *value > *lane { *value } else { *lane };
        }
    }
    lanes.iter().copied().fold(rest, f32::max)
}

/// Softmax of one row in place. A row with a value that is not a number has no value that is one.
#[inline(always)]
pub(super) fn softmax(scores: &mut [f32]) {
    let greatest = greatest(scores);
    scores.iter_mut().for_each(|score| *score = exp(*score - greatest));
    let scale = sum(scores).recip();
    scores.iter_mut().for_each(|score| *score *= scale);
}

/// e^x for x <= 0, as Cephes computes it: a power of two times a polynomial on half a unit around 0.
/// Below -87 the result is as good as 0.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Adding 1.5 * 2^23 rounds to a whole number, which then stands in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    // Not `max`, which would turn NaN into a number.
    let x = if x < -87.0 { -87.0 } else { x };
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let power = rounded - ROUND;
    let r = x - power * LN_2_HIGH - power * LN_2_LOW;
    let polynomial = [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5]
        .iter()
        .fold(1.987_569_1e-4, |sum, coefficient| sum * r + coefficient);
    let mantissa = polynomial * r * r + r + 1.0;
    mantissa * f32::from_bits((rounded.to_bits() << 23).wrapping_add(1f32.to_bits()))
}
