//! The exact GELU on the CPU, fast enough that it does not cost more than the products around it.

use candle_core::{CpuStorage, InplaceOp1, Layout, Result, Tensor};

use super::blocks::for_blocks_of_rows;
use super::{contiguous_mut, lanes, runs_here};

/// x * Phi(x). candle calls libm's `erff` number by number; on the CPU this one is a rational
/// function that the compiler turns into vector instructions. `x` is overwritten where that is
/// faster, so it must be a fresh result that nobody else looks at.
pub(crate) fn gelu_of_fresh(x: Tensor) -> Result<Tensor> {
    if !(runs_here(&x) && x.is_contiguous()) {
        return x.gelu_erf();
    }
    x.inplace_op1(&Gelu)?;
    Ok(x)
}

struct Gelu;

impl InplaceOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        for_blocks_of_rows(contiguous_mut(storage, layout)?, 1, 4, |_, values| {
            lanes::in_widest_registers(
                #[inline(always)]
                || {
                    for x in values.iter_mut() {
                        *x = gelu_of(*x);
                    }
                },
            );
        });
        Ok(())
    }
}

#[inline(always)]
fn gelu_of(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// The error function as Eigen approximates it (`generic_fast_erf_float`): odd over even polynomial
/// on [-4, 4], beyond which f32 can't tell it from 1. Off by at most a few 1e-7.
#[inline(always)]
fn erf(x: f32) -> f32 {
    let x = x.clamp(-4.0, 4.0);
    let square = x * x;
    let odd = [
        2.770_681_4e-8,
        -2.101_024e-6,
        -5.692_506_4e-5,
        -7.349_906_4e-4,
        -2.954_6e-3,
        -1.609_603_3e-2,
    ];
    let even = [-2.133_740_6e-4, -1.682_827e-3, -7.373_329e-3, -1.426_473_9e-2];
    let numerator = odd.iter().fold(-2.726_142e-10, |sum, coefficient| sum * square + coefficient);
    let denominator =
        even.iter().fold(-1.456_607_2e-5, |sum, coefficient| sum * square + coefficient);
    x * numerator / denominator
}

#[cfg(test)]
mod tests;
