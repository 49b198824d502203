//! JPEG beyond what most cameras write.

use super::*;

/// Where the marker stands that `marker` is the second byte of.
fn find(file: &[u8], marker: u8) -> usize {
    file.windows(2).position(|pair| pair == [0xff, marker]).expect("the marker")
}

fn with_inserted(file: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    [&file[..at], bytes, &file[at..]].concat()
}

fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 2).expect("short").to_be_bytes();
    [&[0xff, marker], length.as_slice(), data].concat()
}

#[test]
fn bytes_between_segments_are_passed_over() {
    for name in ["baseline.jpg", "progressive.jpg"] {
        let file = fixture(name);
        let expected = page(&file);
        for stray in [&b"\0\0"[..], b"\xff\0\xff\0", b"\x42", b"\xff\xff\xff", b"\0\xff\0\xff"] {
            for marker in [0xe0, 0xdb, 0xc4, 0xda, 0xd9] {
                let stretched = with_inserted(&file, find(&file, marker), stray);
                // Behind a scan they are its data, and what is left of that is no matter.
                if marker == 0xd9 || (name == "progressive.jpg" && marker == 0xda) {
                    continue;
                }
                assert_eq!(page(&stretched), expected, "{name}: {stray:?} before {marker:x}");
            }
        }
    }
}

#[test]
fn codings_that_are_not_read_are_named() {
    let file = fixture("baseline.jpg");
    let frame = find(&file, 0xc0);
    for coding in [0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf, 0xf7] {
        let mut other = file.clone();
        other[frame + 1] = coding;
        assert_unsupported(&other, "a frame of another coding");
    }
    for (marker, data) in [(0xcc, &[0, 0][..]), (0xde, &[0; 6]), (0xdf, &[0x11]), (0xdc, &[0, 8])] {
        assert_unsupported(&with_inserted(&file, frame, &segment(marker, data)), "a segment");
    }
    for (offset, value, what) in [
        (4, 12, "samples of 12 bits"),
        (11, 0x31, "a sampling of three"),
        (14, 0x22, "colours sampled as finely as brightness, and differently"),
    ] {
        let mut other = file.clone();
        other[frame + offset] = value;
        assert_unsupported(&other, what);
    }
    let mut without_lines = file;
    without_lines[frame + 5..frame + 7].fill(0);
    assert_unsupported(&without_lines, "lines counted behind the scan");
}

/// It can't be told from one whose last rows are missing, which a lenient codec shows grey.
#[test]
fn without_its_end_a_file_is_cut_short() {
    for name in ["baseline.jpg", "progressive.jpg", "cmyk.jpg", "grey.jpg"] {
        let file = fixture(name);
        let whole = file.strip_suffix(&[0xff, 0xd9]).expect("an end");
        assert_eq!(refusal(whole), DecodeError::Truncated { format: PageFormat::Jpeg }, "{name}");
    }
}

#[test]
fn orientation_is_read_in_exif_and_not_in_xmp() {
    let file = fixture("baseline.jpg");
    let xmp =
        [&b"http://ns.adobe.com/xap/1.0/\0"[..], b"<rdf:Description tiff:Orientation=\"6\"/>"]
            .concat();
    assert_eq!(page(&with_inserted(&file, 2, &segment(0xe1, &xmp))), page(&file));
    let turned = fixture("orientation-6.jpg");
    assert_eq!(page(&with_inserted(&turned, 2, &segment(0xe1, &xmp))), page(&turned));
}

/// As libjpeg decides: JFIF, else Adobe's word, else the components' names.
#[test]
fn what_components_mean_is_decided_as_libjpeg_does() {
    let file = fixture("baseline.jpg");
    let expected = page(&file);
    let adobe =
        |transform: u8| segment(0xee, &[&b"Adobe\0\x64\0\0\0\0"[..], &[transform]].concat());
    // Beside JFIF, Adobe's word counts for nothing.
    assert_eq!(page(&with_inserted(&file, find(&file, 0xdb), &adobe(0))), expected);
    let bare = [&file[..2], &file[find(&file, 0xdb)..]].concat();
    assert_eq!(page(&bare), expected);
    assert_eq!(page(&with_inserted(&bare, 2, &adobe(1))), expected);
    let plain = page(&with_inserted(&bare, 2, &adobe(0)));
    assert_ne!(plain, expected);
    let mut named = bare;
    let (frame, scan) = (find(&named, 0xc0), find(&named, 0xda));
    for (component, name) in b"RGB".iter().enumerate() {
        named[frame + 10 + 3 * component] = *name;
        named[scan + 5 + 2 * component] = *name;
    }
    assert_eq!(page(&named), plain);
    assert_unsupported(&with_inserted(&named, 2, &adobe(1)), "names that contradict Adobe's word");
}

/// Neither thumbnails nor profiles nor comments reach the codec.
#[test]
fn the_codec_gets_what_pixels_need() {
    let file = fixture("baseline.jpg");
    let profile = [&b"ICC_PROFILE\0\x01\x01"[..], &[0; 60_000]].concat();
    let mut burdened = file.clone();
    for (marker, data) in [(0xe2, &profile[..]), (0xed, b"Photoshop 3.0\0"), (0xfe, b"a comment")] {
        burdened = with_inserted(&burdened, 2, &segment(marker, data));
    }
    let limits = DecodeLimits::default();
    let rewritten = |file: &[u8]| {
        crate::container::inspect(PageFormat::Jpeg, file, &limits)
            .expect("a page")
            .rewritten
            .to_vec()
    };
    assert_eq!(rewritten(&burdened), rewritten(&file));
}
