//! Whose pages are worked on next: by what they cost, and under a bound of memory.
//!
//! A file of a few bytes may state as many pixels as a hundred ordinary pages have. Nobody is told apart by
//! where they come from, so what is dear waits longer, for as long as it will take, and never has all
//! threads or all memory: there is always room for what is cheap.
//!
//! Tenants are told apart: turns are shared out between them by what was worked on for each, and none has
//! all memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dossier_document::Tenant;
use dossier_inference::FairClocks;
use tokio::sync::oneshot;

/// What work on pages costs, known before it begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Pixels, each as often as it is visited.
    pub(crate) visits: u64,
    /// Most bytes of memory at once.
    pub(crate) memory_bytes: u64,
}

/// Work that takes longer: more than all but the largest photographs of a telephone.
const DEAR_VISITS: u64 = 64_000_000;
/// Visits of which a thread makes so many in a millisecond, or more.
const VISITS_A_MILLISECOND: u64 = 50_000;
/// The longest that anything is put off for its cost.
const LONGEST_DELAY: Duration = Duration::from_secs(10);

/// Of the memory that is free, one tenant may hold so many times as much.
const TIMES_THE_FREE: u64 = 3;

/// Gives out turns. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Turns {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    threads: usize,
    memory_bytes: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    running_dear: usize,
    held_bytes: u64,
    /// Of each tenant that holds any.
    held_by: BTreeMap<Tenant, u64>,
    clocks: FairClocks,
    waiting: Vec<Waiting>,
    next: u64,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    /// When its turn has come, if those who came later and cost less let it.
    due: Instant,
    cost: Cost,
    tenant: Tenant,
    turn: oneshot::Sender<Turn>,
}

/// A thread, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Turn {
    shared: Arc<Shared>,
    is_dear: bool,
    memory: Option<HeldMemory>,
}

/// Memory, for as long as this lives.
#[derive(Debug)]
pub(crate) struct HeldMemory {
    shared: Arc<Shared>,
    tenant: Tenant,
    bytes: u64,
}

impl Turns {
    /// Turns of `threads` at a time, whose work holds `memory_bytes` together. What alone needs more has its
    /// turn when nobody holds any.
    pub(crate) fn new(threads: usize, memory_bytes: u64) -> Self {
        Self { shared: Arc::new(Shared { threads, memory_bytes, state: Mutex::default() }) }
    }

    /// Waits for a turn. Dropping the future gives the wish up.
    pub(crate) async fn turn(&self, cost: Cost, tenant: Tenant) -> Turn {
        let (turn, given) = oneshot::channel();
        let number = self.shared.wait(cost, tenant, turn);
        let _wish = Wish { shared: &self.shared, number };
        given.await.expect("only a wish takes itself off the list")
    }
}

/// Takes a wait off the list that nobody waits for any more.
struct Wish<'a> {
    shared: &'a Arc<Shared>,
    number: u64,
}

impl Drop for Wish<'_> {
    fn drop(&mut self) {
        self.shared.state().waiting.retain(|waiting| waiting.number != self.number);
    }
}

impl Turn {
    /// Ends the turn and keeps so much of its memory, or all if it had less.
    pub(crate) fn keep(mut self, bytes: u64) -> Option<HeldMemory> {
        let mut memory = self.memory.take()?;
        let given_back = memory.bytes.saturating_sub(bytes);
        memory.bytes -= given_back;
        self.shared.state().give_back(&memory.tenant, given_back);
        Some(memory)
    }
}

impl HeldMemory {
    /// So much of it, or all if it is less, as memory that ends by itself.
    pub(crate) fn split(&mut self, bytes: u64) -> Self {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        Self { shared: Arc::clone(&self.shared), tenant: self.tenant.clone(), bytes }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        {
            let mut state = self.shared.state();
            state.running -= 1;
            state.running_dear -= usize::from(self.is_dear);
        }
        match self.memory.take() {
            // Its own end lets the next ones begin.
            Some(memory) => drop(memory),
            None => self.shared.advance(),
        }
    }
}

impl Drop for HeldMemory {
    fn drop(&mut self) {
        self.shared.state().give_back(&self.tenant, self.bytes);
        self.shared.advance();
    }
}

impl Shared {
    /// No step under the lock can panic half-way.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(self: &Arc<Self>, cost: Cost, tenant: Tenant, turn: oneshot::Sender<Turn>) -> u64 {
        let delay = Duration::from_millis(cost.visits / VISITS_A_MILLISECOND).min(LONGEST_DELAY);
        let due = Instant::now() + delay;
        let mut state = self.state();
        let number = state.next;
        state.next = state.next.wrapping_add(1);
        if !state.waits(&tenant) {
            state.clocks.arrives(&tenant);
        }
        state.waiting.push(Waiting { number, due, cost, tenant, turn });
        drop(state);
        self.advance();
        number
    }

    /// Lets all begin that can.
    fn advance(self: &Arc<Self>) {
        loop {
            let mut state = self.state();
            let Some((waiting, turn)) = self.next(&mut state) else { return };
            drop(state);
            // Nobody may wait any more; then the turn ends here, which asks for the next one.
            if waiting.send(turn).is_err() {
                return;
            }
        }
    }

    fn next(self: &Arc<Self>, state: &mut State) -> Option<(oneshot::Sender<Turn>, Turn)> {
        let may_begin = |waiting: &Waiting| self.may_begin(state, waiting);
        let waiting = state.waiting.iter().enumerate().filter(|(_, waiting)| may_begin(waiting));
        let order =
            |waiting: &Waiting| (state.clocks.of(&waiting.tenant), waiting.due, waiting.number);
        let (index, _) = waiting.min_by_key(|(_, waiting)| order(waiting))?;
        let Waiting { cost, tenant, turn, .. } = state.waiting.swap_remove(index);
        state.charge(&tenant, cost);
        let is_dear = is_dear(cost);
        state.running += 1;
        state.running_dear += usize::from(is_dear);
        let memory = HeldMemory { shared: Arc::clone(self), tenant, bytes: cost.memory_bytes };
        Some((turn, Turn { shared: Arc::clone(self), is_dear, memory: Some(memory) }))
    }

    fn may_begin(&self, state: &State, waiting: &Waiting) -> bool {
        let Waiting { cost, tenant, .. } = waiting;
        let cost = *cost;
        if state.running >= self.threads {
            return false;
        }
        let (threads, memory_bytes) = match is_dear(cost) {
            true => (self.threads.div_ceil(2), self.memory_bytes / 4 * 3),
            false => (self.threads, self.memory_bytes),
        };
        let has_thread = !is_dear(cost) || state.running_dear < threads;
        let held_bytes = state.held_bytes.saturating_add(cost.memory_bytes);
        let fits = held_bytes <= memory_bytes;
        let free = self.memory_bytes.saturating_sub(held_bytes);
        let of_tenant = state.held_by.get(tenant).copied().unwrap_or(0);
        let is_share = of_tenant.saturating_add(cost.memory_bytes)
            <= free.saturating_mul(TIMES_THE_FREE)
            || of_tenant == 0;
        let has_room = fits && (is_share || tenant.is_anonymous());
        has_thread && (has_room || state.held_bytes == 0)
    }
}

impl State {
    fn waits(&self, tenant: &Tenant) -> bool {
        self.waiting.iter().any(|waiting| waiting.tenant == *tenant)
    }

    fn charge(&mut self, tenant: &Tenant, cost: Cost) {
        self.clocks.charge(tenant, cost.visits);
        self.held_bytes += cost.memory_bytes;
        *self.held_by.entry(tenant.clone()).or_default() += cost.memory_bytes;
        let waiting = &self.waiting;
        let waits = |tenant: &Tenant| waiting.iter().any(|waiting| waiting.tenant == *tenant);
        self.clocks.keep_those_who_wait(waits);
    }

    fn give_back(&mut self, tenant: &Tenant, bytes: u64) {
        self.held_bytes -= bytes;
        let Some(held) = self.held_by.get_mut(tenant) else { return };
        *held = held.saturating_sub(bytes);
        if *held == 0 {
            self.held_by.remove(tenant);
        }
    }
}

fn is_dear(cost: Cost) -> bool {
    cost.visits >= DEAR_VISITS
}

#[cfg(test)]
mod tests;
