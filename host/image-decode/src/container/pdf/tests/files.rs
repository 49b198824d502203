//! Files: their objects, their pages, and what they cost.

use super::*;

#[test]
fn pages_come_in_their_order() {
    let (upright, turned) = (fixture("baseline.jpg"), fixture("orientation-6.jpg"));
    let mut objects = Written::of_pages(&[8, 5]);
    scan(&upright).add_to(&mut objects);
    let (page, operators) = ("/MediaBox[0 0 160 320]", "160 0 0 320 0 0 cm /I Do");
    PageParts { size: (16, 32), page, operators, ..scan(&turned) }.add_to(&mut objects);
    let file = objects.file();
    let limits = DecodeLimits::default();
    let mut pages = PageFile::open(&file, &limits).expect("a PDF");
    assert_eq!(pages.pages(), 2);
    let sizes = [0, 1].map(|page| {
        let header = pages.header(page, &limits).expect("a header");
        let image = pages.decode(page, &limits).expect("a page");
        assert_eq!((header.width, header.height), (image.width(), image.height()));
        (image.width(), image.height())
    });
    assert_eq!(sizes, [(16, 32), (32, 16)]);
    assert_eq!(pages.decode(2, &limits), Err(CORRUPT));
    // Where one page is wanted, two are one too many.
    assert_eq!(decode(&file), Err(DecodeError::MoreThanOneImage { format: PageFormat::Pdf }));
}

#[test]
fn a_thousand_pages_are_counted_and_none_is_looked_at() {
    let pages = (0..1000).map(|index| 4 + index).collect::<Vec<_>>();
    let mut objects = Written::of_pages(&pages);
    objects.add("null");
    for _ in &pages {
        objects.add("<</Type/Page>>");
    }
    let file = objects.file();
    let pages = PageFile::open(&file, &DecodeLimits::default()).expect("a PDF");
    assert_eq!(pages.pages(), 1000);
}

#[test]
fn pages_have_what_the_nodes_above_them_say() {
    let jpeg = fixture("baseline.jpg");
    let mut objects = Written::of_pages(&[3]);
    objects.add("<</Type/Pages/Kids[4 0 R]/Rotate 90/MediaBox 5 0 R/Resources 6 0 R>>");
    objects.add("<</Type/Page/Rotate 180/Contents[8 0 R 9 0 R 8 0 R]>>");
    objects.add("[0 0 320 10 0 R]");
    objects.add("<</XObject 11 0 R>>");
    let size = "/Type/XObject/Subtype/Image/Width 32/Height 16";
    let picture = objects.add_stream(&format!("{size}{JPEG}"), &jpeg);
    objects.add_stream("", b"% nothing");
    objects.add_stream("", WHOLE.as_bytes());
    objects.add("160");
    objects.add(&format!("<</I {picture} 0 R>>"));
    assert_shows(&objects.file(), (32, 16), [BLUE, BLACK, RED, GREEN]);
}

#[test]
fn a_page_of_any_size_in_points_costs_what_its_picture_does() {
    let jpeg = fixture("baseline.jpg");
    let page = "/MediaBox[0 0 1000000 1000000]/UserUnit 1000";
    let operators = "1000000 0 0 500000 0 0 cm /I Do";
    let huge = PageParts { page, operators, ..scan(&jpeg) }.file();
    assert_shows(&huge, (32, 16), UPRIGHT);
    assert_eq!(header(&huge).cost.pixels, 512);
    let flat = PageParts { page: "/MediaBox[0 0 0 160]", ..scan(&jpeg) }.file();
    assert_corrupt(&flat, "a page without an area");
}

#[test]
fn a_picture_beyond_a_limit_is_refused_by_its_header() {
    let picture = "/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/FlateDecode";
    let size = (16_385, 16_385);
    let bomb = PageParts { picture, size, data: b"x", ..scan(&[]) };
    let bomb =
        PageParts { page: "/MediaBox[0 0 320 320]", operators: "320 0 0 320 0 0 cm /I Do", ..bomb };
    match decode(&bomb.file()) {
        Err(DecodeError::TooLarge { limit: Limit::Width, actual: 16_385, .. }) => {}
        other => panic!("{other:?}"),
    }
    let limits = DecodeLimits { max_pixels: 511, ..DecodeLimits::default() };
    let jpeg = fixture("baseline.jpg");
    match read_header(&scan(&jpeg).file(), &limits) {
        Err(DecodeError::TooLarge { limit: Limit::Pixels, actual: 512, .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_newest_of_several_versions_of_an_object_holds() {
    let jpeg = fixture("baseline.jpg");
    let old = scan(&jpeg).file();
    let before = old.windows(9).rposition(|word| word == b"startxref").expect("a table");
    let previous = String::from_utf8_lossy(&old[before + 10..old.len() - 7]).into_owned();
    let mut file = old.clone();
    let object = file.len();
    file.extend(format!(
        "5 0 obj <</Type/Page{A5}/Rotate 180/Contents 4 0 R/Resources<</XObject<</I 3 0 R>>>>>> endobj\n"
    ).bytes());
    let table = file.len();
    file.extend(format!(
        "xref\n5 1\n{object:010} 00000 n \ntrailer <</Size 6/Root 1 0 R/Prev {previous}>>\nstartxref\n{table}\n%%EOF"
    ).bytes());
    assert_shows(&old, (32, 16), UPRIGHT);
    assert_shows(&file, (32, 16), [BLUE, BLACK, RED, GREEN]);
    // A section that is its own predecessor.
    let prev = format!("/Prev {previous}");
    let own = format!("/Prev {table}");
    assert_eq!(own.len(), prev.len(), "both are of as many digits");
    let at = file.windows(prev.len()).rposition(|text| text == prev.as_bytes()).expect("its key");
    file[at..at + prev.len()].copy_from_slice(own.as_bytes());
    assert_corrupt(&file, "a loop");
}

/// What a table has free for readers that know of tables alone stands in the stream beside it.
#[test]
fn a_stream_beside_a_table_shows_what_the_table_hides() {
    let jpeg = fixture("baseline.jpg");
    let mut objects = Written::of_pages(&[5]);
    scan(&jpeg).add_to(&mut objects);
    let (_, places) = objects.body();
    let mut file = objects.file();
    let stream = file.len();
    let place = u32::try_from(places[4]).expect("short").to_be_bytes();
    let entry = [&[1], place.as_slice(), &[0]].concat();
    file.extend(b"9 0 obj <</Type/XRef/Size 6/Index[5 1]/W[1 4 1]/Length 6>>stream\n");
    file.extend(entry);
    file.extend(b"\nendstream endobj\n");
    let table = file.len();
    let first = objects.body().0.len();
    let hybrid = |with_stream: bool| {
        let beside = if with_stream { format!("/XRefStm {stream}") } else { String::new() };
        let section = format!(
            "xref\n5 1\n0000000000 00001 f \ntrailer <</Size 6/Root 1 0 R/Prev {first}{beside}>>\n\
             startxref\n{table}\n%%EOF"
        );
        [file.as_slice(), section.as_bytes()].concat()
    };
    assert_shows(&hybrid(true), (32, 16), UPRIGHT);
    assert_corrupt(&hybrid(false), "a page that is gone");
}

/// Pictures of other programs are in the fixtures: see `make.py` there.
#[test]
fn scans_of_other_programs_are_read() {
    for name in [
        "scan-pillow.pdf",
        "scan-object-streams.pdf",
        "scan-linearized.pdf",
        "scan-prediction.pdf",
        "scan-palette.pdf",
        "scan-base-85.pdf",
        "scan-recognised.pdf",
    ] {
        assert_shows(&fixture(name), (32, 16), UPRIGHT);
    }
    assert_shows(&fixture("scan-fax.pdf"), (32, 16), [BLACK, [255; 3], BLACK, BLACK]);
    assert_unsupported(&fixture("encrypted.pdf"), "encryption");
    assert_unsupported(&fixture("text.pdf"), "text");
}
