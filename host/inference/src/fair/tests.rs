//! Whoever comes is served soon, whatever others have waiting.

use proptest::prelude::*;

use super::*;

fn tenant(number: usize) -> Tenant {
    format!("t{number}").parse().expect("a name")
}

fn take_any(queue: &mut FairQueue<usize>) -> Option<usize> {
    queue.take(|_, _| Turn::Take)
}

#[test]
fn items_of_one_tenant_are_taken_as_they_came() {
    let mut queue = FairQueue::default();
    for item in 0..5 {
        queue.push(&Tenant::anonymous(), 5 - item as u64, item);
    }
    let taken = std::iter::from_fn(|| take_any(&mut queue)).collect::<Vec<_>>();
    assert_eq!(taken, [0, 1, 2, 3, 4]);
    assert!(queue.is_empty() && queue.clocks.clocks.is_empty(), "nobody is remembered");
}

#[test]
fn one_that_comes_is_next_but_one_whatever_waits() {
    let mut queue = FairQueue::default();
    (0..100).for_each(|_| queue.push(&tenant(0), 10, 0));
    for _ in 0..7 {
        assert_eq!(take_any(&mut queue), Some(0));
    }
    queue.push(&tenant(1), 10, 1);
    let next = [take_any(&mut queue), take_any(&mut queue)];
    assert!(next.contains(&Some(1)), "{next:?}");
}

#[test]
fn who_costs_more_is_taken_less_often() {
    let mut queue = FairQueue::default();
    (0..100).for_each(|_| queue.push(&tenant(0), 30, 0));
    (0..100).for_each(|_| queue.push(&tenant(1), 10, 1));
    let taken = (0..40).filter_map(|_| take_any(&mut queue)).collect::<Vec<_>>();
    assert_eq!(taken.iter().filter(|item| **item == 0).count(), 10);
}

#[test]
fn one_that_may_not_be_taken_is_passed_over_and_not_forgotten() {
    let mut queue = FairQueue::default();
    queue.push(&tenant(0), 1, 0);
    queue.push(&tenant(1), 1, 1);
    let pass_0 = |tenant_of: &Tenant, _: &usize| match *tenant_of == tenant(0) {
        true => Turn::Pass,
        false => Turn::Take,
    };
    assert_eq!(queue.take(pass_0), Some(1));
    assert_eq!(queue.take(pass_0), None);
    assert_eq!(queue.take(|_, _| Turn::Stop), None);
    assert_eq!((queue.len(), queue.len_of(&tenant(0))), (1, 1));
    assert_eq!(take_any(&mut queue), Some(0));
}

#[test]
fn what_goes_costs_nothing() {
    let mut queue = FairQueue::default();
    (0..10).for_each(|_| queue.push(&tenant(0), 1_000, 9));
    queue.push(&tenant(0), 1, 0);
    queue.push(&tenant(1), 1, 1);
    queue.retain(|item| *item != 9);
    assert_eq!(queue.len(), 2);
    assert_eq!(take_any(&mut queue), Some(0));
}

proptest! {
    /// While two tenants both wait all the time, what they get differs by one item of each at most.
    #[test]
    fn any_two_that_wait_get_as_much_as_each_other(
        costs in prop::collection::vec((1_u64..1000, 1_u64..1000), 1..200),
    ) {
        let mut queue = FairQueue::default();
        for (first, second) in &costs {
            queue.push(&tenant(0), *first, (0, *first));
            queue.push(&tenant(1), *second, (1, *second));
        }
        let most = costs.iter().flat_map(|(first, second)| [*first, *second]).max().unwrap_or(0);
        let mut got = [0_u64; 2];
        while queue.len_of(&tenant(0)) > 0 && queue.len_of(&tenant(1)) > 0 {
            let (who, cost) = queue.take(|_, _| Turn::Take).expect("both wait");
            got[who] += cost;
            prop_assert!(got[0].abs_diff(got[1]) <= 2 * most, "{got:?}, {most}");
        }
    }

    /// However many wait of others, one item of each is taken ahead of a newcomer's at most.
    #[test]
    fn a_newcomer_waits_for_one_item_of_each_other(
        waiting in prop::collection::vec((0_usize..5, 1_u64..1000), 1..200),
        before in 0_usize..100,
    ) {
        let mut queue = FairQueue::default();
        for (who, cost) in &waiting {
            queue.push(&tenant(*who), *cost, *who);
        }
        for _ in 0..before.min(waiting.len() - 1) {
            queue.take(|_, _| Turn::Take);
        }
        queue.push(&tenant(9), 1, 9);
        let mut ahead = [0; 5];
        while let Some(who) = queue.take(|_, _| Turn::Take) {
            if who == 9 {
                break;
            }
            ahead[who] += 1;
        }
        prop_assert!(ahead.iter().all(|items| *items <= 1), "{ahead:?}");
        // Nothing is lost.
        let rest = std::iter::from_fn(|| queue.take(|_, _| Turn::Take)).count();
        prop_assert_eq!(rest + ahead.iter().sum::<usize>() + before.min(waiting.len() - 1), waiting.len());
    }
}
