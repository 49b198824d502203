//! What one tenant floods the thread with keeps another's document from being read for some steps at most.

use super::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// Fields of a document that joined.
    Joined(usize),
    Stepped,
    /// The test has done something.
    Resumed,
    /// Fields of a document that is done.
    Left(usize),
}

/// Takes ten steps a field, encodes a page at a time, and waits for the test once.
struct Counting {
    /// Steps before the thread waits.
    until: usize,
    paused: SyncSender<()>,
    resume: Receiver<()>,
    events: SyncSender<Event>,
    documents: Vec<(DocumentNumber, ReadRequest, usize)>,
}

const STEPS_A_FIELD: usize = 10;

impl Counting {
    fn tell(&self, event: Event) {
        self.events.send(event).expect("the test holds the other end");
    }
}

impl Backend for Counting {
    fn admit(&mut self, documents: Vec<(DocumentNumber, ReadRequest)>) {
        for (number, request) in documents {
            self.tell(Event::Joined(request.fields.len()));
            let steps = request.fields.len() * STEPS_A_FIELD;
            self.documents.push((number, request, steps));
        }
    }

    fn step(&mut self) -> Vec<(DocumentNumber, Result<ReadOutput, BackendError>)> {
        self.until = self.until.saturating_sub(1);
        if self.until == 0 {
            self.until = usize::MAX;
            self.paused.send(()).expect("the test holds the other end");
            self.resume.recv().expect("the test holds the other end");
            self.tell(Event::Resumed);
        }
        self.tell(Event::Stepped);
        self.documents.iter_mut().for_each(|(_, _, steps)| *steps -= 1);
        let done = self.documents.extract_if(.., |(_, _, steps)| *steps == 0);
        let done = done.collect::<Vec<_>>();
        done.into_iter()
            .map(|(number, request, _)| {
                self.tell(Event::Left(request.fields.len()));
                (number, answer(&request, Fault::None))
            })
            .collect()
    }

    fn pages_at_once(&self) -> usize {
        1
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

fn tenant(name: &str) -> Tenant {
    name.parse().expect("a name")
}

/// The events from the moment on in which a document of two fields came into a flood of documents of one
/// field, up to its answer.
fn events_of_one_in_a_flood(of_flood: &str, of_one: &str) -> Vec<Event> {
    const FLOOD: usize = 40;
    let (paused, is_paused) = sync_channel(1);
    let (resume, resumed) = sync_channel(1);
    let (events_out, events) = sync_channel(4096);
    let until = 25;
    let backend =
        Counting { until, paused, resume: resumed, events: events_out, documents: Vec::new() };
    let thread = InferenceThread::start(backend, settings(64, 8, 64)).expect("a thread starts");
    let handle = thread.handle();
    let read = |fields, name: &str| {
        let prepared = Prepared::new(());
        Box::pin(handle.read_prepared(request(fields), prepared, tenant(name)))
    };
    let mut flood = (0..FLOOD).map(|_| read(1, of_flood)).collect::<Vec<_>>();
    flood.iter_mut().for_each(|document| submit(document.as_mut()));
    is_paused.recv_timeout(PATIENCE).expect("the flood is read");
    let mut one = read(2, of_one);
    submit(one.as_mut());
    resume.send(()).expect("the thread waits");
    block_on(one).expect("read");
    for document in flood {
        block_on(document).expect("read, though later");
    }
    drop(thread);
    let events = events.iter().skip_while(|event| *event != Event::Resumed).collect::<Vec<_>>();
    let end = events.iter().position(|event| *event == Event::Left(2)).expect("it was read");
    events[..end].to_vec()
}

fn count(events: &[Event], wanted: Event) -> usize {
    events.iter().filter(|event| **event == wanted).count()
}

#[test]
fn a_flood_of_one_tenant_puts_off_another_by_a_bounded_number_of_steps() {
    let events = events_of_one_in_a_flood("flood", "other");
    let joined = events.iter().position(|event| *event == Event::Joined(2)).expect("it joined");
    let (waiting, reading) = events.split_at(joined);
    assert_eq!(count(waiting, Event::Joined(1)), 0, "it is next: {events:?}");
    // Until one of those in work is done, and the pass of the last that joined is paid for.
    assert!(count(waiting, Event::Stepped) <= STEPS_A_FIELD, "{events:?}");
    assert_eq!(count(reading, Event::Stepped), 2 * STEPS_A_FIELD, "none but its own");
    // Each that joins is encoded while all others stand still.
    assert!(count(reading, Event::Joined(1)) <= 2, "{events:?}");
}

/// The measure of the test above: without tenants the same document waits for all that came before it.
#[test]
fn among_documents_of_one_tenant_the_first_that_came_is_read_first() {
    let events = events_of_one_in_a_flood("flood", "flood");
    let joined = events.iter().position(|event| *event == Event::Joined(2)).expect("it joined");
    assert!(count(&events[..joined], Event::Joined(1)) > 10, "{events:?}");
}

#[test]
fn the_queue_has_a_place_left_for_a_tenant_that_comes() {
    let rig = rig(settings(4, 1, 8), Fault::None);
    let handle = rig.thread.handle();
    let mut first = pin!(handle.read(request(1)));
    occupy(&rig, first.as_mut());
    let read = |name| Box::pin(handle.read_prepared(request(1), Prepared::new(()), tenant(name)));
    let mut flood = [(); 3].map(|()| read("flood"));
    flood.iter_mut().for_each(|document| submit(document.as_mut()));
    assert!(matches!(block_on(read("flood")), Err(InferenceError::Overloaded)));
    let mut other = read("other");
    submit(other.as_mut());
    assert!(matches!(block_on(read("third")), Err(InferenceError::Overloaded)), "it is full");
    // Whose caller left gives the place to one that comes.
    let [left, ..] = flood;
    drop(left);
    let mut third = read("third");
    submit(third.as_mut());
    for _ in 0..5 {
        rig.permits.send(()).expect("the thread lives");
    }
    block_on(first).expect("read");
    block_on(other).expect("read");
    block_on(third).expect("read");
}
