//! Memory that is summed over one call.

use super::*;

#[test]
fn memories_and_tables_share_one_limit() {
    let mut budget = MemoryBudget::new(300_000);
    assert!(budget.memory_growing(0, 131_072, None).expect("never an error"));
    assert!(budget.memory_growing(0, 131_072, None).expect("never an error"));
    assert!(budget.table_growing(0, 1_000, None).expect("never an error"));
    assert!(!budget.refused());
    assert!(!budget.memory_growing(131_072, 196_608, None).expect("never an error"));
    assert!(budget.refused());
}

#[test]
fn a_refusal_takes_nothing() {
    let mut budget = MemoryBudget::new(100);
    assert!(!budget.memory_growing(0, 101, None).expect("never an error"));
    assert!(budget.memory_growing(0, 100, None).expect("never an error"));
}

#[test]
fn a_table_size_that_overflows_is_refused() {
    let mut budget = MemoryBudget::new(usize::MAX);
    assert!(!budget.table_growing(0, usize::MAX, None).expect("never an error"));
}
