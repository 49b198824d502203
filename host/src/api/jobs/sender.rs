//! Those who tell whoever is to be told of a job that is done with. What is told has no value of a document;
//! where it is told, the client has said, so it goes to public addresses alone.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use dossier_jobs::{Delivery, Jobs, JobsError};
use reqwest::{Client, StatusCode};
use tokio::sync::watch;
use tokio::time::sleep;

use super::body::EventBody;
use super::worker::{Stage, reaches};
use crate::outgoing::guarded::{Reach, judge};

/// How often somebody looks whether there is something to tell.
const IDLE: Duration = Duration::from_secs(1);
/// Within which time an attempt is made and said: longer than any takes.
const ATTEMPT: Duration = Duration::from_secs(60);

/// Tells, one after the other, until the host ends.
pub(super) async fn run(
    jobs: Arc<Jobs>,
    client: Client,
    reach: Reach,
    mut stage: watch::Receiver<Stage>,
) {
    while *stage.borrow() == Stage::Working {
        match jobs.claim_delivery(ATTEMPT).await {
            Ok(Some(delivery)) => {
                // What is cut off here is told again by whoever comes next.
                tokio::select! {
                    () = tell(&jobs, &client, reach, &delivery) => {}
                    () = reaches(&mut stage, Stage::Finishing) => {}
                }
                continue;
            }
            Ok(None) => {}
            // Whoever looks at the clock has told that the store does not answer.
            Err(JobsError::Store(error)) if error.is_unavailable() => {}
            Err(error) => tracing::error!(%error, "nobody can be told of a job"),
        }
        tokio::select! {
            () = sleep(IDLE) => {}
            () = reaches(&mut stage, Stage::Finishing) => {}
        }
    }
}

async fn tell(jobs: &Jobs, client: &Client, reach: Reach, delivery: &Delivery) {
    let job = delivery.job.id;
    let said = match attempt(jobs, client, reach, delivery).await {
        Ok(()) => {
            tracing::info!(%job, "a webhook was heard");
            jobs.delivered(delivery).await
        }
        Err(Unheard { code, is_final }) => {
            tracing::info!(%job, code, is_final, "a webhook was not heard");
            jobs.undelivered(delivery, code, is_final, chance()).await
        }
    };
    if let Err(error) = said {
        tracing::warn!(%error, %job, "what came of a webhook can't be kept: it is told again");
    }
}

/// Chance, 0 to 1; 0 where the system has none, which waits as long as is least.
fn chance() -> f64 {
    let mut byte = [0_u8];
    let _ = getrandom::fill(&mut byte);
    f64::from(byte[0]) / 255.0
}

/// Why an attempt was not heard.
struct Unheard {
    code: &'static str,
    /// Whether it is of no use to try again.
    is_final: bool,
}

async fn attempt(
    jobs: &Jobs,
    client: &Client,
    reach: Reach,
    delivery: &Delivery,
) -> Result<(), Unheard> {
    let again = |code| Unheard { code, is_final: false };
    // It was judged when it came; what may be reached may have changed since.
    let url = judge(&delivery.target.url, reach);
    let url = url.map_err(|_| Unheard { code: "webhook.address", is_final: true })?;
    let body = serde_json::to_vec(&EventBody::of(&delivery.job));
    let body = body.map_err(|_| Unheard { code: "internal", is_final: true })?;
    let message = jobs.message(delivery, body);
    let request = client
        .post(url)
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", message.id)
        .header("webhook-timestamp", message.timestamp.to_string())
        .header("webhook-signature", message.signature)
        .body(message.body);
    // Nothing of the answer is read but its status.
    match request.send().await.map(|response| response.status()) {
        Ok(status) if status.is_success() => Ok(()),
        Ok(StatusCode::GONE) => Err(Unheard { code: "webhook.gone", is_final: true }),
        Ok(_) => Err(again("webhook.refused")),
        Err(error) if error.is_timeout() => Err(again("webhook.timeout")),
        Err(_) => Err(again("webhook.unreachable")),
    }
}
