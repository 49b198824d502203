//! What chance says, beside a model of it.

use super::{
    ATTEMPTS, BTreeMap, Claim, Completed, DocumentState, Job, JobId, JobStore, Outcome, Release,
    Submitted, Tenant, Violation, WIDE, ensure, new_job, tenant,
};

const TENANTS: [&str; 3] = ["utopia", "norvaria", "karvonia"];
const LEASE_MS: u64 = 2_000;

/// Does what chance says to a store, and knows what must have become of it.
#[derive(Debug)]
pub struct Bench {
    random: u64,
    now_ms: u64,
    jobs: BTreeMap<JobId, ModelJob>,
    /// Claims that were ever given out, with the job of each.
    claims: Vec<(JobId, Claim)>,
}

#[derive(Debug)]
struct ModelJob {
    tenant: Tenant,
    expires_ms: u64,
    documents: Vec<ModelDocument>,
}

#[derive(Debug)]
struct ModelDocument {
    state: DocumentState,
    attempts: u32,
    /// The fence of who holds it, or of who said what came of it.
    fence: u32,
    until_ms: u64,
    result: Option<Vec<u8>>,
}

impl Bench {
    /// `seed` decides everything.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { random: seed | 1, now_ms: 1_000, jobs: BTreeMap::new(), claims: Vec::new() }
    }

    /// Takes so many steps, and compares after each.
    ///
    /// # Errors
    /// The first difference.
    pub async fn run(&mut self, store: &dyn JobStore, steps: usize) -> Result<(), Violation> {
        for step in 0..steps {
            let done = self.step(store).await;
            done.map_err(|Violation(what)| Violation(format!("step {step}: {what}")))?;
            self.compare(store).await?;
        }
        Ok(())
    }

    async fn step(&mut self, store: &dyn JobStore) -> Result<(), Violation> {
        self.now_ms += self.below(400);
        match self.below(20) {
            0..=3 => self.submit(store).await,
            4..=8 => self.claim(store).await,
            9..=12 => self.complete(store).await,
            13 => self.release(store).await,
            14 => self.renew(store).await,
            15 => self.cancel(store).await,
            16 => self.erase(store).await,
            17 => {
                self.now_ms += self.below(3 * LEASE_MS);
                self.reap(store).await
            }
            _ => self.reap(store).await,
        }
    }

    /// Whether the store has what the model has.
    ///
    /// # Errors
    /// The first difference.
    pub async fn compare(&self, store: &dyn JobStore) -> Result<(), Violation> {
        let count = |state| {
            let documents = self.jobs.values().flat_map(|job| &job.documents);
            documents.filter(|document| document.state == state).count() as u64
        };
        let lag = store.lag(self.now_ms).await?;
        ensure(lag.waiting == count(DocumentState::Queued), "as many wait")?;
        ensure(lag.running == count(DocumentState::Running), "as many are held")?;
        for name in TENANTS {
            let listed = store.list(tenant(name), None, 1_000).await?;
            let own = self.jobs.values().filter(|job| job.tenant == tenant(name)).count();
            ensure(listed.len() == own, "as many are listed")?;
            for job in listed {
                self.compare_job(store, &job).await?;
            }
        }
        Ok(())
    }

    async fn compare_job(&self, store: &dyn JobStore, job: &Job) -> Result<(), Violation> {
        let model = self.jobs.get(&job.id).ok_or(Violation(format!("{} was erased", job.id)))?;
        let stored = store.results(model.tenant.clone(), job.id).await?;
        let stored = stored.ok_or(Violation(format!("{} is listed and not there", job.id)))?;
        for (index, (document, should)) in job.documents.iter().zip(&model.documents).enumerate() {
            let is = (document.state, document.attempts, &stored.results[index]);
            let should = (should.state, should.attempts, &should.result);
            if is != should {
                return Err(Violation(format!("{} {index}: {is:?}, not {should:?}", job.id)));
            }
        }
        Ok(())
    }

    async fn submit(&mut self, store: &dyn JobStore) -> Result<(), Violation> {
        let tenant = tenant(TENANTS[self.choice(TENANTS.len())]);
        let lengths = (0..=self.below(3)).map(|length| 1 + length as usize).collect::<Vec<_>>();
        let mut job = new_job(store, &tenant, self.now_ms, &lengths).await?;
        job.expires_ms = self.now_ms + 1_000 + self.below(40_000);
        let model = ModelJob {
            tenant,
            expires_ms: job.expires_ms,
            documents: lengths
                .iter()
                .map(|_| ModelDocument {
                    state: DocumentState::Queued,
                    attempts: 0,
                    fence: 0,
                    until_ms: self.now_ms,
                    result: None,
                })
                .collect(),
        };
        let id = job.id;
        ensure(matches!(store.submit(job, WIDE).await?, Submitted::New(_)), "it is new")?;
        self.jobs.insert(id, model);
        Ok(())
    }

    async fn claim(&mut self, store: &dyn JobStore) -> Result<(), Violation> {
        let until_ms = self.now_ms + LEASE_MS;
        let claimed = store.claim(self.now_ms, until_ms).await?;
        let now_ms = self.now_ms;
        let may_be_begun = |document: &ModelDocument| {
            document.state == DocumentState::Queued && document.until_ms <= now_ms
        };
        let Some(claimed) = claimed else {
            let mut documents = self.jobs.values().flat_map(|job| &job.documents);
            return ensure(!documents.any(may_be_begun), "what waits is begun");
        };
        let document = self.jobs.get_mut(&claimed.job.id);
        let document = document.and_then(|job| job.documents.get_mut(claimed.claim.index as usize));
        let document = document.ok_or(Violation("what is begun was there".to_owned()))?;
        ensure(may_be_begun(document), "what is begun waited")?;
        ensure(claimed.claim.fence > document.fence, "no two holders are alike")?;
        document.state = DocumentState::Running;
        document.attempts += 1;
        document.fence = claimed.claim.fence;
        document.until_ms = until_ms;
        self.claims.push((claimed.job.id, claimed.claim));
        Ok(())
    }

    /// A claim that was given out at some time, and the document of it, where that is held by it.
    fn some_claim(&mut self) -> Option<(Claim, Option<&mut ModelDocument>)> {
        let count = self.claims.len().checked_sub(1)?;
        // The newest more often than others.
        let back = self.choice(6).min(count);
        let (id, claim) = self.claims[count - back];
        let document = self.jobs.get_mut(&id);
        let document = document.and_then(|job| job.documents.get_mut(claim.index as usize));
        let is_held = |document: &&mut ModelDocument| {
            document.state == DocumentState::Running && document.fence == claim.fence
        };
        Some((claim, document.filter(is_held)))
    }

    async fn complete(&mut self, store: &dyn JobStore) -> Result<(), Violation> {
        let now_ms = self.now_ms;
        let outcome = match self.below(3) {
            0 => Outcome::Failed("page.corrupt"),
            _ => Outcome::Succeeded,
        };
        let result = vec![9; self.choice(50)];
        let Some((claim, document)) = self.some_claim() else { return Ok(()) };
        let is_held = document.is_some();
        if let Some(document) = document {
            document.state = match outcome {
                Outcome::Succeeded => DocumentState::Succeeded,
                Outcome::Failed(_) => DocumentState::Failed,
            };
            document.result = Some(result.clone());
        }
        let completed = store.complete(claim, outcome, result, now_ms).await?;
        // What was said before may be said again, and changes nothing.
        ensure(!is_held || completed != Completed::Lost, "who holds it is heard")
    }

    async fn release(&mut self, store: &dyn JobStore) -> Result<(), Violation> {
        let due_ms = self.now_ms + self.below(500);
        let release = match self.below(2) {
            0 => Release::Untried,
            _ => Release::Failed("model.failed"),
        };
        let Some((claim, document)) = self.some_claim() else { return Ok(()) };
        let is_held = document.is_some();
        if let Some(document) = document {
            document.state = DocumentState::Queued;
            document.until_ms = due_ms;
            document.attempts -= u32::from(release == Release::Untried);
        }
        ensure(store.release(claim, release, due_ms).await? == is_held, "who holds it lets it go")
    }

    async fn renew(&mut self, store: &dyn JobStore) -> Result<(), Violation> {
        let until_ms = self.now_ms + LEASE_MS;
        let Some((claim, document)) = self.some_claim() else { return Ok(()) };
        let is_held = document.is_some();
        if let Some(document) = document {
            document.until_ms = until_ms;
        }
        ensure(store.is_held(claim).await? == is_held, "who holds it is known")?;
        ensure(store.renew(claim, until_ms).await? == is_held, "who holds it may hold it longer")
    }

    fn some_job(&mut self) -> Option<JobId> {
        let count = self.jobs.len().checked_sub(1)?;
        let chosen = self.choice(count + 1);
        self.jobs.keys().nth(chosen).copied()
    }

    async fn cancel(&mut self, store: &dyn JobStore) -> Result<(), Violation> {
        let Some(id) = self.some_job() else { return Ok(()) };
        let Some(job) = self.jobs.get_mut(&id) else { return Ok(()) };
        for document in job.documents.iter_mut().filter(|document| !document.state.is_final()) {
            document.state = DocumentState::Cancelled;
        }
        let cancelled = store.cancel(job.tenant.clone(), id, self.now_ms).await?;
        ensure(cancelled.is_some_and(|job| job.state().is_final()), "it is done with")
    }

    async fn erase(&mut self, store: &dyn JobStore) -> Result<(), Violation> {
        let Some(id) = self.some_job() else { return Ok(()) };
        let Some(job) = self.jobs.remove(&id) else { return Ok(()) };
        ensure(store.erase(job.tenant, id).await?, "it was there")
    }

    async fn reap(&mut self, store: &dyn JobStore) -> Result<(), Violation> {
        let now_ms = self.now_ms;
        let before = self.jobs.len();
        self.jobs.retain(|_, job| job.expires_ms > now_ms);
        let expired = (before - self.jobs.len()) as u64;
        let (mut requeued, mut given_up) = (0, 0);
        for document in self.jobs.values_mut().flat_map(|job| &mut job.documents) {
            if document.state != DocumentState::Running || document.until_ms > now_ms {
                continue;
            }
            if document.attempts >= ATTEMPTS {
                document.state = DocumentState::Failed;
                given_up += 1;
            } else {
                document.state = DocumentState::Queued;
                document.until_ms = now_ms + crate::store::silent_backoff_ms(document.attempts);
                requeued += 1;
            }
        }
        let reaped = store.reap(now_ms, ATTEMPTS).await?;
        let is = (reaped.expired, reaped.requeued, reaped.given_up);
        match is == (expired, requeued, given_up) {
            true => Ok(()),
            false => Err(Violation(format!("{is:?}, not {:?}", (expired, requeued, given_up)))),
        }
    }

    /// xorshift64: a seed repeats a run.
    fn below(&mut self, limit: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % limit.max(1)
    }

    fn choice(&mut self, count: usize) -> usize {
        usize::try_from(self.below(count as u64)).unwrap_or(0)
    }
}
