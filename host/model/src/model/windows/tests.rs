//! The gathers against a plain reading of the rules.

use candle_core::{DType, Device};

use super::*;

#[test]
fn reverse_undoes_partition_with_padding_and_shift() {
    let x = Tensor::arange(0f32, 2.0 * 5.0 * 7.0 * 3.0, &Device::Cpu).expect("a range");
    let x = x.reshape((2, 35, 3)).expect("35 tokens");
    for shift in [0, 2] {
        let layout = WindowLayout::new([5, 7], 4, shift, &Device::Cpu).expect("a layout");
        let windows = layout.partition(&x).expect("partition");
        assert_eq!(windows.dims(), [2, 64, 3]);
        let back = layout.reverse(&windows).expect("reverse");
        assert_eq!(back.to_vec3::<f32>().expect("values"), x.to_vec3::<f32>().expect("values"));
    }
}

#[test]
fn padding_is_zero() {
    let x = Tensor::ones((1, 15, 1), DType::F32, &Device::Cpu).expect("ones");
    let layout = WindowLayout::new([3, 5], 4, 0, &Device::Cpu).expect("a layout");
    let sum = layout.partition(&x).expect("partition").sum_all().expect("sum");
    assert_eq!(sum.to_scalar::<f32>().expect("a number"), 15.0);
}

#[test]
fn only_the_last_windows_of_a_shifted_layout_hold_strangers() {
    let layout = WindowLayout::new([8, 8], 4, 2, &Device::Cpu).expect("a layout");
    let mask = layout.mask().expect("a shifted layout has a mask");
    let strangers = mask.flatten_from(1).expect("two dimensions").to_vec2::<f32>().expect("values");
    let strangers = strangers.iter().map(|window| window.iter().filter(|v| **v < 0.0).count());
    // Windows in one strip see all 256 pairs; with two halves half of them; the corner has quarters.
    assert_eq!(strangers.collect::<Vec<_>>(), [0, 128, 128, 192]);
}
