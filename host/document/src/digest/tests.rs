//! Digests as text and back.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn display_and_parse_are_inverse(bytes: [u8; 32]) {
        let digest = Digest::from_sha256(bytes);
        prop_assert_eq!(digest.to_string().parse::<Digest>(), Ok(digest));
    }

    #[test]
    fn any_text_parses_or_is_refused_without_a_panic(text in "(sha256:)?.{0,70}") {
        if let Ok(digest) = text.parse::<Digest>() {
            prop_assert_eq!(digest.to_string(), text);
        }
    }
}
