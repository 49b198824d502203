//! Only the rows that were named change.

use candle_core::{Device, Tensor};

use super::{add_bias_to_rows, scale_rows};

#[test]
fn rows_outside_the_segment_stay() {
    let y = Tensor::new(&[[1f32, 2.0], [3.0, 4.0], [5.0, 6.0]], &Device::Cpu).expect("a tensor");
    let row = Tensor::new(&[10f32, -1.0], &Device::Cpu).expect("a tensor");
    scale_rows(&y, &row, 1..2).expect("rows");
    add_bias_to_rows(&y, &row, 1..3).expect("rows");
    let values = y.to_vec2::<f32>().expect("values");
    assert_eq!(values, [[1.0, 2.0], [40.0, -5.0], [15.0, 5.0]]);
}

#[test]
fn another_layout_gives_the_same() {
    let values = [[1f32, 2.0], [3.0, 4.0], [5.0, 6.0]];
    let wide = Tensor::new(&[[10f32, 0.0], [-1.0, 0.0]], &Device::Cpu).expect("a tensor");
    // A column, which is not contiguous.
    let row = wide.narrow(1, 0, 1).and_then(|row| row.squeeze(1)).expect("a view");
    let y = Tensor::new(&values, &Device::Cpu).expect("a tensor");
    scale_rows(&y, &row, 0..2).expect("rows");
    add_bias_to_rows(&y, &row, 0..1).expect("rows");
    let values = y.to_vec2::<f32>().expect("values");
    assert_eq!(values, [[20.0, -3.0], [30.0, -4.0], [5.0, 6.0]]);
}
