//! Pictures of scans: how they stand on their page, and what they are packed with.

use std::io::Write as _;

use super::*;

/// The JPEG on its page under other operators.
#[track_caller]
fn assert_drawn(operators: &str, size: (u32, u32), expected: [[u8; 3]; 4]) {
    let jpeg = fixture("baseline.jpg");
    assert_shows(&PageParts { operators, ..scan(&jpeg) }.file(), size, expected);
}

#[test]
fn a_scan_is_its_picture() {
    let jpeg = fixture("baseline.jpg");
    let file = scan(&jpeg).file();
    assert_eq!(decode(&file), decode(&jpeg), "the pixels are those of the JPEG");
    let header = header(&file);
    assert_eq!((header.format, header.width, header.height), (PageFormat::Pdf, 32, 16));
    let own = read_header(&jpeg, &DecodeLimits::default()).expect("a header").cost;
    assert_eq!(header.cost.pixels, own.pixels);
    assert_eq!(header.cost.memory_bytes, own.memory_bytes, "the JPEG is not copied");
    let walked = header.cost.visits - own.visits;
    assert!((100..2000).contains(&walked), "{walked} bytes are looked at beside the JPEG");
}

#[test]
fn a_page_is_turned_clockwise_as_it_says() {
    let jpeg = fixture("baseline.jpg");
    for (rotate, size, expected) in [
        ("0", (32, 16), UPRIGHT),
        ("90", (16, 32), [BLACK, RED, GREEN, BLUE]),
        ("180", (32, 16), [BLUE, BLACK, RED, GREEN]),
        ("270", (16, 32), [GREEN, BLUE, BLACK, RED]),
        ("-90", (16, 32), [GREEN, BLUE, BLACK, RED]),
        ("450", (16, 32), [BLACK, RED, GREEN, BLUE]),
    ] {
        let page = format!("{A5}/Rotate {rotate}");
        assert_shows(&PageParts { page: &page, ..scan(&jpeg) }.file(), size, expected);
    }
    let askew = format!("{A5}/Rotate 45");
    assert_corrupt(&PageParts { page: &askew, ..scan(&jpeg) }.file(), "no quarter");
}

#[test]
fn what_is_turned_or_cut_is_there_twice_for_a_while() {
    let grey = fixture("grey.jpg");
    let picture = JPEG.replace("RGB", "Gray");
    let memory = |page: &str| {
        header(&PageParts { picture: &picture, page, ..scan(&grey) }.file()).cost.memory_bytes
    };
    assert_eq!(memory(A5), (1 + 3) * 512);
    assert_eq!(memory(&format!("{A5}/Rotate 180")), (1 + 3) * 512);
    assert_eq!(memory(&format!("{A5}/Rotate 90")), (3 + 3) * 512);
    assert_eq!(memory("/MediaBox[0 0 160 160]"), (3 + 3) * 512);
}

#[test]
fn what_a_jpeg_says_of_its_orientation_is_not_looked_at() {
    // Stored lying on its side; in a PDF, the page has to turn it.
    let jpeg = fixture("orientation-6.jpg");
    let operators = "160 0 0 320 0 0 cm /I Do";
    let parts =
        PageParts { size: (16, 32), page: "/MediaBox[0 0 160 320]", operators, ..scan(&jpeg) };
    assert_shows(&parts.file(), (16, 32), [GREEN, BLUE, BLACK, RED]);
    let turned = PageParts { page: "/MediaBox[0 0 160 320]/Rotate 90", ..parts };
    assert_shows(&turned.file(), (32, 16), UPRIGHT);
}

#[test]
fn pictures_stand_in_any_of_eight_ways() {
    assert_drawn("-320 0 0 160 320 0 cm /I Do", (32, 16), [GREEN, RED, BLACK, BLUE]);
    assert_drawn("320 0 0 -160 0 160 cm /I Do", (32, 16), [BLACK, BLUE, GREEN, RED]);
    assert_drawn("-320 0 0 -160 320 160 cm /I Do", (32, 16), [BLUE, BLACK, RED, GREEN]);
    let jpeg = fixture("baseline.jpg");
    let upright_page = |operators, expected| {
        let page = "/MediaBox[0 0 160 320]";
        assert_shows(&PageParts { page, operators, ..scan(&jpeg) }.file(), (16, 32), expected);
    };
    upright_page("0 320 -160 0 160 0 cm /I Do", [GREEN, BLUE, BLACK, RED]);
    upright_page("0 -320 160 0 0 320 cm /I Do", [BLACK, RED, GREEN, BLUE]);
    upright_page("0 320 160 0 0 0 cm /I Do", [BLUE, GREEN, RED, BLACK]);
    upright_page("0 -320 -160 0 160 320 cm /I Do", [RED, BLACK, BLUE, GREEN]);
}

#[test]
fn the_last_of_several_maps_comes_first() {
    // Twice as large, then moved by what is twice as far then.
    assert_drawn("2 0 0 2 0 0 cm 160 0 0 80 0 0 cm /I Do", (32, 16), UPRIGHT);
    assert_drawn("q 9 0 0 9 0 0 cm Q 320 0 0 160 0 0 cm /I Do", (32, 16), UPRIGHT);
}

#[test]
fn what_is_cut_off_is_not_there() {
    let right = [GREEN, GREEN, BLUE, BLUE];
    assert_drawn("160 0 160 160 re W n 320 0 0 160 0 0 cm /I Do", (16, 16), right);
    assert_drawn(
        "160 0 m 320 0 l 320 160 l 160 160 l h W* n 320 0 0 160 0 0 cm /I Do",
        (16, 16),
        right,
    );
    // The page ends there.
    assert_drawn("320 0 0 160 -160 0 cm /I Do", (16, 16), right);
    assert_drawn("320 0 0 160 0 -80 cm /I Do", (32, 8), [RED, GREEN, GREEN, RED]);
    let jpeg = fixture("baseline.jpg");
    let page = "/MediaBox[0 0 320 160]/CropBox[160 -99 999 160]";
    let cut = PageParts { page, ..scan(&jpeg) };
    assert_shows(&cut.file(), (16, 16), right);
    assert_eq!((header(&cut.file()).width, header(&cut.file()).cost.pixels), (16, 512));
    let turned = PageParts { page: "/MediaBox[160 0 320 160]/Rotate 90", ..cut };
    assert_shows(&turned.file(), (16, 16), [BLUE, GREEN, GREEN, BLUE]);
    // A strip is no page, however wide what it is cut from.
    let strip = PageParts { page: "/MediaBox[0 0 320 9]", ..scan(&jpeg) }.file();
    assert!(matches!(decode(&strip), Err(DecodeError::TooLong { width: 32, height: 1, .. })));
}

#[test]
fn margins_and_white_paper_are_nothing_beside_the_picture() {
    for operators in [
        "160 0 0 80 80 40 cm /I Do",
        "1 g 0 0 320 160 re f 320 0 0 160 0 0 cm /I Do",
        "1 1 1 rg 0 0 320 160 re f* 0 0 0 0 k 0 0 9 9 re F 320 0 0 160 0 0 cm /I Do",
        "/DeviceRGB cs 1 1 1 sc 0 0 320 160 re f 320 0 0 160 0 0 cm /I Do",
        // What is not on the page is not seen.
        "0 g 400 0 10 10 re f 320 0 0 160 0 0 cm /I Do",
        "0 0 320 160 re n /P <</MCID 0>> BDC q 320 0 0 160 0 0 cm /I Do Q EMC",
        // Below the picture nothing is seen.
        "BT /F 9 Tf (seen by nobody) Tj ET 0 g 0 0 9 9 re f 320 0 0 160 0 0 cm /I Do",
        "q 32 0 0 16 0 0 cm /I Do Q 320 0 0 160 0 0 cm /I Do",
        // Recognition of characters leaves text without a colour.
        "320 0 0 160 0 0 cm /I Do BT 3 Tr /F 9 Tf (words) Tj [(w) -9 (o)] TJ ET",
        "320 1 -1 160 0 0 cm /I Do",
    ] {
        assert_drawn(operators, (32, 16), UPRIGHT);
    }
}

#[test]
fn a_page_that_shows_more_than_a_picture_is_refused_by_name() {
    let jpeg = fixture("baseline.jpg");
    let half = "/ExtGState<</G<</ca .5>>/S<</SMask<<>>>>/B<</BM/Multiply>>>>";
    for (operators, said) in [
        ("", "no picture"),
        ("q 320 0 0 160 900 0 cm /I Do Q", "no picture"),
        ("320 0 0 0 0 0 cm /I Do", "no picture"),
        ("320 0 0 160 0 0 cm /I Do BT /F 9 Tf (words) Tj ET", "text"),
        ("320 0 0 160 0 0 cm /I Do BT [(w) -9 (o)] TJ ET", "text"),
        ("BT (words) Tj ET", "text"),
        ("320 0 0 160 0 0 cm /I Do 0 0 1 1 re f", "areas of colour"),
        ("320 0 0 160 0 0 cm /I Do 1 g 0 0 1 1 re f", "areas of colour"),
        ("320 0 0 160 0 0 cm /I Do 0 0 m 1 1 l S", "lines"),
        ("0 0 m 9 9 l S 32 0 0 16 0 0 cm /I Do", "lines"),
        ("0 0 1 rg 0 0 9 9 re f 32 0 0 16 0 0 cm /I Do", "areas of colour"),
        ("/DeviceCMYK cs 1 1 1 1 sc 0 0 9 9 re f 32 0 0 16 0 0 cm /I Do", "areas of colour"),
        ("320 0 0 160 0 0 cm /I Do q .1 0 0 .1 0 0 cm /I Do Q", "more than one picture"),
        ("/Sh sh 32 0 0 16 0 0 cm /I Do", "shading"),
        ("320 0 0 160 0 0 cm /I Do BI /W 1 /H 1 ID x EI", "among the operators"),
        ("320 0 0 160 0 0 cm /OC /L BDC /I Do EMC", "layers"),
        ("320 0 0 160 0 0 cm /G gs /I Do", "transparency"),
        ("320 0 0 160 0 0 cm /S gs /I Do", "transparency"),
        ("320 0 0 160 0 0 cm /B gs /I Do", "transparency"),
        ("226 113 -113 226 100 0 cm /I Do", "askew"),
        ("320 0 0 100 0 0 cm /I Do", "not square"),
        ("0 0 m 320 0 l 160 160 l h W n 320 0 0 160 0 0 cm /I Do", "cut to a shape"),
        ("0 0 m 0 99 320 99 320 160 c h W n 320 0 0 160 0 0 cm /I Do", "cut to a shape"),
        ("7 Tr 320 0 0 160 0 0 cm /I Do BT (words) Tj ET", "text"),
        ("BT 7 Tr (words) Tj ET 320 0 0 160 0 0 cm /I Do", "text"),
        ("frobnicate 320 0 0 160 0 0 cm /I Do", "an operator"),
    ] {
        let parts = PageParts { operators, resources: half, ..scan(&jpeg) };
        assert_unsupported(&parts.file(), said);
    }
    let mask = format!("{JPEG}/SMask 1 0 R");
    assert_unsupported(&PageParts { picture: &mask, ..scan(&jpeg) }.file(), "transparency");
    let layer = format!("{JPEG}/OC 1 0 R");
    assert_unsupported(&PageParts { picture: &layer, ..scan(&jpeg) }.file(), "layers");
}

#[test]
fn forms_are_followed_as_deep_as_writers_nest_them() {
    let jpeg = fixture("baseline.jpg");
    let nested = |depth: usize| {
        let mut objects = Written::of_pages(&[3]);
        objects.add("<<>>");
        let size = "/Type/XObject/Subtype/Image/Width 32/Height 16";
        let mut drawn = objects.add_stream(&format!("{size}{JPEG}"), &jpeg);
        for _ in 0..depth {
            let form = format!(
                "/Type/XObject/Subtype/Form/BBox[0 0 1 1]/Matrix[1 0 0 1 0 0]\
                 /Resources<</XObject<</X {drawn} 0 R>>>>"
            );
            drawn = objects.add_stream(&form, b"/X Do");
        }
        let contents = objects.add_stream("", b"320 0 0 160 0 0 cm /X Do");
        objects.set(3, &format!(
            "<</Type/Page{A5}/Contents[{contents} 0 R]/Resources<</XObject<</X {drawn} 0 R>>>>>>"
        ));
        objects.file()
    };
    assert_shows(&nested(1), (32, 16), UPRIGHT);
    assert_shows(&nested(8), (32, 16), UPRIGHT);
    assert_unsupported(&nested(9), "nested");
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory is never full");
    encoder.finish().expect("memory is never full")
}

/// The picture of the fixtures as samples of 8 bits.
fn samples() -> Vec<u8> {
    decode(&fixture("none.tif")).expect("a page").rgb().to_vec()
}

/// Rows of samples, each behind the number of PNG's filter that does nothing.
fn rows(samples: &[u8], row: usize) -> Vec<u8> {
    samples.chunks(row).flat_map(|row| [&[0], row].concat()).collect()
}

#[test]
fn samples_are_read_in_every_packing_of_scans() {
    let rgb = "/ColorSpace/DeviceRGB/BitsPerComponent 8";
    let png = "/DecodeParms<</Predictor 15/Colors 3/Columns 32>>";
    let samples = samples();
    let differences = samples.chunks(96).flat_map(|row| {
        (0..row.len()).map(|at| row[at].wrapping_sub(if at < 3 { 0 } else { row[at - 3] }))
    });
    let differences = differences.collect::<Vec<_>>();
    let hexadecimal = samples.iter().map(|byte| format!("{byte:02X} ")).collect::<String>() + ">";
    let runs = samples.chunks(96).flat_map(|row| [&[95], row].concat()).collect::<Vec<_>>();
    for (filter, data) in [
        (String::new(), samples.clone()),
        ("/Filter/FlateDecode".to_owned(), deflated(&samples)),
        ("/Filter[/FlateDecode]".to_owned(), deflated(&samples)),
        ("/Filter/ASCIIHexDecode".to_owned(), hexadecimal.into_bytes()),
        (format!("/Filter[/FlateDecode]{png}"), deflated(&rows(&samples, 96))),
        (
            "/Filter/FlateDecode/DecodeParms[<</Predictor 2/Colors 3/Columns 32>>]".to_owned(),
            deflated(&differences),
        ),
        ("/Filter/RunLengthDecode".to_owned(), runs),
        ("/Filter[/ASCIIHexDecode/FlateDecode]".to_owned(), {
            let hexadecimal =
                deflated(&samples).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            hexadecimal.into_bytes()
        }),
    ] {
        let picture = format!("{rgb}{filter}");
        let parts = PageParts { picture: &picture, data: &data, ..scan(&[]) };
        assert_eq!(
            decode(&parts.file()).map(|page| page.rgb().to_vec()),
            Ok(samples.clone()),
            "{filter}"
        );
    }
    let twice = format!("{rgb}/Filter[/FlateDecode/FlateDecode]");
    assert_unsupported(&PageParts { picture: &twice, ..scan(b"") }.file(), "packed twice");
    let other = format!("{rgb}/Filter/Frobnicate");
    let other = PageParts { picture: &other, ..scan(b"") };
    assert_unsupported(&other.file(), "a filter that pictures of scans do not have");
}

#[test]
fn grey_palettes_stencils_and_inverted_samples_mean_what_they_say() {
    let grey = |keys: &str, data: &[u8], row: usize| {
        let picture = format!("/BitsPerComponent 8{keys}/Filter/FlateDecode");
        let png = format!("{picture}/DecodeParms<</Predictor 12/Columns 32>>");
        let parts = PageParts { picture: &picture, data: &deflated(data), ..scan(&[]) };
        let plain = decode(&parts.file()).map(|page| page.rgb()[0]);
        let data = deflated(&rows(data, row));
        let predicted = PageParts { picture: &png, data: &data, ..scan(&[]) };
        (plain, decode(&predicted.file()).map(|page| page.rgb()[0]))
    };
    let light = vec![200; 512];
    assert_eq!(grey("/ColorSpace/DeviceGray", &light, 32), (Ok(200), Ok(200)));
    let inverted = grey("/ColorSpace/DeviceGray/Decode[1 0]", &light, 32);
    assert_eq!(inverted, (Ok(55), Ok(55)));
    let calibrated = grey("/ColorSpace[/CalGray<</Gamma 2.2>>]", &light, 32);
    assert_eq!(calibrated, (Ok(200), Ok(200)));
    let (plain, predicted) = grey("/ColorSpace[/Indexed/DeviceRGB 1<102030405060>]", &[1; 512], 32);
    assert!(matches!(plain, Err(DecodeError::UnsupportedVariety { .. })), "{plain:?}");
    assert_eq!(predicted, Ok(0x40));
    for (keys, said) in [
        ("/ColorSpace/DeviceCMYK", "CMYK"),
        ("/ColorSpace/DeviceCMYK/Decode[1 0 1 0 1 0 1 0]", "CMYK"),
        ("/ColorSpace[/Lab<<>>]", "L*a*b*"),
        ("/ColorSpace[/Separation/Black/DeviceGray 1 0 R]", "inks"),
        ("/ColorSpace/DeviceGray/Decode[0 .5]", "a part of their range"),
        ("/ColorSpace/DeviceRGB/Decode[1 0 1 0 1 0]", "highest value is black"),
    ] {
        let picture = format!("/BitsPerComponent 8{keys}/Filter/FlateDecode");
        assert_unsupported(&PageParts { picture: &picture, ..scan(&[]) }.file(), said);
    }
    for (filter, said) in [("JPXDecode", "JPEG 2000"), ("JBIG2Decode", "JBIG2")] {
        let picture = format!("/Filter/{filter}");
        assert_unsupported(&PageParts { picture: &picture, ..scan(&[]) }.file(), said);
    }
}

#[test]
fn a_stencil_is_black_where_it_is_zero() {
    // The left half of each row is ones.
    let bits = [0xff, 0xff, 0, 0].repeat(16);
    let shades = |keys: &str, operators: &str| {
        let picture = format!("/ImageMask true{keys}");
        let parts = PageParts { picture: &picture, data: &bits, operators, ..scan(&[]) };
        decode(&parts.file()).map(|page| (page.rgb()[0], page.rgb()[95]))
    };
    assert_eq!(shades("", WHOLE), Ok((255, 0)));
    assert_eq!(shades("/Decode[1 0]", WHOLE), Ok((0, 255)));
    assert_eq!(shades("", &format!("0 0 0 1 k {WHOLE}")), Ok((255, 0)));
    let red = shades("", &format!("1 0 0 rg {WHOLE}"));
    assert!(matches!(red, Err(DecodeError::UnsupportedVariety { .. })), "{red:?}");
    // What is below shows through where nothing is painted.
    let below = shades("", &format!("0 0 9 9 re f {WHOLE}"));
    assert!(matches!(below, Err(DecodeError::UnsupportedVariety { .. })), "{below:?}");
}

#[test]
fn fax_of_group_4_is_black_on_white() {
    // One white row of 8 pixels (V0), then the end of the block: 1, 000000000001 twice.
    let white = [0b1000_0000, 0b0000_1000, 0b0000_0000, 0b1000_0000];
    let shade = |parameters: &str, keys: &str| {
        let picture = format!(
            "/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/CCITTFaxDecode\
             /DecodeParms<</Columns 8{parameters}>>{keys}"
        );
        let parts = PageParts {
            picture: &picture,
            size: (8, 1),
            data: &white,
            page: "/MediaBox[0 0 80 10]",
            operators: "80 0 0 10 0 0 cm /I Do",
            resources: "",
        };
        decode(&parts.file()).map(|page| page.rgb()[0])
    };
    assert_eq!(shade("/K -1", ""), Ok(255));
    assert_eq!(shade("/K -1/BlackIs1 true", ""), Ok(0));
    assert_eq!(shade("/K -1", "/Decode[1 0]"), Ok(0));
    for parameters in ["", "/K 0", "/K 4", "/K -1/EncodedByteAlign true"] {
        let refused = shade(parameters, "");
        assert!(matches!(refused, Err(DecodeError::UnsupportedVariety { .. })), "{refused:?}");
    }
    assert_eq!(shade("/K -1/Rows 2", ""), Err(CORRUPT));
}

#[test]
fn a_picture_that_is_not_as_its_pdf_says_is_damaged() {
    let jpeg = fixture("baseline.jpg");
    let grey = JPEG.replace("RGB", "Gray");
    assert_corrupt(&PageParts { picture: &grey, ..scan(&jpeg) }.file(), "grey");
    assert_corrupt(&PageParts { size: (32, 17), ..scan(&jpeg) }.file(), "a row more");
    assert_corrupt(&scan(&jpeg[..jpeg.len() / 2]).file(), "half a JPEG");
    assert_corrupt(&scan(&fixture("cmyk.jpg")).file(), "four colours");
    let inverted = format!("{JPEG}/Decode[1 0 1 0 1 0]");
    assert_unsupported(
        &PageParts { picture: &inverted, ..scan(&jpeg) }.file(),
        "mean something else",
    );
    let palette = JPEG.replace("/DeviceRGB", "[/Indexed/DeviceRGB 0<000000>]");
    assert_unsupported(
        &PageParts { picture: &palette, ..scan(&jpeg) }.file(),
        "mean something else",
    );
}
