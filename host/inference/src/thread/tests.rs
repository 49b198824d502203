//! The queue and the thread, with a backend whose speed and answers the test decides.

use std::future::Future;
use std::pin::pin;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use dossier_document::{CharacterSet, Digest, FieldReading, FieldRequest, FieldText, PageImage};
use futures_executor::block_on;

use super::*;
use crate::{DocumentNumber, ReadTimings};

/// Waits for a permit before documents join, tells which join together, and answers each after as
/// many steps as its pages say.
struct GatedBackend {
    arrivals: SyncSender<()>,
    permits: Receiver<()>,
    batches: SyncSender<Vec<usize>>,
    fault: Fault,
    /// With the steps that are left.
    documents: Vec<(DocumentNumber, ReadRequest, usize)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    PanicOnThreeFields,
    ForgetOneDocument,
    RefuseThreeFields,
}

impl Backend for GatedBackend {
    fn admit(&mut self, documents: Vec<(DocumentNumber, ReadRequest)>) {
        // Most tests don't ask.
        let _ = self.arrivals.try_send(());
        self.permits.recv().expect("the test holds the other end");
        let fields = documents.iter().map(|(_, request)| request.fields.len()).collect::<Vec<_>>();
        let holds_three = fields.contains(&3);
        self.batches.send(fields).expect("the test holds the other end");
        assert!(!(self.fault == Fault::PanicOnThreeFields && holds_three), "a fault in the model");
        let documents = documents.into_iter().map(|(number, request)| {
            let steps = request.pages.len();
            (number, request, steps)
        });
        self.documents.extend(documents);
        if self.fault == Fault::ForgetOneDocument {
            self.documents.pop();
        }
    }

    fn step(&mut self) -> Vec<(DocumentNumber, Result<ReadOutput, BackendError>)> {
        self.documents.iter_mut().for_each(|(_, _, steps)| *steps -= 1);
        let done = self.documents.extract_if(.., |(_, _, steps)| *steps == 0);
        done.map(|(number, request, _)| (number, answer(&request, self.fault))).collect()
    }

    fn is_idle(&self) -> bool {
        self.documents.is_empty()
    }

    fn forget(&mut self, document: DocumentNumber) {
        self.documents.retain(|(number, ..)| *number != document);
    }

    fn reset(&mut self) {
        self.documents.clear();
    }
}

fn answer(request: &ReadRequest, fault: Fault) -> Result<ReadOutput, BackendError> {
    if fault == Fault::RefuseThreeFields && request.fields.len() == 3 {
        return Err(BackendError::NoPages);
    }
    let readings = request
        .fields
        .iter()
        .map(|field| FieldReading {
            name: field.name.clone(),
            page: field.page,
            raw: FieldText::new("X"),
            confidence: 1.0,
            polygon: None,
        })
        .collect();
    Ok(ReadOutput {
        readings,
        timings: ReadTimings::default(),
        embedding: None,
        batch_documents: 0,
    })
}

/// How long a busy machine may take for what happens at once otherwise.
const PATIENCE: Duration = Duration::from_secs(60);

struct Rig {
    thread: InferenceThread,
    arrivals: Receiver<()>,
    permits: SyncSender<()>,
    batches: Receiver<Vec<usize>>,
}

fn rig(settings: InferenceSettings, fault: Fault) -> Rig {
    let (arrivals_out, arrivals) = sync_channel(8);
    let (permits, permits_in) = sync_channel(8);
    let (batches_out, batches) = sync_channel(8);
    let backend = GatedBackend {
        arrivals: arrivals_out,
        permits: permits_in,
        batches: batches_out,
        fault,
        documents: Vec::new(),
    };
    let thread = InferenceThread::start(backend, settings).expect("a thread starts");
    Rig { thread, arrivals, permits, batches }
}

fn settings(queue_documents: usize, max_documents: usize, max_rows: usize) -> InferenceSettings {
    InferenceSettings {
        queue_documents,
        budget: BatchBudget { max_documents, max_pages: 8, max_rows },
    }
}

fn request(fields: usize) -> ReadRequest {
    let field = |index: usize| FieldRequest {
        name: format!("field_{index}").parse().expect("a valid name"),
        page: 0,
        characters: "A-Z".parse::<CharacterSet>().expect("a valid set"),
        max_length: 4,
        shape: None,
        zone: None,
        any_lines: false,
    };
    ReadRequest {
        pages: vec![PageImage::new(1, 1, vec![0; 3]).expect("one pixel")],
        fields: (0..fields).map(field).collect(),
        adapter: None,
        embed: false,
    }
}

/// Puts the document on the queue without waiting for its answer.
fn submit<F: Future>(mut future: std::pin::Pin<&mut F>) {
    let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(polled, Poll::Pending), "the answer can't be there yet");
}

/// Lets the thread take the first document, so that what follows waits behind it.
fn occupy<F: Future>(rig: &Rig, first: std::pin::Pin<&mut F>) {
    submit(first);
    // The thread takes the entry off the queue before the backend gets it.
    rig.arrivals.recv_timeout(PATIENCE).expect("the backend gets it");
    assert!(rig.batches.try_recv().is_err(), "the batch waits for its permit");
}

#[test]
fn a_full_queue_answers_overloaded_at_once() {
    let rig = rig(settings(2, 4, 8), Fault::None);
    let handle = rig.thread.handle();
    let mut first = pin!(handle.read(request(1)));
    occupy(&rig, first.as_mut());
    let mut second = pin!(handle.read(request(1)));
    let mut third = pin!(handle.read(request(1)));
    submit(second.as_mut());
    submit(third.as_mut());
    let fourth = block_on(handle.read(request(1)));
    assert!(matches!(fourth, Err(InferenceError::Overloaded)));
    let wait = Duration::from_millis(50);
    thread::sleep(wait);
    rig.permits.send(()).expect("the thread lives");
    rig.permits.send(()).expect("the thread lives");
    assert_eq!(block_on(first).expect("read").batch_documents, 1);
    assert_eq!(block_on(second).expect("read").batch_documents, 2);
    let third = block_on(third).expect("read");
    assert!(third.timings.queue >= wait, "it waited behind the first");
}

#[test]
fn what_waits_is_read_together_up_to_the_budget() {
    let rig = rig(settings(8, 3, 5), Fault::None);
    let handle = rig.thread.handle();
    let mut first = pin!(handle.read(request(1)));
    occupy(&rig, first.as_mut());
    let mut rest = [2, 2, 2, 1, 1, 1].map(|fields| Box::pin(handle.read(request(fields))));
    for waiting in &mut rest {
        submit(waiting.as_mut());
    }
    for _ in 0..4 {
        rig.permits.send(()).expect("the thread lives");
    }
    block_on(first).expect("read");
    for waiting in rest {
        block_on(waiting).expect("read");
    }
    let batches = rig.batches.try_iter().collect::<Vec<_>>();
    assert_eq!(batches, [vec![1], vec![2, 2], vec![2, 1, 1], vec![1]]);
}

#[test]
fn a_document_that_no_batch_can_hold_is_refused() {
    let rig = rig(settings(8, 3, 5), Fault::None);
    let refused = block_on(rig.thread.handle().read(request(6)));
    assert!(matches!(
        refused,
        Err(InferenceError::TooLarge { resource: Resource::Rows, requested: 6, limit: 5 })
    ));
}

#[test]
fn a_caller_that_left_is_not_read() {
    let rig = rig(settings(8, 4, 8), Fault::None);
    let handle = rig.thread.handle();
    let mut first = pin!(handle.read(request(1)));
    occupy(&rig, first.as_mut());
    let mut leaves = Box::pin(handle.read(request(2)));
    submit(leaves.as_mut());
    let mut stays = pin!(handle.read(request(3)));
    submit(stays.as_mut());
    drop(leaves);
    rig.permits.send(()).expect("the thread lives");
    rig.permits.send(()).expect("the thread lives");
    block_on(first).expect("read");
    assert_eq!(block_on(stays).expect("read").batch_documents, 1);
    assert_eq!(rig.batches.try_iter().collect::<Vec<_>>(), [vec![1], vec![3]]);
}

/// Pages are steps here: a document of many is long in work.
fn long_request(pages: usize) -> ReadRequest {
    let mut request = request(1);
    request.pages = vec![request.pages[0].clone(); pages];
    request
}

#[test]
fn documents_join_and_leave_while_others_are_read() {
    let rig = rig(settings(8, 4, 8), Fault::None);
    let handle = rig.thread.handle();
    let mut long = pin!(handle.read(long_request(8)));
    submit(long.as_mut());
    rig.permits.send(()).expect("the thread lives");
    assert_eq!(rig.batches.recv().expect("it joined"), [1]);
    // It joins while the long one goes on; the permit holds both where they are.
    let mut short = pin!(handle.read(request(2)));
    submit(short.as_mut());
    rig.permits.send(()).expect("the thread lives");
    let short = block_on(short).expect("read");
    let joined = short.batch_documents;
    block_on(long).expect("read");
    assert_eq!(rig.batches.recv().expect("it joined"), [2]);
    assert!(joined <= 2);
}

#[test]
fn a_panic_answers_the_batch_and_the_thread_goes_on() {
    let rig = rig(settings(8, 4, 8), Fault::PanicOnThreeFields);
    let handle = rig.thread.handle();
    rig.permits.send(()).expect("the thread lives");
    let panicked = block_on(handle.read(request(3)));
    assert!(matches!(panicked, Err(InferenceError::Backend(BackendError::Panicked))));
    rig.permits.send(()).expect("the thread lives");
    assert_eq!(block_on(handle.read(request(1))).expect("read").readings.len(), 1);
}

#[test]
fn a_backend_that_forgets_a_document_answers_none() {
    let rig = rig(settings(8, 4, 8), Fault::ForgetOneDocument);
    rig.permits.send(()).expect("the thread lives");
    let answer = block_on(rig.thread.handle().read(request(1)));
    assert!(matches!(answer, Err(InferenceError::Backend(BackendError::Unanswered))));
}

#[test]
fn one_bad_document_does_not_spoil_its_neighbours() {
    let rig = rig(settings(8, 4, 8), Fault::RefuseThreeFields);
    let handle = rig.thread.handle();
    let mut first = pin!(handle.read(request(1)));
    occupy(&rig, first.as_mut());
    let mut bad = pin!(handle.read(request(3)));
    let mut good = pin!(handle.read(request(2)));
    submit(bad.as_mut());
    submit(good.as_mut());
    rig.permits.send(()).expect("the thread lives");
    rig.permits.send(()).expect("the thread lives");
    assert!(matches!(block_on(bad), Err(InferenceError::Backend(BackendError::NoPages))));
    assert_eq!(block_on(good).expect("read").batch_documents, 2);
}

#[test]
fn shutdown_reads_what_was_queued_and_refuses_the_rest() {
    let rig = rig(settings(8, 1, 8), Fault::None);
    let handle = rig.thread.handle();
    let mut first = pin!(handle.read(request(1)));
    let mut second = pin!(handle.read(request(2)));
    submit(first.as_mut());
    submit(second.as_mut());
    rig.permits.send(()).expect("the thread lives");
    rig.permits.send(()).expect("the thread lives");
    drop(rig.thread);
    assert_eq!(rig.batches.try_iter().collect::<Vec<_>>(), [vec![1], vec![2]]);
    block_on(first).expect("it was queued before");
    block_on(second).expect("it was queued before");
    assert!(matches!(block_on(handle.read(request(1))), Err(InferenceError::Stopped)));
}

/// Every adapter waits until the test lets it in; leases tell when they end.
#[derive(Default)]
struct GatedResidency {
    waiting: std::sync::Mutex<Vec<oneshot::Sender<Result<Lease, BackendError>>>>,
}

impl Residency for Arc<GatedResidency> {
    fn lease(&self, _: Digest) -> crate::LeaseFuture {
        let (sender, receiver) = oneshot::channel();
        self.waiting.lock().expect("no panic").push(sender);
        Box::pin(async { receiver.await.unwrap_or(Err(BackendError::TooManyLoads)) })
    }
}

impl GatedResidency {
    fn let_in(&self, lease: Result<Lease, BackendError>) {
        let first = self.waiting.lock().expect("no panic").remove(0);
        assert!(first.send(lease).is_ok(), "the document still waits");
    }
}

struct LeasedBackend {
    inner: GatedBackend,
    residency: Arc<GatedResidency>,
}

impl Backend for LeasedBackend {
    fn admit(&mut self, documents: Vec<(DocumentNumber, ReadRequest)>) {
        self.inner.admit(documents);
    }

    fn step(&mut self) -> Vec<(DocumentNumber, Result<ReadOutput, BackendError>)> {
        self.inner.step()
    }

    fn is_idle(&self) -> bool {
        self.inner.is_idle()
    }

    fn forget(&mut self, document: DocumentNumber) {
        self.inner.forget(document);
    }

    fn reset(&mut self) {
        self.inner.reset();
    }

    fn residency(&self) -> Arc<dyn Residency> {
        Arc::new(self.residency.clone())
    }
}

fn leased_rig() -> (Rig, Arc<GatedResidency>) {
    let (arrivals_out, arrivals) = sync_channel(8);
    let (permits, permits_in) = sync_channel(8);
    let (batches_out, batches) = sync_channel(8);
    let inner = GatedBackend {
        arrivals: arrivals_out,
        permits: permits_in,
        batches: batches_out,
        fault: Fault::None,
        documents: Vec::new(),
    };
    let residency = Arc::new(GatedResidency::default());
    let backend = LeasedBackend { inner, residency: residency.clone() };
    let thread = InferenceThread::start(backend, settings(4, 4, 8)).expect("a thread starts");
    (Rig { thread, arrivals, permits, batches }, residency)
}

fn with_adapter(fields: usize) -> ReadRequest {
    ReadRequest { adapter: Some(Digest::from_sha256([7; 32])), ..request(fields) }
}

#[test]
fn a_document_whose_adapter_is_missing_delays_nobody() {
    let (rig, residency) = leased_rig();
    let handle = rig.thread.handle();
    let mut missing = pin!(handle.read(with_adapter(2)));
    submit(missing.as_mut());
    rig.permits.send(()).expect("the thread runs");
    assert!(block_on(handle.read(request(1))).is_ok());
    assert_eq!(rig.batches.recv().expect("a batch"), [1]);

    residency.let_in(Ok(Box::new(())));
    rig.permits.send(()).expect("the thread runs");
    assert!(block_on(missing).is_ok());
    assert_eq!(rig.batches.recv().expect("a batch"), [2]);
}

#[test]
fn an_adapter_is_leased_until_the_document_is_answered() {
    let (rig, residency) = leased_rig();
    let handle = rig.thread.handle();
    let lease = Arc::new(());
    let mut document = pin!(handle.read(with_adapter(1)));
    submit(document.as_mut());
    residency.let_in(Ok(Box::new(lease.clone())));
    occupy(&rig, document.as_mut());
    assert_eq!(Arc::strong_count(&lease), 2, "leased while it is read");
    rig.permits.send(()).expect("the thread runs");
    assert!(block_on(document).is_ok());
    assert_eq!(Arc::strong_count(&lease), 1, "given back with the answer");
}

#[test]
fn a_document_that_is_given_up_gives_its_lease_back() {
    let (rig, residency) = leased_rig();
    let handle = rig.thread.handle();
    let mut busy = pin!(handle.read(request(1)));
    occupy(&rig, busy.as_mut());
    let lease = Arc::new(());
    {
        let mut document = Box::pin(handle.read(with_adapter(2)));
        submit(document.as_mut());
        residency.let_in(Ok(Box::new(lease.clone())));
        submit(document.as_mut());
    }
    rig.permits.send(()).expect("the thread runs");
    assert!(block_on(busy).is_ok());
    // The next batch finds the entry whose caller left.
    rig.permits.send(()).expect("the thread runs");
    assert!(block_on(handle.read(request(3))).is_ok());
    assert_eq!(Arc::strong_count(&lease), 1);
}

#[test]
fn an_adapter_that_can_not_be_had_is_the_answer() {
    let (rig, residency) = leased_rig();
    let handle = rig.thread.handle();
    let mut document = pin!(handle.read(with_adapter(1)));
    submit(document.as_mut());
    residency.let_in(Err(BackendError::TooManyLoads));
    let answer = block_on(document).expect_err("no lease, no answer");
    assert!(matches!(answer, InferenceError::Backend(BackendError::TooManyLoads)));
    assert!(rig.batches.try_recv().is_err(), "it was never queued");
}

mod lost;

mod joining;

mod fairness;
