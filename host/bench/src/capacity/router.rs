//! Which host a document goes to.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher as _;

/// Places of each host on the ring.
const POINTS: usize = 128;

/// How documents are sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Routing {
    /// To the hosts in turn.
    InTurn,
    /// By type on a ring, past hosts that have more than `balance` of their share, as HAProxy's
    /// `hash-type consistent` and `hash-balance-factor` do (arXiv:1608.01350).
    ByType {
        /// Of a host's even share.
        balance: f64,
    },
}

/// The hosts that answer, and how many documents each has.
#[derive(Debug)]
pub(crate) struct Router {
    routing: Routing,
    ring: BTreeMap<u64, usize>,
    in_work: Vec<usize>,
    is_up: Vec<bool>,
    next: usize,
}

impl Router {
    /// All hosts are up.
    pub(crate) fn new(routing: Routing, hosts: usize) -> Self {
        let points = (0..hosts).flat_map(|host| (0..POINTS).map(move |point| (host, point)));
        let ring = points.map(|(host, point)| (hash(&(host, point)), host)).collect();
        Self { routing, ring, in_work: vec![0; hosts], is_up: vec![true; hosts], next: 0 }
    }

    /// Where a document of this type goes, which has it then; none where no host is up.
    pub(crate) fn send(&mut self, document_type: usize) -> Option<usize> {
        let host = match self.routing {
            Routing::InTurn => self.in_turn()?,
            Routing::ByType { balance } => self.by_type(document_type, balance)?,
        };
        self.in_work[host] += 1;
        Some(host)
    }

    /// A host is done with a document.
    pub(crate) fn done(&mut self, host: usize) {
        self.in_work[host] -= 1;
    }

    /// A host is gone, and what it had with it.
    pub(crate) fn lose(&mut self, host: usize) {
        self.is_up[host] = false;
        self.in_work[host] = 0;
    }

    fn in_turn(&mut self) -> Option<usize> {
        let hosts = self.is_up.len();
        let up = (self.next..self.next + hosts)
            .map(|turn| turn % hosts)
            .find(|host| self.is_up[*host])?;
        self.next = up + 1;
        Some(up)
    }

    fn by_type(&self, document_type: usize, balance: f64) -> Option<usize> {
        let up = self.is_up.iter().filter(|is_up| **is_up).count();
        let share = (self.in_work.iter().sum::<usize>() + 1) as f64 / up.max(1) as f64;
        let most = (balance * share).ceil() as usize;
        let at = hash(&document_type);
        let around = self.ring.range(at..).chain(self.ring.range(..at)).map(|(_, host)| *host);
        let mut up = around.filter(|host| self.is_up[*host]);
        let first = up.next()?;
        if self.in_work[first] < most {
            return Some(first);
        }
        Some(up.find(|host| self.in_work[*host] < most).unwrap_or(first))
    }
}

fn hash(key: &impl std::hash::Hash) -> u64 {
    // With the keys that it always begins with: a plan is the same each time.
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}
