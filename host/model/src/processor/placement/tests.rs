//! A mark is found again where it was put.

use dossier_document::PageImage;

use super::*;
use crate::processor::tests::processor;

/// A black page with a white square around a point.
fn marked(width: u32, height: u32, [x, y]: [u32; 2]) -> PageImage {
    let is_mark = |column: u32, row: u32| column.abs_diff(x) <= 8 && row.abs_diff(y) <= 8;
    let pixels = (0..height).flat_map(|row| (0..width).map(move |column| (column, row)));
    let rgb = pixels.flat_map(|(column, row)| [if is_mark(column, row) { 255 } else { 0 }; 3]);
    PageImage::new(width, height, rgb.collect()).expect("RGB")
}

/// The centre of gravity of what is bright in what the encoder sees.
fn seen_at(processor: &ImageProcessor, page: &PageImage) -> [f32; 2] {
    let ([_, width], bytes) = processor.bytes(page).expect("a picture");
    let pixels = bytes.chunks_exact(3).enumerate();
    let bright = pixels.filter(|(_, pixel)| pixel[0] > 100);
    let points = bright.map(|(index, _)| [index % width, index / width]).collect::<Vec<_>>();
    let mean = |axis: usize| {
        points.iter().map(|point| point[axis] as f32 + 0.5).sum::<f32>() / points.len() as f32
    };
    [mean(0), mean(1)]
}

#[test]
fn a_point_of_the_picture_is_one_of_the_page() {
    let upright = r#"{"size": {"height": 256, "width": 384}}"#;
    let turning = r#"{"size": {"height": 256, "width": 384}, "do_align_long_axis": true}"#;
    let without =
        r#"{"size": {"height": 256, "width": 384}, "do_pad": false, "do_thumbnail": false}"#;
    for config in [upright, turning, without] {
        let processor = processor(config);
        for (width, height) in [(768, 512), (900, 700), (500, 900), (384, 256), (2000, 900)] {
            let page = marked(width, height, [width / 4, height / 3]);
            let [x, y] = processor.placement(width, height).back(seen_at(&processor, &page));
            let off = [x - (width / 4) as f32 - 0.5, y - (height / 3) as f32 - 0.5];
            // A pixel of the picture is several of the page.
            let most = 0.6 * (width.max(height) as f32 / 256.0);
            assert!(off.iter().all(|off| off.abs() < most), "{config} {width} {height}: {off:?}");
        }
    }
}

#[test]
fn no_point_lies_beside_the_page() {
    let processor = processor(r#"{"size": {"height": 256, "width": 384}}"#);
    let placement = processor.placement(100, 256);
    assert_eq!(placement.back([0.0, -5.0]), [0.0, 0.0]);
    assert_eq!(placement.back([384.0, 300.0]), [100.0, 256.0]);
}
