//! Tags of TIFF that change what pixels mean.

use super::*;
use crate::testing::{LONG, RATIONAL, SHORT, Tags};

const WIDTH: u32 = 16;
const HEIGHT: u32 = 16;
const PIXELS: usize = (WIDTH * HEIGHT) as usize;

/// A picture in which no two rows are equal, nor any with its bits reversed.
fn bilevel() -> (Vec<u8>, Tags) {
    let pixels = (0..2 * HEIGHT).map(|at| u8::try_from(at * 7 + 1).expect("a byte"));
    let pixels = pixels.collect::<Vec<_>>();
    (pixels.clone(), Tags::of(WIDTH, HEIGHT, &[1], 1, pixels))
}

fn samples(count: usize) -> Vec<u8> {
    (0..PIXELS * count).map(|at| (at * 31 % 251) as u8).collect()
}

fn rgb() -> Tags {
    Tags::of(WIDTH, HEIGHT, &[8; 3], 2, samples(3))
}

fn grey() -> Tags {
    Tags::of(WIDTH, HEIGHT, &[8], 1, samples(1))
}

fn cmyk() -> Tags {
    Tags::of(WIDTH, HEIGHT, &[8; 4], 5, samples(4))
}

#[test]
fn bits_in_the_other_order_are_turned() {
    let (pixels, tags) = bilevel();
    let turned = pixels.iter().map(|byte| byte.reverse_bits()).collect();
    let turned = Tags::of(WIDTH, HEIGHT, &[1], 1, turned).set(266, SHORT, 2);
    let page = page(&tags.file());
    assert_eq!(super::page(&turned.file()), page);
    assert_ne!(super::page(&turned.set(266, SHORT, 1).file()), page);
    assert_unsupported(&rgb().set(266, SHORT, 2).file(), "bytes in the other order");
    assert_unsupported(&tags.set(266, SHORT, 3).file(), "a third order");
}

#[test]
fn white_is_zero_where_the_file_says_so() {
    let inverted = samples(1).iter().map(|sample| !sample).collect();
    let inverted = Tags::of(WIDTH, HEIGHT, &[8], 0, inverted);
    assert_eq!(page(&inverted.file()), page(&grey().file()));
}

/// Four samples of RGB and something, and what the page shows of a colour and that.
#[test]
fn a_sample_beyond_the_colour_is_what_the_file_says() {
    let file = |extra: Option<u32>| {
        let tags = Tags::of(WIDTH, HEIGHT, &[8; 4], 2, [200, 100, 50, 0].repeat(PIXELS));
        extra.map_or(tags.clone(), |extra| tags.set(338, SHORT, extra)).file()
    };
    assert_unsupported(&file(None), "a fourth sample without a word");
    let first = |file: &[u8]| page(file).rgb()[..3].to_vec();
    assert_eq!(first(&file(Some(0))), [200, 100, 50], "of no meaning");
    assert_eq!(first(&file(Some(2))), [255; 3], "transparent");
    // Premultiplied colours are never above their opacity; what is must not wrap.
    assert_eq!(first(&file(Some(1))), [255; 3], "transparent, multiplied");
    let half = Tags::of(WIDTH, HEIGHT, &[8; 4], 2, [100, 50, 25, 128].repeat(PIXELS));
    assert_eq!(first(&half.clone().set(338, SHORT, 1).file()), [227, 177, 152]);
    assert_eq!(first(&half.set(338, SHORT, 2).file()), [177, 152, 140]);
}

#[test]
fn tags_that_change_pixels_are_refused_by_name() {
    for tag in [291, 301, 342, 343, 400, 433, 434, 559, 32_995, 32_996, 32_997, 32_998, 33_421] {
        let error = refusal(&rgb().set(tag, SHORT, 1).file());
        let DecodeError::UnsupportedVariety { feature, .. } = error else { panic!("{error}") };
        assert!(feature.starts_with("the tag ") || tag == 33_421, "{feature}");
    }
    assert_unsupported(&rgb().set(50_706, LONG, 0x0401).file(), "DNG");
    let (_, bits) = bilevel();
    for (tags, what) in [
        (grey().set(262, SHORT, 3), "a palette"),
        (grey().set(262, SHORT, 4), "a mask"),
        (rgb().set(262, SHORT, 6), "YCbCr"),
        (rgb().set(262, SHORT, 8), "CIE L*a*b*"),
        (rgb().set(262, SHORT, 9), "ICC L*a*b*"),
        (grey().set(262, SHORT, 32_803), "a colour filter array"),
        (grey().without(262), "no colour at all"),
        (rgb().set(254, LONG, 1), "a thumbnail"),
        (grey().set(254, LONG, 4), "a mask by its kind"),
        (rgb().set(255, SHORT, 2), "a thumbnail, the old way"),
        (rgb().set(351, SHORT, 1), "a proxy"),
        (grey().set(346, SHORT, 1), "indices"),
        (cmyk().set(332, SHORT, 2), "other inks"),
        (cmyk().set(334, SHORT, 5), "five inks"),
        (cmyk().set_list(336, SHORT, vec![255, 0]), "inks upside down"),
        (rgb().set_list(532, RATIONAL, [16, 1, 235, 1].repeat(3)), "a narrow range"),
        (rgb().set_list(532, RATIONAL, [255, 1, 0, 1].repeat(3)), "a range upside down"),
        (rgb().set_list(339, SHORT, vec![2; 3]), "signed samples"),
        (rgb().set_list(339, SHORT, vec![1, 1, 3]), "a mixture of samples"),
        (rgb().set_list(258, SHORT, vec![8, 8, 16]), "a mixture of bits"),
        (rgb().set_list(258, SHORT, vec![32; 3]), "32 bits without a word of their kind"),
        (grey().set(258, SHORT, 4), "4 bits"),
        (grey().set(258, SHORT, 12), "12 bits"),
        (rgb().set(277, SHORT, 2).set_list(258, SHORT, vec![8; 2]), "two of three samples"),
        (rgb().set(317, SHORT, 2), "a predictor without compression"),
        (rgb().set(317, SHORT, 3).set(259, SHORT, 8), "a predictor of floats"),
        (bits.clone().set(317, SHORT, 2).set(259, SHORT, 5), "a predictor of bits"),
        (bits.clone().set(293, LONG, 2).set(259, SHORT, 4), "uncompressed fax"),
        (bits.clone().set(259, SHORT, 2), "fax of group 3"),
        (bits.set(259, SHORT, 3), "fax of group 3"),
        (grey().set(259, SHORT, 6), "old JPEG"),
        (grey().set(259, SHORT, 50_000), "Zstandard"),
        (cmyk().set(284, SHORT, 2).set_list(273, LONG, vec![8; 4]), "planes of CMYK"),
        (rgb().set(284, SHORT, 3), "a third arrangement"),
        (grey().set_list(338, SHORT, vec![0, 0]), "two more samples"),
    ] {
        assert_unsupported(&tags.file(), what);
    }
}

#[test]
fn tags_that_say_what_is_the_case_anyway_change_nothing() {
    let page = page(&rgb().file());
    for tags in [
        rgb().set(254, LONG, 2).set(255, SHORT, 3),
        rgb().set(266, SHORT, 1).set(274, SHORT, 1).set(284, SHORT, 1).set(317, SHORT, 1),
        rgb().set_list(532, RATIONAL, [0, 1, 255, 1].repeat(3)),
        rgb().set_list(532, RATIONAL, [0, 7, 510, 2].repeat(3)),
        rgb().set_list(339, SHORT, vec![1; 3]).set(346, SHORT, 0).set(351, SHORT, 0),
        rgb().set_list(280, SHORT, vec![40; 3]).set_list(281, SHORT, vec![50; 3]),
        rgb().set_list(282, RATIONAL, vec![204, 1]).set_list(283, RATIONAL, vec![98, 1]),
        // No such orientation: as it is stored, as viewers have it.
        rgb().set(274, SHORT, 0),
        rgb().set(274, SHORT, 9),
        // A small copy of the page, below it.
        rgb().set(330, LONG, 8),
        // All rows in one strip, as fax has it.
        rgb().set(278, LONG, u32::MAX),
        rgb().without(278),
        rgb().set(258, SHORT, 8),
        rgb().without(279),
    ] {
        assert_eq!(super::page(&tags.file()), page);
    }
}

/// Planes one after the other, in strips or tiles.
#[test]
fn planes_are_read_where_the_codec_reads_them_right() {
    let [red, green, blue] = [0, 1, 2].map(|sample| samples(3).into_iter().skip(sample).step_by(3));
    let planes = red.chain(green).chain(blue).collect::<Vec<_>>();
    let chunk = u32::try_from(PIXELS).expect("few");
    let (offsets, lengths) = (vec![8, 8 + chunk, 8 + 2 * chunk], vec![chunk; 3]);
    let planar = Tags::of(WIDTH, HEIGHT, &[8; 3], 2, planes).set(284, SHORT, 2);
    let strips = planar.clone().set_list(273, LONG, offsets.clone());
    let strips = strips.set_list(279, LONG, lengths.clone());
    assert_eq!(page(&strips.file()), page(&rgb().file()));
    let tiles = planar.without(273).without(278).without(279);
    let tiles = tiles.set(322, SHORT, 16).set(323, SHORT, 16);
    let tiles = tiles.set_list(324, LONG, offsets).set_list(325, LONG, lengths);
    assert_eq!(page(&tiles.file()), page(&rgb().file()));
    let with_rest = tiles.set(256, LONG, 15).set(257, LONG, 15);
    assert_unsupported(&with_rest.file(), "planes of tiles that hang over");
}

#[test]
fn sixteen_bits_keep_their_order() {
    let high_bytes = samples(3);
    let words = high_bytes.iter().flat_map(|high| [0x7f, *high]).collect();
    let page = page(&Tags::of(WIDTH, HEIGHT, &[16; 3], 2, words).file());
    for (shown, high) in page.rgb().iter().zip(&high_bytes) {
        assert!(shown.abs_diff(*high) <= 1, "{shown} is not {high}");
    }
}

/// Two values of one tag, strips that end outside the file or within a row.
#[test]
fn files_that_contradict_themselves_are_damaged() {
    let corrupt = DecodeError::Corrupt { format: PageFormat::Tiff };
    let truncated = DecodeError::Truncated { format: PageFormat::Tiff };
    let mut twice = rgb().set(300, SHORT, 1).set(299, SHORT, 1).file();
    let at = twice.windows(4).position(|entry| entry == [44, 1, 3, 0]).expect("the entry");
    twice[at] = 43;
    assert_eq!(refusal(&twice), corrupt);
    assert_eq!(refusal(&rgb().set(273, LONG, 1 << 20).file()), truncated);
    assert_eq!(refusal(&rgb().set(279, LONG, 5).file()), corrupt);
    assert_eq!(refusal(&rgb().set(278, SHORT, 4).file()), corrupt);
    assert_eq!(refusal(&rgb().set(278, SHORT, 0).file()), corrupt);
}
