//! Sums and maxima in the width of a vector register: the compiler may not change the order of
//! f32 additions, so the code asks for an order that fits.

const LANES: usize = 16;

/// Calls `f`, compiled for the widest registers that this CPU has. The closure, and all that it
/// calls, must be `#[inline(always)]`: what is not inlined stays as narrow as the build's target.
#[inline]
pub(super) fn in_widest_registers(f: impl FnMut()) {
    pulp::Arch::new().dispatch(Widest(f));
}

/// pulp takes closures too, but calls them by value: through a shim that is not inlined.
struct Widest<F>(F);

impl<F: FnMut()> pulp::WithSimd for Widest<F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(mut self, _: S) {
        (self.0)();
    }
}

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
    total(lanes) + rest
}

/// Half onto half: one after the other, each addition would wait for the last.
#[inline(always)]
fn total(mut lanes: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}

/// The sum of the products of two slices of one length.
#[inline(always)]
pub(super) fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut lanes = [0f32; LANES];
    let whole = left.len() / LANES * LANES;
    let right = &right[..left.len()];
    for first in (0..whole).step_by(LANES) {
        let (left, right) = (&left[first..first + LANES], &right[first..first + LANES]);
        for ((lane, left), right) in lanes.iter_mut().zip(left).zip(right) {
            *lane = left.mul_add(*right, *lane);
        }
    }
    let rest = left[whole..].iter().zip(&right[whole..]).map(|(left, right)| left * right);
    total(lanes) + rest.sum::<f32>()
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

/// Attention of one query: `keys` and `values` are rows of its length, as many as `scores`, which
/// are overwritten; `attended` holds zeros before.
#[inline(always)]
pub(super) fn attend(
    query: &[f32],
    keys: &[f32],
    values: &[f32],
    scaling: f32,
    scores: &mut [f32],
    attended: &mut [f32],
) {
    for (score, key) in scores.iter_mut().zip(keys.chunks_exact(query.len())) {
        *score = scaling * dot(query, key);
    }
    softmax(scores);
    for (score, value) in scores.iter().zip(values.chunks_exact(query.len())) {
        for (sum, value) in attended.iter_mut().zip(value) {
            *sum = score.mul_add(*value, *sum);
        }
    }
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
