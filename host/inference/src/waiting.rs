//! The bounded queue between callers and the thread.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use dossier_document::Tenant;

use crate::InferenceError;
use crate::fair::{FairQueue, Turn};
use crate::thread::Entry;

/// Of the places that are free, one tenant may have so many times as many: so there is one left for a
/// tenant that comes.
const TIMES_THE_FREE: usize = 3;

/// Documents that wait for the thread.
pub(crate) struct Waiting {
    places: usize,
    state: Mutex<State>,
    arrived: Condvar,
}

struct State {
    queue: FairQueue<Entry>,
    /// Whether more may come.
    is_open: bool,
}

impl State {
    fn drop_whose_callers_left(&mut self) {
        self.queue.retain(|entry| !entry.answer.is_canceled());
    }
}

impl Waiting {
    pub(crate) fn new(places: usize) -> Self {
        let state = State { queue: FairQueue::default(), is_open: true };
        Self { places, state: Mutex::new(state), arrived: Condvar::new() }
    }

    /// Documents that may wait.
    pub(crate) fn places(&self) -> usize {
        self.places
    }

    /// Documents that wait now.
    pub(crate) fn len(&self) -> usize {
        self.state().queue.len()
    }

    /// Puts a document on the queue, or refuses it at once.
    pub(crate) fn push(&self, entry: Entry) -> Result<(), InferenceError> {
        let mut state = self.state();
        if !state.is_open {
            return Err(InferenceError::Stopped);
        }
        if !self.has_place(&state, &entry.tenant) {
            state.drop_whose_callers_left();
        }
        if !self.has_place(&state, &entry.tenant) {
            return Err(InferenceError::Overloaded);
        }
        let (tenant, cost) = (entry.tenant.clone(), entry.load.cost());
        state.queue.push(&tenant, cost, entry);
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    fn has_place(&self, state: &State, tenant: &Tenant) -> bool {
        let free = self.places.saturating_sub(state.queue.len());
        let has_share = state.queue.len_of(tenant) < free.saturating_mul(TIMES_THE_FREE);
        free > 0 && (tenant.is_anonymous() || has_share)
    }

    /// Nothing more comes; what waits is still taken.
    pub(crate) fn close(&self) {
        self.state().is_open = false;
        self.arrived.notify_one();
    }

    /// Nothing more comes, and nobody takes what waits.
    pub(crate) fn abandon(&self) {
        let mut state = self.state();
        state.is_open = false;
        let abandoned = std::mem::take(&mut state.queue);
        drop(state);
        drop(abandoned);
    }

    /// Waits until there is a document, or nothing more comes.
    pub(crate) fn wait(&self) {
        let state = self.state();
        let is_to_wait = |state: &mut State| state.is_open && state.queue.is_empty();
        drop(self.arrived.wait_while(state, is_to_wait).unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether there is a document, or one may still come.
    pub(crate) fn is_over(&self) -> bool {
        let state = self.state();
        !state.is_open && state.queue.is_empty()
    }

    /// Takes documents off the queue that nobody waits for any more.
    pub(crate) fn drop_whose_callers_left(&self) {
        self.state().drop_whose_callers_left();
    }

    /// Takes the first document that may be taken, in the order that is fair. `turn` is told of each whose
    /// turn it is, and can ask which tenants have something waiting.
    pub(crate) fn take(
        &self,
        turn: &mut impl FnMut(&Entry, &dyn Fn(&Tenant) -> bool) -> Turn,
    ) -> Option<Entry> {
        let mut state = self.state();
        let tenants = state.queue.tenants();
        let has_more = |tenant: &Tenant| tenants.contains(tenant);
        state.queue.take(|_, entry| turn(entry, &has_more))
    }

    /// No step under the lock can panic half-way.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
