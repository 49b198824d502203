//! The shape of answers.

use dossier_document::{
    CheckOutcome, Digest, FieldName, FieldReading, FieldText, Point, Symbology, Verdict,
};
use dossier_engine::pipeline::{ReadFrom, Transcription};
use dossier_inference::ReadTimings;
use serde_json::json;

use super::*;

fn name(text: &str) -> FieldName {
    text.parse().expect("a field name")
}

const CORNERS: [(f64, f64); 4] = [(247.5, 250.0), (399.0, 250.0), (399.0, 269.06), (247.5, 269.06)];

#[test]
fn an_extraction_reads_as_documented() {
    let digest = Digest::from_sha256([7; 32]);
    let extraction = Extraction {
        document_type: "utopia/passport/2024".parse().expect("a document type"),
        candidates: vec![Candidate {
            document_type: "utopia/passport/2024".parse().expect("a document type"),
            confidence: 0.987_65,
        }],
        pages: vec![PagePlace::whole(0, (600, 400), Some(0.912_34))],
        barcodes: vec![BarcodePlace {
            symbology: Symbology::DataMatrix,
            page: 0,
            corners: CORNERS.map(|(x, y)| Point { x, y }),
        }],
        fields: vec![
            ExtractedField {
                name: name("date_of_birth"),
                transcription: Some(Transcription {
                    raw: FieldText::new("12 MAR 1985"),
                    confidence: 0.987_68,
                    page: 0,
                    polygon: Some(CORNERS.map(|(x, y)| Point { x, y })),
                    other: Some(OtherReading {
                        reading: FieldReading {
                            name: name("date_of_birth"),
                            page: 0,
                            raw: FieldText::new("I2 MAR 1985"),
                            confidence: 0.25,
                            polygon: None,
                        },
                        from: ReadFrom::Page,
                        differs_at: vec![(0, 0)],
                    }),
                }),
                value: Some(FieldText::new("1985-03-12")),
                source: "visual".to_owned(),
            },
            ExtractedField {
                name: name("issuing_state"),
                transcription: None,
                value: Some(FieldText::new("UTO")),
                source: "mrz".to_owned(),
            },
        ],
        checks: vec![Check {
            code: "mrz.structure".to_owned(),
            outcome: CheckOutcome::NotPerformed,
            fields: vec![name("mrz")],
            message: "There is no MRZ.".to_owned(),
        }],
        verdict: Verdict::Incomplete,
        served_by: ServedBy {
            base: digest,
            adapter: None,
            calibration: None,
            zone_reader: Some(digest),
            rules: digest,
            generation: 3,
        },
        timings: Timings {
            read: ReadTimings { queue: Duration::from_micros(1500), ..ReadTimings::default() },
            total: Duration::from_millis(20),
            ..Timings::default()
        },
    };
    let digest = format!("sha256:{}", "07".repeat(32));
    assert_eq!(
        serde_json::to_value(ExtractBody::of(&extraction, "id")).expect("serialisable"),
        json!({
            "document_type": "utopia/passport/2024",
            "candidates": [{"document_type": "utopia/passport/2024", "confidence": 0.9877}],
            "pages": [{"page": 1, "picture": 1, "rotation": 0.0, "score": 0.9123, "rectified": false,
                       "corners": [[0.0, 0.0], [600.0, 0.0], [600.0, 400.0], [0.0, 400.0]]}],
            "barcodes": [{"source": "barcode.data_matrix", "page": 1,
                          "polygon": [[247.5, 250.0], [399.0, 250.0], [399.0, 269.1], [247.5, 269.1]]}],
            "fields": [
                {"name": "date_of_birth", "raw": "12 MAR 1985", "value": "1985-03-12",
                 "confidence": 0.9877, "source": "visual", "page": 1,
                 "polygon": [[247.5, 250.0], [399.0, 250.0], [399.0, 269.1], [247.5, 269.1]],
                 "other_reading": {"raw": "I2 MAR 1985", "confidence": 0.25, "read_from": "page",
                                   "differs_at": [[1, 1]]}},
                {"name": "issuing_state", "raw": null, "value": "UTO",
                 "confidence": null, "source": "mrz", "page": null, "polygon": null,
                 "other_reading": null},
            ],
            "checks": [{"code": "mrz.structure", "outcome": "not_performed", "fields": ["mrz"],
                        "message": "There is no MRZ."}],
            "verdict": "incomplete",
            "served_by": {"base": digest, "adapter": null, "calibration": null, "zone_reader": digest,
                          "rules": digest, "generation": 3},
            "timings_ms": {"pages": 0.0, "identify": 0.0, "before": 0.0, "barcodes": 0.0, "queue": 1.5, "preprocess": 0.0,
                           "encode": 0.0, "decode": 0.0, "second_look": 0.0, "after": 0.0, "total": 20.0},
            "request_id": "id",
        })
    );
}
