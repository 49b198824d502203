//! The work is what it says it is.

use super::*;

#[test]
fn fields_have_the_length_asked_for() {
    let workload = Workload::new(3, 24).expect("a workload");
    let request = workload.request(None);
    assert_eq!(request.fields.len(), 3);
    assert!(request.fields.iter().all(|field| field.max_length == 24));
    assert!(Workload::new(0, 24).is_err());
    assert!(Workload::new(9, 24).is_err());
    assert!(Workload::new(3, 0).is_err());
}

#[test]
fn the_median_is_in_the_middle() {
    assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    assert!(median(Vec::new()).is_nan());
}
