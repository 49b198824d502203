//! Numbers of pages whose faults are known.

use super::*;

/// A page of stripes, light and dark in turn, smoothed by a Gaussian of `sigma` pixels.
fn striped(sigma: f64) -> PageImage {
    let (width, height) = (600_usize, 400_usize);
    let shade = |x: f64| {
        // The mean of a square wave of 48 pixels under the Gaussian, by samples.
        let samples = (-30..=30).map(|k| {
            let at = f64::from(k) / 10.0;
            let weight = (-at * at / 2.0).exp();
            let lit = ((x + at * sigma).rem_euclid(48.0) < 24.0) as u8;
            (weight, weight * f64::from(lit))
        });
        let (all, lit) = samples.fold((0.0, 0.0), |(a, b), (c, d)| (a + c, b + d));
        lit / all
    };
    let across = (0..width).map(|x| shade(x as f64 + 0.5)).collect::<Vec<_>>();
    let down = (0..height).map(|y| shade(y as f64 + 0.5)).collect::<Vec<_>>();
    let rgb = (0..height).flat_map(|y| {
        let (across, down) = (&across, &down);
        (0..width).flat_map(move |x| {
            let lit = if y < 200 { across[x] } else { down[y] };
            [(60.0 + 150.0 * lit).round() as u8; 3]
        })
    });
    PageImage::new(width as u32, height as u32, rgb.collect()).expect("RGB pixels")
}

fn page(corners: [(f64, f64); 4]) -> LocatedPage {
    LocatedPage { corners: corners.map(|(x, y)| Point { x, y }), score: 1.0, turn_score: 1.0 }
}

fn whole(image: &PageImage) -> LocatedPage {
    let (w, h) = (f64::from(image.width()), f64::from(image.height()));
    page([(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)])
}

#[test]
fn blur_is_measured_in_shares_of_the_page() {
    for sigma in [1.0, 2.0, 4.0] {
        let image = striped(sigma);
        let blur = quality(&image, &whole(&image), &image).blur.expect("edges");
        let expected = sigma / 600.0;
        assert!((0.7..1.4).contains(&(blur / expected)), "{blur} in place of {expected}");
    }
}

#[test]
fn motion_along_one_axis_is_blur() {
    let sharp = striped(0.2);
    let moved = striped(4.0);
    // Sharp stripes above, smeared ones below.
    let half = sharp.rgb().len() / 2;
    let rgb = [&sharp.rgb()[..half], &moved.rgb()[half..]].concat();
    let image = PageImage::new(600, 400, rgb).expect("RGB pixels");
    let blur = |image: &PageImage| quality(image, &whole(image), image).blur.expect("edges");
    assert!(blur(&image) > 3.0 * blur(&sharp));
}

#[test]
fn a_page_without_print_tells_nothing_of_blur() {
    let blank = PageImage::new(300, 200, vec![200; 180_000]).expect("RGB pixels");
    let measured = quality(&blank, &whole(&blank), &blank);
    assert_eq!((measured.blur, measured.white, measured.lightness), (None, None, [200; 3]));
}

#[test]
fn a_reflection_is_found_where_it_is() {
    let rgb = (0..240).flat_map(|y| {
        (0..360).flat_map(move |x| {
            let (dx, dy) = (f64::from(x) - 250.0, f64::from(y) - 80.0);
            [if dx.hypot(dy) < 40.0 { 255 } else { 180 }; 3]
        })
    });
    let image = PageImage::new(360, 240, rgb.collect()).expect("RGB pixels");
    let white = quality(&image, &whole(&image), &image).white.expect("a patch");
    assert!(
        (white.middle.x - 250.0).abs() < 6.0 && (white.middle.y - 80.0).abs() < 6.0,
        "{white:?}"
    );
    let expected = std::f64::consts::PI * 1600.0 / (360.0 * 240.0);
    assert!((white.share / expected - 1.0).abs() < 0.25, "{white:?}");
}

#[test]
fn what_lies_outside_is_cut_off() {
    let image = PageImage::new(100, 100, vec![9; 30_000]).expect("RGB pixels");
    let cut_off = |corners| share_outside(&image, &page(corners));
    assert!(cut_off([(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)]).abs() < 1e-9);
    let half = [(50.0, 20.0), (150.0, 20.0), (150.0, 80.0), (50.0, 80.0)];
    assert!((cut_off(half) - 0.5).abs() < 1e-9);
    assert!((cut_off([(200.0, 0.0), (300.0, 0.0), (300.0, 9.0), (200.0, 9.0)]) - 1.0).abs() < 1e-9);
}
