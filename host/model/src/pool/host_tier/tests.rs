//! Budget and order, for any sequence of uses.

use proptest::prelude::*;

use super::*;

fn digest(number: u8) -> Digest {
    Digest::from_sha256([number; 32])
}

#[derive(Clone, Debug)]
enum Step {
    Get(u8),
    Keep(u8, usize),
    Remove(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..6u8).prop_map(Step::Get),
        (0..6u8, 0..12usize).prop_map(|(number, bytes)| Step::Keep(number, bytes)),
        (0..6u8).prop_map(Step::Remove),
    ];
    prop::collection::vec(step, 0..60)
}

proptest! {
    /// Against a list ordered by use: the same files are there, and never more bytes than allowed.
    #[test]
    fn it_keeps_what_was_used_last(steps in steps()) {
        let mut tier = HostTier::new(20);
        let mut expected = Vec::<(u8, usize)>::new();
        for step in steps {
            match step {
                Step::Get(number) => {
                    let place = expected.iter().position(|(kept, _)| *kept == number);
                    let found = tier.get(&digest(number));
                    prop_assert_eq!(found.as_deref(), place.map(|_| &number));
                    if let Some(place) = place {
                        let used = expected.remove(place);
                        expected.push(used);
                    }
                }
                Step::Keep(number, bytes) => {
                    tier.keep(digest(number), Arc::new(number), bytes);
                    expected.retain(|(kept, _)| *kept != number);
                    while expected.iter().map(|(_, bytes)| bytes).sum::<usize>() + bytes > 20 {
                        expected.remove(0);
                    }
                    expected.push((number, bytes));
                }
                Step::Remove(number) => {
                    tier.remove(&digest(number));
                    expected.retain(|(kept, _)| *kept != number);
                }
            }
            let bytes = expected.iter().map(|(_, bytes)| bytes).sum::<usize>();
            prop_assert_eq!(tier.bytes(), bytes);
            prop_assert!(bytes <= 20);
        }
    }
}

#[test]
fn what_is_larger_than_all_of_it_sends_nobody_away() {
    let mut tier = HostTier::new(10);
    tier.keep(digest(1), Arc::new(1u8), 10);
    tier.keep(digest(2), Arc::new(2u8), 11);
    assert!(tier.get(&digest(1)).is_some() && tier.get(&digest(2)).is_none());
    assert_eq!((tier.bytes(), tier.hits()), (10, 1));
}
