//! Those that join leave those that are read some steps.

use super::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// So many documents, and whether they were prepared.
    Joined(usize, bool),
    Stepped,
}

/// Encodes one page at a time; a document of two fields takes 40 steps, any other one.
struct SlowEncoder {
    /// Once, ahead of the first step.
    begin: Option<Receiver<()>>,
    events: SyncSender<Event>,
    documents: Vec<(DocumentNumber, ReadRequest, usize)>,
}

impl SlowEncoder {
    fn join(&mut self, documents: Vec<(DocumentNumber, ReadRequest)>, prepared: bool) {
        self.events.send(Event::Joined(documents.len(), prepared)).expect("the test listens");
        let documents = documents.into_iter().map(|(number, request)| {
            let steps = if request.fields.len() == 2 { 40 } else { 1 };
            (number, request, steps)
        });
        self.documents.extend(documents);
    }
}

impl Backend for SlowEncoder {
    fn admit(&mut self, documents: Vec<(DocumentNumber, ReadRequest)>) {
        self.join(documents, false);
    }

    fn admit_prepared(&mut self, documents: Vec<(DocumentNumber, ReadRequest, Prepared)>) {
        let unwrapped = documents.into_iter().map(|(number, request, prepared)| {
            assert_eq!(prepared.take::<usize>(), Some(request.fields.len()), "its own");
            (number, request)
        });
        self.join(unwrapped.collect(), true);
    }

    fn step(&mut self) -> Vec<(DocumentNumber, Result<ReadOutput, BackendError>)> {
        if let Some(begin) = self.begin.take() {
            begin.recv().expect("the test holds the other end");
        }
        self.events.send(Event::Stepped).expect("the test listens");
        self.documents.iter_mut().for_each(|(_, _, steps)| *steps -= 1);
        let done = self.documents.extract_if(.., |(_, _, steps)| *steps == 0);
        done.map(|(number, request, _)| (number, answer(&request, Fault::None))).collect()
    }

    fn pages_at_once(&self) -> usize {
        1
    }

    fn preparer(&self) -> Arc<dyn Preparer> {
        Arc::new(CountsFields)
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

struct CountsFields;

impl Preparer for CountsFields {
    fn prepare(&self, request: &ReadRequest) -> Result<Prepared, BackendError> {
        Ok(Prepared::new(request.fields.len()))
    }

    /// Pages of three fields are as large as four others.
    fn pages_worth(&self, request: &ReadRequest) -> usize {
        request.pages.len() * if request.fields.len() == 3 { 4 } else { 1 }
    }
}

/// A thread with a [`SlowEncoder`], what lets it begin, and what it tells.
fn slow_thread() -> (InferenceThread, SyncSender<()>, Receiver<Event>) {
    let (begin, begin_in) = sync_channel(1);
    let (events_out, events) = sync_channel(256);
    let backend = SlowEncoder { begin: Some(begin_in), events: events_out, documents: Vec::new() };
    let thread = InferenceThread::start(backend, settings(8, 8, 64)).expect("a thread starts");
    (thread, begin, events)
}

#[test]
fn many_that_come_are_read_some_steps_apart() {
    let (thread, begin, events) = slow_thread();
    let handle = thread.handle();
    let mut long = pin!(handle.read(request(2)));
    submit(long.as_mut());
    assert_eq!(events.recv(), Ok(Event::Joined(1, false)));
    let mut short = [(); 5].map(|()| {
        let request = request(1);
        let prepared = handle.preparer().prepare(&request).expect("it counts");
        Box::pin(handle.read_prepared(request, prepared, Tenant::anonymous()))
    });
    short.iter_mut().for_each(|short| submit(short.as_mut()));
    begin.send(()).expect("the thread waits");
    block_on(long).expect("read");
    short.into_iter().for_each(|short| {
        block_on(short).expect("read");
    });
    drop(thread);

    let events = events.iter().collect::<Vec<_>>();
    let between = events.split(|event| *event == Event::Joined(1, true)).collect::<Vec<_>>();
    assert_eq!(between.len(), 6, "each joined alone: {events:?}");
    assert!(between.iter().flat_map(|steps| steps.iter()).all(|event| *event == Event::Stepped));
    // 4 behind each pass, while the long one is read.
    assert!(between[..5].iter().all(|steps| steps.len() == 4), "{events:?}");
}

#[test]
fn a_large_page_is_owed_and_bounded_as_several() {
    let (thread, begin, events) = slow_thread();
    let handle = thread.handle();
    let mut long = pin!(handle.read(request(2)));
    submit(long.as_mut());
    assert_eq!(events.recv(), Ok(Event::Joined(1, false)));
    let mut large = pin!(handle.read(request(3)));
    submit(large.as_mut());
    let mut short = pin!(handle.read(request(1)));
    submit(short.as_mut());
    begin.send(()).expect("the thread waits");
    for read in [long, large, short] {
        block_on(read).expect("read");
    }
    let three = ReadRequest { pages: vec![request(3).pages[0].clone(); 3], ..request(3) };
    let refused = handle.refuse_unreadable(&three);
    assert!(matches!(
        refused,
        Err(InferenceError::TooLarge { resource: Resource::Pages, requested: 12, limit: 8 })
    ));
    drop(thread);
    let events = events.iter().collect::<Vec<_>>();
    let steps = events.split(|event| *event != Event::Stepped).map(<[Event]>::len);
    // 4 behind the long one, 16 behind the large one.
    assert_eq!(steps.take(2).collect::<Vec<_>>(), [4, 16], "{events:?}");
}

#[test]
fn where_nobody_is_read_all_that_wait_join_at_once() {
    let (thread, begin, events) = slow_thread();
    let handle = thread.handle();
    let mut first = pin!(handle.read(request(1)));
    submit(first.as_mut());
    assert_eq!(events.recv(), Ok(Event::Joined(1, false)));
    let mut rest = [(); 3].map(|()| Box::pin(handle.read(request(1))));
    rest.iter_mut().for_each(|rest| submit(rest.as_mut()));
    begin.send(()).expect("the thread waits");
    block_on(first).expect("read");
    rest.into_iter().for_each(|rest| {
        block_on(rest).expect("read");
    });
    drop(thread);
    let joined = events.iter().filter(|event| *event != Event::Stepped).collect::<Vec<_>>();
    assert_eq!(joined, [Event::Joined(3, false)]);
}
