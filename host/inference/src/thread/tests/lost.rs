//! Backends that fail, live on or are lost.

use super::*;
use crate::preparation::NothingToPrepare;

/// Fails every document of three fields; whether it is lost then, the test decides.
struct FailingBackend {
    documents: Vec<(DocumentNumber, ReadRequest)>,
    failure: Failure,
    probes: SyncSender<()>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// One document; the backend lives.
    Document,
    /// The backend, which says so.
    Backend,
    /// The backend, which panics.
    Panic,
    /// The backend, which panics when it is asked, too.
    PanicTwice,
}

impl Backend for FailingBackend {
    fn admit(&mut self, documents: Vec<(DocumentNumber, ReadRequest)>) {
        self.documents.extend(documents);
    }

    fn step(&mut self) -> Vec<(DocumentNumber, Result<ReadOutput, BackendError>)> {
        let failing = self.documents.iter().any(|(_, request)| request.fields.len() == 3);
        let panics = matches!(self.failure, Failure::Panic | Failure::PanicTwice);
        assert!(!(failing && panics), "the device is gone");
        let answer = |request: &ReadRequest| match request.fields.len() {
            3 => Err(BackendError::Compute("an illegal access".into())),
            _ => answer(request, Fault::None),
        };
        self.documents.drain(..).map(|(number, request)| (number, answer(&request))).collect()
    }

    fn is_idle(&self) -> bool {
        self.documents.is_empty()
    }

    fn forget(&mut self, document: DocumentNumber) {
        self.documents.retain(|(number, _)| *number != document);
    }

    fn reset(&mut self) {
        assert!(self.failure == Failure::Document, "a lost backend is asked for nothing");
        self.documents.clear();
    }

    fn probe(&mut self) -> Result<(), BackendLost> {
        self.probes.send(()).expect("the test holds the other end");
        assert!(self.failure != Failure::PanicTwice, "the device is gone");
        match self.failure {
            Failure::Document => Ok(()),
            _ => Err(BackendLost("cuda:0 does not answer".to_owned())),
        }
    }
}

fn failing_rig(failure: Failure) -> (InferenceThread, Receiver<()>) {
    let (probes_out, probes) = sync_channel(8);
    let backend = FailingBackend { documents: Vec::new(), failure, probes: probes_out };
    (InferenceThread::start(backend, settings(8, 4, 16)).expect("a thread starts"), probes)
}

#[test]
fn a_backend_that_lives_goes_on_after_a_failure() {
    let (thread, probes) = failing_rig(Failure::Document);
    let handle = thread.handle();
    assert!(block_on(handle.read(request(1))).is_ok());
    assert!(probes.try_recv().is_err(), "nothing failed yet");
    let failed = block_on(handle.read(request(3)));
    assert!(matches!(failed, Err(InferenceError::Backend(BackendError::Compute(_)))));
    assert_eq!(probes.try_iter().count(), 1);
    assert!(!handle.is_lost());
    assert!(block_on(handle.read(request(1))).is_ok());
}

#[test]
fn a_backend_that_is_lost_answers_nobody_and_everybody_learns_why() {
    for (failure, told) in [
        (Failure::Backend, "cuda:0 does not answer"),
        (Failure::Panic, "cuda:0 does not answer"),
        (Failure::PanicTwice, "the model panicked twice"),
    ] {
        let (thread, probes) = failing_rig(failure);
        let handle = thread.handle();
        assert!(block_on(handle.read(request(1))).is_ok());
        let mut lost = pin!(handle.lost());
        submit(lost.as_mut());
        let read = block_on(handle.read(request(3)));
        assert!(matches!(read, Err(InferenceError::Stopped)), "{told}: no answer is the answer");
        assert_eq!(block_on(lost).to_string(), told);
        assert!(handle.is_lost());
        assert_eq!(probes.try_iter().count(), 1);
        let later = block_on(handle.read(request(1)));
        assert!(matches!(later, Err(InferenceError::Stopped)));
        assert_eq!(block_on(thread.handle().lost()).to_string(), told, "whoever asks later");
    }
}

#[test]
fn a_good_answer_of_the_step_that_lost_the_backend_is_not_given() {
    let (probes, _asked) = sync_channel(8);
    let backend = FailingBackend { documents: Vec::new(), failure: Failure::Backend, probes };
    let mut reading = OngoingBatch::new(backend, settings(8, 4, 16).budget, Arc::default());
    let (entries, mut answers): (Vec<_>, Vec<_>) = [1, 3].map(entry).into_iter().unzip();
    reading.admit(entries).expect("nothing failed yet");
    assert!(reading.step().is_err());
    reading.abandon();
    for answer in &mut answers {
        assert!(answer.try_recv().is_err(), "its sender is gone");
    }
}

type Answer = oneshot::Receiver<Result<ReadOutput, BackendError>>;

/// A document of so many fields, as it comes off the queue.
fn entry(fields: usize) -> (Entry, Answer) {
    let (answer, answered) = oneshot::channel();
    let request = request(fields);
    let load = BatchLoad::of(&request, &NothingToPrepare);
    (
        Entry {
            request,
            load,
            prepared: None,
            tenant: Tenant::anonymous(),
            answer,
            queued_at: Instant::now(),
            lease: None,
        },
        answered,
    )
}
