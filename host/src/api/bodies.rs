//! Bodies that arrive, and those that are held: how many, how many bytes, how slowly.
//!
//! A body has a place of its own while it arrives; a document takes its permit only when it is there, so
//! who sends slowly keeps nobody from being read. Where places or bytes run out, the slowest gives way: who
//! sends a body as fast as networks are is never the slowest beside those that dribble, however many they
//! are and however soon they come back. Tenants are told apart: none has all places or all bytes.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use dossier_document::Tenant;
use dossier_engine::EngineError;
use http_body_util::BodyExt as _;
use tokio::sync::Notify;
use tokio::time::{interval, timeout};

use super::ApiError;
use super::body::{declared_length, discard};
use crate::config::HttpLimits;
use crate::metrics::BodiesStanding;

/// Bodies that may arrive at a time, for each document that may be in work.
const PLACES_A_DOCUMENT: usize = 4;
/// Of the places and bytes that are free, one tenant may hold so many times as many.
const TIMES_THE_FREE: usize = 3;
/// Bytes a second below which a body is cut off.
const LEAST_RATE: f64 = 4096.0;
/// Bytes a second from which on a body gives way to no other.
const GOOD_RATE: f64 = 128.0 * 1024.0;
/// Bytes that a body has ahead of those that it brings before it is cut off, as long as it is young.
const CREDIT_BYTES: f64 = 16.0 * 1024.0;
/// How long a body that has brought nothing gives way to no other: its first bytes come with its head. Were
/// it longer, those that dribble and come back at once would always be the youngest, and keep all places.
const MOMENT: Duration = Duration::from_millis(10);
/// As long as a body is young, what it has brought counts so many times: the first packets fill no network.
const YOUNG_TIMES: f64 = 2.0;
/// The rate is that of the last two of these, or of what there is.
const WINDOW: Duration = Duration::from_secs(2);
/// How often a body is looked at that brings nothing.
const TICK: Duration = Duration::from_millis(500);
/// What a body's room in memory begins with, in bytes; it doubles as the body comes.
const FIRST_ROOM_BYTES: usize = 64 * 1024;

/// All bodies of a listener. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Bodies {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    places: usize,
    limit_bytes: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    arriving: HashMap<u64, Arriving>,
    next: u64,
    /// Bytes of all, those that have arrived too.
    held_bytes: usize,
    /// Of each tenant that holds any.
    of_tenant: BTreeMap<Tenant, Held>,
}

/// What a tenant holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Held {
    /// Bodies that arrive.
    arriving: usize,
    /// Bytes, those that have arrived too.
    bytes: usize,
}

/// A body that arrives.
#[derive(Debug)]
struct Arriving {
    tenant: Tenant,
    meter: Meter,
    gives_way: Arc<Notify>,
}

/// Bytes that a body holds, until it is dropped.
#[derive(Debug)]
pub(super) struct HeldBody {
    shared: Arc<Shared>,
    tenant: Tenant,
    number: u64,
    bytes: usize,
    gives_way: Arc<Notify>,
}

impl Bodies {
    pub(super) fn new(limits: &HttpLimits) -> Self {
        let places = limits.concurrent_requests.saturating_mul(PLACES_A_DOCUMENT);
        let limit_bytes = limits.all_bodies_bytes;
        Self { shared: Arc::new(Shared { places, limit_bytes, state: Mutex::default() }) }
    }

    /// Reads a whole body; its bytes count until what comes with them is dropped.
    ///
    /// # Errors
    /// When it is longer or slower than allowed, the client stops, or there is no room.
    pub(super) async fn read(
        &self,
        headers: &HeaderMap,
        body: Body,
        limits: &HttpLimits,
        tenant: &Tenant,
    ) -> Result<(Bytes, HeldBody), ApiError> {
        let limit = limits.body_bytes;
        let declared = declared_length(headers);
        if declared.is_some_and(|declared| declared > limit as u64) {
            discard(headers, body);
            return Err(ApiError::BodyTooLarge { limit });
        }
        let Some(mut held) = self.place(Instant::now(), tenant) else {
            discard(headers, body);
            return Err(EngineError::Overloaded.into());
        };
        let gives_way = Arc::clone(&held.gives_way);
        let arriving = timeout(limits.body_timeout, held.collect(body, limit, declared));
        let bytes = tokio::select! {
            arrived = arriving => arrived.map_err(|_| ApiError::BodyTimeout)?,
            () = gives_way.notified() => Err(EngineError::Overloaded.into()),
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(Unfinished::TooLarge(rest)) => {
                discard(headers, rest);
                return Err(ApiError::BodyTooLarge { limit });
            }
            Err(Unfinished::Api(error)) => return Err(error),
        };
        held.has_arrived();
        Ok((bytes, held))
    }

    /// How they stand.
    pub(super) fn standing(&self) -> BodiesStanding {
        let state = self.shared.state();
        BodiesStanding {
            arriving: state.arriving.len(),
            places: self.shared.places,
            held_bytes: state.held_bytes,
            limit_bytes: self.shared.limit_bytes,
        }
    }

    fn place(&self, now: Instant, tenant: &Tenant) -> Option<HeldBody> {
        let mut state = self.shared.state();
        let free = self.shared.places.saturating_sub(state.arriving.len());
        let arriving = state.held_by(tenant).arriving;
        if !tenant.is_anonymous() && arriving > 0 && arriving >= free.saturating_mul(TIMES_THE_FREE)
        {
            return None;
        }
        if free == 0 && !state.slowest_gives_way(now, None) {
            return None;
        }
        let number = state.next;
        state.next = state.next.wrapping_add(1);
        let gives_way = Arc::new(Notify::new());
        let (meter, tenant) = (Meter::new(now), tenant.clone());
        let arriving =
            Arriving { tenant: tenant.clone(), meter, gives_way: Arc::clone(&gives_way) };
        state.arriving.insert(number, arriving);
        state.of_tenant.entry(tenant.clone()).or_default().arriving += 1;
        drop(state);
        Some(HeldBody { shared: Arc::clone(&self.shared), tenant, number, bytes: 0, gives_way })
    }
}

impl Shared {
    /// No step under the lock can panic half-way.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Lets the slowest body give its place and its bytes up, unless even that one is fast enough.
    fn slowest_gives_way(&mut self, now: Instant, but_not: Option<u64>) -> bool {
        let others = self.arriving.iter().filter(|(number, _)| Some(**number) != but_not);
        let rates = others.map(|(number, arriving)| (arriving.meter.standing(now), *number));
        let slowest = rates.min_by(|(one, _), (other, _)| one.total_cmp(other));
        let Some((_, number)) = slowest.filter(|(rate, _)| *rate < GOOD_RATE) else { return false };
        if let Some(arriving) = self.arriving.remove(&number) {
            self.give_back(&arriving.tenant, 1, arriving.meter.bytes);
            arriving.gives_way.notify_one();
        }
        true
    }

    fn held_by(&self, tenant: &Tenant) -> Held {
        self.of_tenant.get(tenant).copied().unwrap_or_default()
    }

    fn give_back(&mut self, tenant: &Tenant, arriving: usize, bytes: usize) {
        self.held_bytes -= bytes;
        let Some(held) = self.of_tenant.get_mut(tenant) else { return };
        held.arriving = held.arriving.saturating_sub(arriving);
        held.bytes = held.bytes.saturating_sub(bytes);
        if *held == Held::default() {
            self.of_tenant.remove(tenant);
        }
    }
}

enum Unfinished {
    TooLarge(Body),
    Api(ApiError),
}

impl From<EngineError> for Unfinished {
    fn from(error: EngineError) -> Self {
        Self::Api(error.into())
    }
}

impl HeldBody {
    async fn collect(
        &mut self,
        mut body: Body,
        limit: usize,
        declared: Option<u64>,
    ) -> Result<Bytes, Unfinished> {
        let declared = declared.and_then(|declared| usize::try_from(declared).ok());
        let mut bytes = Vec::with_capacity(declared.unwrap_or(0).min(FIRST_ROOM_BYTES));
        let mut tick = interval(TICK);
        loop {
            let frame = tokio::select! {
                frame = body.frame() => frame,
                _ = tick.tick() => {
                    if self.is_too_slow(Instant::now()) {
                        return Err(Unfinished::Api(ApiError::BodyTimeout));
                    }
                    continue;
                }
            };
            let Some(frame) = frame else { return Ok(bytes.into()) };
            let frame = frame.map_err(|_| Unfinished::Api(ApiError::BodyBroken))?;
            let Some(data) = frame.data_ref() else { continue };
            if bytes.len() + data.len() > limit {
                return Err(Unfinished::TooLarge(body));
            }
            if !self.takes(data.len(), Instant::now()) {
                return Err(EngineError::Overloaded.into());
            }
            bytes.extend_from_slice(data);
        }
    }

    /// Counts what is made of a body that has arrived, if there is room for it beside the body.
    ///
    /// # Errors
    /// [`EngineError::Overloaded`].
    pub(super) fn also_holds(&mut self, bytes: usize) -> Result<(), EngineError> {
        let mut state = self.shared.state();
        while state.held_bytes.saturating_add(bytes) > self.shared.limit_bytes {
            if !state.slowest_gives_way(Instant::now(), Some(self.number)) {
                return Err(EngineError::Overloaded);
            }
        }
        state.held_bytes += bytes;
        self.bytes += bytes;
        Ok(())
    }

    /// Of all that it held, so many bytes are left.
    pub(super) fn shrinks_to(&mut self, bytes: usize) {
        let given_back = self.bytes.saturating_sub(bytes);
        self.shared.state().held_bytes -= given_back;
        self.bytes -= given_back;
    }

    /// Counts bytes that came, if there is room for them; slower bodies make it.
    fn takes(&mut self, bytes: usize, now: Instant) -> bool {
        let mut state = self.shared.state();
        while state.held_bytes.saturating_add(bytes) > self.shared.limit_bytes {
            if !state.slowest_gives_way(now, Some(self.number)) {
                return false;
            }
        }
        let of_tenant = state.held_by(&self.tenant).bytes;
        // One that gave way meanwhile holds nothing any more.
        let held_bytes = state.held_bytes.saturating_add(bytes);
        let free = self.shared.limit_bytes.saturating_sub(held_bytes);
        let Some(arriving) = state.arriving.get_mut(&self.number) else { return false };
        let has_others = of_tenant > arriving.meter.bytes;
        let is_share = of_tenant.saturating_add(bytes) <= free.saturating_mul(TIMES_THE_FREE);
        if has_others && !is_share && !self.tenant.is_anonymous() {
            return false;
        }
        arriving.meter.add(bytes, now);
        state.held_bytes = held_bytes;
        state.of_tenant.entry(self.tenant.clone()).or_default().bytes += bytes;
        true
    }

    fn is_too_slow(&self, now: Instant) -> bool {
        let state = self.shared.state();
        let rate = state.arriving.get(&self.number).map(|arriving| arriving.meter.rate(now));
        rate.is_some_and(|rate| rate < LEAST_RATE)
    }

    /// It gives way to nobody any more, and holds its bytes.
    fn has_arrived(&mut self) {
        let mut state = self.shared.state();
        if let Some(arriving) = state.arriving.remove(&self.number) {
            self.bytes = arriving.meter.bytes;
            // The bytes stay; the place is another's.
            state.give_back(&self.tenant, 1, 0);
        }
    }
}

impl Drop for HeldBody {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        match state.arriving.remove(&self.number) {
            Some(arriving) => state.give_back(&self.tenant, 1, arriving.meter.bytes),
            None => state.give_back(&self.tenant, 0, self.bytes),
        }
    }
}

/// How fast a body comes.
#[derive(Debug)]
struct Meter {
    bytes: usize,
    begun: Instant,
    /// When and at how many bytes the last windows began, the older first.
    marks: [(Instant, usize); 2],
}

impl Meter {
    fn new(now: Instant) -> Self {
        Self { bytes: 0, begun: now, marks: [(now, 0); 2] }
    }

    fn add(&mut self, bytes: usize, now: Instant) {
        let [_, newer] = self.marks;
        if now.saturating_duration_since(newer.0) >= WINDOW {
            self.marks = [newer, (now, self.bytes)];
        }
        self.bytes += bytes;
    }

    /// Bytes a second of late, for the choice of who gives way.
    fn standing(&self, now: Instant) -> f64 {
        let [(since, _), _] = self.marks;
        if since != self.begun {
            return self.rate(now);
        }
        let age = now.saturating_duration_since(since);
        if self.bytes == 0 && age < MOMENT {
            return f64::INFINITY;
        }
        YOUNG_TIMES * self.bytes as f64 / age.max(MOMENT).as_secs_f64()
    }

    /// Bytes a second of late, for whether it is cut off.
    fn rate(&self, now: Instant) -> f64 {
        let [(since, bytes), _] = self.marks;
        let credit = if since == self.begun { CREDIT_BYTES } else { 0.0 };
        let elapsed = now.saturating_duration_since(since).max(TICK / 5);
        ((self.bytes - bytes) as f64 + credit) / elapsed.as_secs_f64()
    }
}

#[cfg(test)]
mod tests;
