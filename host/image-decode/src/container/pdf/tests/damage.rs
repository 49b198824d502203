//! PDFs that are damaged, and those that mean harm.

use proptest::prelude::*;

use super::*;

#[test]
fn a_file_cut_anywhere_is_refused_or_complete() {
    for name in ["scan-pillow.pdf", "scan-object-streams.pdf", "scan-linearized.pdf"] {
        let file = fixture(name);
        let whole = decode(&file).expect("valid");
        for length in 5..file.len() {
            match decode(&file[..length]) {
                Ok(page) => assert_eq!(page, whole, "{name} cut to {length}"),
                Err(DecodeError::Truncated { .. } | DecodeError::Corrupt { .. }) => {}
                Err(error) => panic!("{name} cut to {length}: {error}"),
            }
        }
    }
    // Where the objects are is told at the end; of a linearized file, at the beginning too.
    for name in ["scan-pillow.pdf", "scan-object-streams.pdf"] {
        let file = fixture(name);
        let half = decode(&file[..file.len() / 2]).map(|_| ());
        assert_eq!(half, Err(TRUNCATED), "{name}");
    }
}

#[test]
fn an_encrypted_file_is_refused_by_name() {
    let jpeg = fixture("baseline.jpg");
    let mut objects = Written::of_pages(&[5]);
    scan(&jpeg).add_to(&mut objects);
    let locked = objects.clone().with_trailer("/Encrypt<</Filter/Standard/V 2/R 3>>");
    assert_unsupported(&locked.file(), "encryption");
    let crypt = JPEG.replace("/DCTDecode", "[/Crypt/DCTDecode]");
    assert_unsupported(&PageParts { picture: &crypt, ..scan(&jpeg) }.file(), "encryption");
}

#[test]
fn trees_that_loop_are_damaged() {
    let jpeg = fixture("baseline.jpg");
    let tree = |root: &str, third: &str| {
        let mut objects = Written::of_pages(&[]);
        objects.set(2, root);
        objects.add(third);
        scan(&jpeg).add_to(&mut objects);
        objects.file()
    };
    let pages = |kids: &str| format!("<</Type/Pages/Count 1/Kids[{kids}]>>");
    assert_shows(&tree(&pages("3 0 R"), &pages("6 0 R")), (32, 16), UPRIGHT);
    assert_corrupt(&tree(&pages("2 0 R"), "null"), "its own child");
    assert_corrupt(&tree(&pages("3 0 R"), &pages("2 0 R")), "its own grandchild");
    assert_corrupt(&tree(&pages("6 0 R 6 0 R"), "null"), "a page twice");
    assert_corrupt(&tree(&pages(""), "null"), "no page");
    assert_corrupt(&tree(&pages("99 0 R"), "null"), "a page that is not there");
    assert_corrupt(&tree(&pages("<</Type/Page>>"), "null"), "a page without a number");
    assert_corrupt(&tree("2 0 R", "null"), "an object that is itself");
    assert_corrupt(&tree("<</Type/Pages/Kids 3 0 R>>", "3 0 R"), "an array that is itself");
}

#[test]
fn forms_that_draw_themselves_end() {
    let mut objects = Written::of_pages(&[3]);
    objects.add(&format!("<</Type/Page{A5}/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>"));
    objects.add_stream("", b"/X Do");
    objects.add_stream("/Type/XObject/Subtype/Form/BBox[0 0 9 9]", b"/X Do");
    assert_unsupported(&objects.file(), "nested");
    // Each of eight draws the next one a hundred times.
    let mut objects = Written::of_pages(&[3]);
    objects.add(&format!("<</Type/Page{A5}/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>"));
    objects.add_stream("", b"/X Do");
    for next in 6..13 {
        let form = format!(
            "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X {next} 0 R>>>>"
        );
        objects.add_stream(&form, &b"/X Do ".repeat(100));
    }
    objects.add_stream("/Type/XObject/Subtype/Form/BBox[0 0 9 9]", b"");
    assert_unsupported(&objects.file(), "more beside its pictures");
}

#[test]
fn what_unpacks_without_end_is_paid_for() {
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        encoder.write_all(&[b' '; 1 << 20]).expect("memory is never full");
    }
    let bomb = encoder.finish().expect("memory is never full");
    let mut objects = Written::of_pages(&[3]);
    objects.add(&format!("<</Type/Page{A5}/Contents 4 0 R>>"));
    objects.add_stream("/Filter/FlateDecode", &bomb);
    assert_unsupported(&objects.file(), "more beside its pictures");
}

#[test]
fn what_nests_or_repeats_without_end_is_refused() {
    let jpeg = fixture("baseline.jpg");
    let with = |operators: &str| PageParts { operators, ..scan(&jpeg) }.file();
    assert_unsupported(&with(&"[".repeat(33)), "nested more than 32 deep");
    assert_unsupported(&with(&"q ".repeat(300)), "nested more than 256 deep");
    assert_unsupported(&with(&"0 ".repeat(60_000)), "more than 50,000 values");
    let page = format!("{A5}/Annots {}1{}", "[".repeat(40), "]".repeat(40));
    assert_unsupported(&PageParts { page: &page, ..scan(&jpeg) }.file(), "nested");
}

#[test]
fn what_lies_over_a_page_is_refused_unless_nobody_sees_it() {
    let jpeg = fixture("baseline.jpg");
    let with = |annotation: &str| {
        let page = format!("{A5}/Annots[<</Type/Annot{annotation}>>]");
        PageParts { page: &page, ..scan(&jpeg) }.file()
    };
    for unseen in [
        "/Subtype/Link/Rect[0 0 9 9]",
        "/Subtype/Popup/Rect[0 0 9 9]",
        "/Subtype/Stamp/Rect[0 0 9 9]/F 2",
        "/Subtype/Widget/FT/Sig/Rect[0 0 0 0]",
    ] {
        assert_shows(&with(unseen), (32, 16), UPRIGHT);
    }
    assert_unsupported(&with("/Subtype/Stamp/Rect[0 0 9 9]"), "annotations");
    assert_unsupported(&with("/Subtype/Redact/Rect[0 0 9 9]/F 4"), "annotations");
    assert_unsupported(&with("/Subtype/Widget/FT/Tx/Rect[0 0 9 9]"), "fields");
}

#[test]
fn nothing_of_a_file_is_carried_out() {
    let jpeg = fixture("baseline.jpg");
    let mut objects = Written::of_pages(&[5]);
    let script = "<</S/JavaScript/JS(app.alert\\(1\\))>>";
    objects.set(1, &format!("<</Type/Catalog/Pages 2 0 R/OpenAction{script}/AA<</WC{script}>>>>"));
    scan(&jpeg).add_to(&mut objects);
    assert_shows(&objects.file(), (32, 16), UPRIGHT);
    objects.set(1, "<</Type/Catalog/Pages 2 0 R/AcroForm<</XFA[]>>>>");
    assert_unsupported(&objects.file(), "XFA");
    let elsewhere = format!("{JPEG}/F(/etc/passwd)");
    assert_unsupported(&PageParts { picture: &elsewhere, ..scan(&jpeg) }.file(), "another file");
}

#[test]
fn objects_that_are_not_where_they_are_said_to_be_are_damaged() {
    let jpeg = fixture("baseline.jpg");
    let file = scan(&jpeg).file();
    let change = |from: &[u8], to: &[u8]| {
        assert_eq!(from.len(), to.len());
        let at = file.windows(from.len()).position(|text| text == from).expect("is there");
        let mut changed = file.clone();
        changed[at..at + to.len()].copy_from_slice(to);
        changed
    };
    assert_corrupt(&change(b"5 0 obj", b"6 0 obj"), "another number");
    assert_corrupt(&change(b"endstream", b"endstraem"), "no end");
    assert_corrupt(&change(b"/Width 32", b"/Width -2"), "a width below zero");
    assert_corrupt(&change(b"/MediaBox[0 0 320 160]", b"/MediaBox[0 0 320    ]"), "three corners");
    assert_corrupt(&change(b"/XObject<<", b"/XObject<]"), "no dictionary");
    assert_eq!(decode(&change(b"startxref", b"startyref")), Err(TRUNCATED));
    assert_corrupt(&change(b"trailer <<", b"trailer [["), "no trailer");
}

/// Files to damage: one of each way to write where objects stand.
const VALID: [&str; 5] = [
    "scan-pillow.pdf",
    "scan-object-streams.pdf",
    "scan-linearized.pdf",
    "scan-prediction.pdf",
    "scan-fax.pdf",
];

proptest! {
    #[test]
    fn damaged_files_never_panic_nor_outgrow_the_limits(
        index in 0..VALID.len(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut file = fixture(VALID[index]);
        for (at, byte) in damage {
            let at = at.index(file.len());
            file[at] = byte;
        }
        let limits = DecodeLimits { max_pixels: 1_000_000, ..DecodeLimits::default() };
        if let Ok(mut file) = PageFile::open(&file, &limits) {
            for page in 0..file.pages().min(4) {
                if let Ok(image) = file.decode(page, &limits) {
                    let header = file.header(page, &limits).expect("was read a moment ago");
                    let pixels = u64::from(image.width()) * u64::from(image.height());
                    prop_assert!(pixels <= header.cost.pixels);
                    prop_assert!(header.cost.pixels <= limits.max_pixels);
                }
            }
        }
    }

    #[test]
    fn any_operators_end(operators in "[ -~]{0,200}") {
        let jpeg = fixture("baseline.jpg");
        let _: Result<_, DecodeError> = decode(&PageParts { operators: &operators, ..scan(&jpeg) }.file());
    }

    #[test]
    fn any_mixture_of_operators_ends(
        words in prop::collection::vec(prop::sample::select(vec![
            "q", "Q", "1 0 0 1 0 0 cm", "320 0 0 160 0 0 cm", "/I Do", "0 0 9 9 re", "W", "n", "f",
            "1 g", "0 0 m", "9 9 l", "h", "S", "BT", "ET", "3 Tr", "(x) Tj", "/I gs", "0 0 0 0 0 0 cm",
            "99999999999999999999999999999999 0 0 1 0 0 cm", "-1 0 0 -1 0 0 cm",
        ]), 0..40),
    ) {
        let jpeg = fixture("baseline.jpg");
        let operators = words.join(" ");
        let _: Result<_, DecodeError> = decode(&PageParts { operators: &operators, ..scan(&jpeg) }.file());
    }
}
