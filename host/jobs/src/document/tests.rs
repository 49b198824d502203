//! A document comes back as it went, and bytes that are none are refused.

use super::*;

fn document(fields: Option<Vec<FieldName>>, wanted: Wanted) -> Document {
    Document {
        document_type: "utopia/passport/2024".parse().expect("a type"),
        pages: vec![Bytes::from_static(b"first"), Bytes::new(), Bytes::from_static(b"third")],
        fields,
        wanted,
    }
}

#[test]
fn a_document_comes_back_as_it_went() {
    let wanted = Wanted {
        generation: Some(7),
        base: None,
        adapter: Some(Digest::from_sha256([2; 32])),
        rules: Some(Digest::from_sha256([3; 32])),
    };
    let fields = Some(vec!["surname".parse().expect("a name"), "mrz".parse().expect("a name")]);
    for document in [document(fields, wanted), document(None, Wanted::default())] {
        let bytes = document.to_bytes().expect("can be written");
        assert_eq!(Document::from_bytes(bytes.into()), Ok(document));
    }
}

#[test]
fn what_is_cut_or_longer_is_none() {
    let bytes = document(None, Wanted::default()).to_bytes().expect("can be written");
    for length in 0..bytes.len() {
        let cut = Bytes::copy_from_slice(&bytes[..length]);
        assert_eq!(Document::from_bytes(cut), Err(InvalidDocument), "{length}");
    }
    let longer = [&bytes[..], b"x"].concat();
    assert_eq!(Document::from_bytes(longer.into()), Err(InvalidDocument));
}
