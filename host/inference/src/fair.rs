//! An order that is fair between tenants: start-time fair queueing.
//!
//! Each tenant has a clock of its own, which goes forward by the cost of what is taken of it. The tenant
//! whose clock stands lowest is next, so that in any time in which two tenants both wait, each is given as
//! much as the other, but for the cost of one item. A tenant that comes begins where those that wait stand:
//! nothing is saved up. What one tenant has waiting, however much it is, puts another's first item off by at
//! most one item of each other tenant.
//!
//! P. Goyal, H. M. Vin, H. Cheng: Start-time fair queueing (SIGCOMM 1996).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use dossier_document::Tenant;

/// How much each tenant was given, as far as it matters to those that wait.
#[derive(Clone, Debug, Default)]
pub struct FairClocks {
    clocks: BTreeMap<Tenant, u64>,
    /// Where the clock of the tenant stood that was given something last.
    time: u64,
}

/// What waits. It has no bound of its own: whoever owns one counts.
#[derive(Debug)]
pub struct FairQueue<T> {
    clocks: FairClocks,
    lanes: BTreeMap<Tenant, VecDeque<Waiting<T>>>,
    length: usize,
    next: u64,
}

#[derive(Debug)]
struct Waiting<T> {
    number: u64,
    cost: u64,
    item: T,
}

/// What becomes of the next item of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is taken.
    Take,
    /// It stays, and another tenant's may be taken.
    Pass,
    /// It stays, and nothing is taken before it.
    Stop,
}

impl FairClocks {
    /// A tenant has something waiting that had nothing.
    pub fn arrives(&mut self, tenant: &Tenant) {
        let clock = self.clocks.entry(tenant.clone()).or_insert(self.time);
        *clock = (*clock).max(self.time);
    }

    /// Where the clock of a tenant stands: of those that wait, the lowest is next.
    #[must_use]
    pub fn of(&self, tenant: &Tenant) -> u64 {
        self.clocks.get(tenant).copied().unwrap_or(self.time)
    }

    /// A tenant is given something. The cost is in any unit, the same for all.
    pub fn charge(&mut self, tenant: &Tenant, cost: u64) {
        let clock = self.of(tenant);
        // One that was passed over may stand below: time never goes back.
        self.time = self.time.max(clock);
        self.clocks.insert(tenant.clone(), clock.saturating_add(cost));
    }

    /// Tenants that have nothing waiting and owe nothing begin anew when they come again. Where nobody
    /// waits, nobody owes anything.
    pub fn keep_those_who_wait(&mut self, is_waiting: impl Fn(&Tenant) -> bool) {
        let somebody_waits = self.clocks.keys().any(&is_waiting);
        let time = self.time;
        self.clocks.retain(|tenant, clock| somebody_waits && (*clock > time || is_waiting(tenant)));
    }
}

impl<T> Default for FairQueue<T> {
    fn default() -> Self {
        Self { clocks: FairClocks::default(), lanes: BTreeMap::new(), length: 0, next: 0 }
    }
}

impl<T> FairQueue<T> {
    /// How many items wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// How many items of a tenant wait.
    #[must_use]
    pub fn len_of(&self, tenant: &Tenant) -> usize {
        self.lanes.get(tenant).map_or(0, VecDeque::len)
    }

    /// The tenants that have something waiting.
    #[must_use]
    pub fn tenants(&self) -> BTreeSet<Tenant> {
        self.lanes.keys().cloned().collect()
    }

    /// Puts an item behind those of its tenant. The cost is in any unit, the same for all.
    pub fn push(&mut self, tenant: &Tenant, cost: u64, item: T) {
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        let lane = self.lanes.entry(tenant.clone()).or_default();
        if lane.is_empty() {
            self.clocks.arrives(tenant);
        }
        lane.push_back(Waiting { number, cost, item });
        self.length += 1;
    }

    /// Takes the first item that may be taken, in the fair order of tenants.
    pub fn take(&mut self, mut turn: impl FnMut(&Tenant, &T) -> Turn) -> Option<T> {
        let waiting = self.lanes.iter().filter_map(|(tenant, lane)| Some((tenant, lane.front()?)));
        let mut waiting = waiting.collect::<Vec<_>>();
        waiting.sort_by_key(|(tenant, first)| (self.clocks.of(tenant), first.number));
        let mut taken = None;
        for (tenant, first) in waiting {
            match turn(tenant, &first.item) {
                Turn::Take => {
                    taken = Some(tenant.clone());
                    break;
                }
                Turn::Pass => {}
                Turn::Stop => break,
            }
        }
        let tenant = taken?;
        let Waiting { cost, item, .. } = self.lanes.get_mut(&tenant)?.pop_front()?;
        self.clocks.charge(&tenant, cost);
        self.length -= 1;
        self.forget_those_who_left();
        Some(item)
    }

    /// Keeps the items that `is_kept` wants. What goes costs its tenant nothing.
    pub fn retain(&mut self, mut is_kept: impl FnMut(&T) -> bool) {
        for lane in self.lanes.values_mut() {
            lane.retain(|waiting| is_kept(&waiting.item));
        }
        self.length = self.lanes.values().map(VecDeque::len).sum();
        self.forget_those_who_left();
    }

    fn forget_those_who_left(&mut self) {
        self.lanes.retain(|_, lane| !lane.is_empty());
        self.clocks.keep_those_who_wait(|tenant| self.lanes.contains_key(tenant));
    }
}

#[cfg(test)]
mod tests;
