//! What has become of a job follows from its documents, and an id is written in one way.

use super::*;

fn document(state: DocumentState, attempts: u32) -> JobDocument {
    JobDocument {
        document_type: "utopia/passport/2024".to_owned(),
        state,
        attempts,
        fence: attempts,
        due_ms: 0,
        code: None,
        input_bytes: 0,
        result_bytes: 0,
    }
}

fn state_of(documents: &[(DocumentState, u32)]) -> JobState {
    let job = Job {
        id: JobId::new(),
        number: 1,
        tenant: Tenant::anonymous(),
        subject: None,
        created_ms: 0,
        expires_ms: 1,
        finished_ms: None,
        key: WrappedKey::from_text("x".to_owned()),
        client: Client::default(),
        idempotency: None,
        webhook: None,
        documents: documents.iter().map(|(state, attempts)| document(*state, *attempts)).collect(),
    };
    let text = serde_json::to_string(&job).expect("can be written");
    let again = serde_json::from_str::<Job>(&text).expect("can be read");
    assert_eq!(again, job);
    job.state()
}

#[test]
fn a_job_is_what_its_documents_are() {
    use DocumentState as D;
    let queued = (D::Queued, 0);
    assert_eq!(state_of(&[queued, queued]), JobState::Queued);
    assert_eq!(state_of(&[queued, (D::Running, 1)]), JobState::Running);
    assert_eq!(state_of(&[queued, (D::Succeeded, 1)]), JobState::Running);
    // One that waits to be begun again was begun.
    assert_eq!(state_of(&[(D::Queued, 1)]), JobState::Running);
    assert_eq!(state_of(&[(D::Succeeded, 1), (D::Succeeded, 1)]), JobState::Succeeded);
    assert_eq!(state_of(&[(D::Succeeded, 1), (D::Failed, 1)]), JobState::Failed);
    assert_eq!(state_of(&[(D::Failed, 1), (D::Cancelled, 0)]), JobState::Cancelled);
}

#[test]
fn an_id_is_written_in_one_way() {
    let id = JobId::new();
    assert_eq!(id.to_string().parse(), Ok(id));
    let upper = "0193F0A0-0000-7000-8000-00000000000A";
    for text in ["", "1", upper, &upper.replace('-', ""), "{0193f0a0-0000-7000-8000-00000000000a}"]
    {
        assert_eq!(text.parse::<JobId>(), Err(InvalidJobId), "{text}");
    }
}
