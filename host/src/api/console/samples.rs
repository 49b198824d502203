//! The fictional documents that somebody may try the host with who has none at hand.

/// Their names below `/console/samples/`, as `host/console/src/try/samples.ts` has them, and their bytes.
pub(super) const SAMPLES: [(&str, &[u8]); 7] = [
    ("photograph.jpg", include_bytes!("../../../../tests/fixtures/photographs/2/page-1.jpg")),
    (
        "veligrad-passport.jpg",
        include_bytes!("../../../../tests/fixtures/documents/veligrad/passport/2020/1/page-1.jpg"),
    ),
    (
        "helvetara-id-card-front.jpg",
        include_bytes!("../../../../tests/fixtures/documents/helvetara/id-card/2023/1/page-1.jpg"),
    ),
    (
        "helvetara-id-card-back.jpg",
        include_bytes!("../../../../tests/fixtures/documents/helvetara/id-card/2023/1/page-2.jpg"),
    ),
    (
        "norvaria-driving-licence.jpg",
        include_bytes!(
            "../../../../tests/fixtures/documents/norvaria/driving-licence/2019/1/page-1.jpg"
        ),
    ),
    (
        "hokuto-residence-card.jpg",
        include_bytes!(
            "../../../../tests/fixtures/documents/hokuto/residence-card/2023/1/page-1.jpg"
        ),
    ),
    (
        "parsavand-id-card.jpg",
        include_bytes!("../../../../tests/fixtures/documents/parsavand/id-card/2017/1/page-1.jpg"),
    ),
];
