//! The fictional documents that somebody may try the host with who has none at hand. They are some of
//! `tests/fixtures`, which is not part of what a program is built from everywhere.

/// Their names below `/console/samples/`, as `host/console/src/try/samples.ts` has them, and their bytes.
pub(super) const SAMPLES: [(&str, &[u8]); 8] = [
    ("photograph.jpg", include_bytes!("../../../console/samples/photograph.jpg")),
    (
        "meridia-driving-licence-front.jpg",
        include_bytes!("../../../console/samples/meridia-driving-licence-front.jpg"),
    ),
    (
        "meridia-driving-licence-back.jpg",
        include_bytes!("../../../console/samples/meridia-driving-licence-back.jpg"),
    ),
    (
        "helvetara-id-card-front.jpg",
        include_bytes!("../../../console/samples/helvetara-id-card-front.jpg"),
    ),
    (
        "helvetara-id-card-back.jpg",
        include_bytes!("../../../console/samples/helvetara-id-card-back.jpg"),
    ),
    (
        "norvaria-driving-licence.jpg",
        include_bytes!("../../../console/samples/norvaria-driving-licence.jpg"),
    ),
    (
        "hokuto-residence-card.jpg",
        include_bytes!("../../../console/samples/hokuto-residence-card.jpg"),
    ),
    ("parsavand-id-card.jpg", include_bytes!("../../../console/samples/parsavand-id-card.jpg")),
];
