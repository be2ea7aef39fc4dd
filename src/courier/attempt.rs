//! One attempt: signed, sent, judged. Nothing of it is recorded here.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::courier::places::{MOMENT, Places, WAIT_MAX};
use crate::id::{WorkspaceId, random_bytes};
use crate::outbound::{Answer, Fault, OutboundError, Post, PostLimits};
use crate::store::webhook_deliveries::DeliveryRow;
use crate::store::webhooks::WebhookRow;
use crate::webhooks::outcomes::{ANSWER_BYTES_KEPT, Ending, Outcome};
use crate::webhooks::schedule::judge;
use crate::webhooks::{WebhookSecret, delivery_id, signed_headers};

/// How long a receiver has to answer, as the contract says.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// A webhook as its attempts need it.
pub(super) struct Hearer {
    pub workspace: WorkspaceId,
    pub webhook: WebhookRow,
    /// `None` where one doesn't open.
    pub secrets: Option<Vec<WebhookSecret>>,
    /// So many attempts at once.
    pub gate: Arc<Semaphore>,
}

/// Tries a delivery whose body is frozen. One that waits for its place when `stop` comes is put back; one that was begun ends.
pub(super) async fn attempt(
    app: App,
    places: Arc<Places>,
    hearer: Arc<Hearer>,
    delivery: DeliveryRow,
    failed_last: bool,
    stop: CancellationToken,
) -> Outcome {
    let luck = f64::from(u16::from_be_bytes(random_bytes())) / f64::from(u16::MAX);
    let enter = async {
        let turn = timeout(WAIT_MAX, Arc::clone(&hearer.gate).acquire_owned()).await.ok()?.ok()?;
        Some((turn, places.enter(&hearer.webhook.url, failed_last).await?))
    };
    let entered = stop.run_until_cancelled(enter).await.flatten();
    let Some((_turn, mut place)) = entered else {
        return Outcome { delivery, at: app.clock.now(), duration_ms: 0, ending: Ending::PutBack, luck };
    };
    let (at, began) = (app.clock.now(), app.clock.monotonic());
    let id = delivery_id(&hearer.webhook, delivery.seq);
    let Some(secrets) = &hearer.secrets else {
        let why =
            "its secret doesn't open with this server's key file; POST /webhooks/{webhook_id}/rotate gives another";
        return Outcome { delivery, at, duration_ms: 0, ending: Ending::Silent(why.to_owned()), luck };
    };
    let headers = signed_headers(secrets, &id, at, &delivery.body);
    let post = Post { headers, body: Bytes::from(delivery.body.clone()) };
    let limits = PostLimits { whole_max: ANSWER_WITHIN, answer_bytes_max: ANSWER_BYTES_KEPT };
    let answered = app.outbound.post(hearer.workspace, &hearer.webhook.url, &post, &limits);
    tokio::pin!(answered);
    let answered = tokio::select! {
        answered = &mut answered => answered,
        () = sleep(MOMENT) => {
            place.become_slow();
            answered.await
        }
    };
    let took = app.clock.monotonic().saturating_sub(began);
    let duration_ms = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
    Outcome { delivery, at, duration_ms, ending: ending(answered, &app), luck }
}

fn ending(answered: Result<Answer, OutboundError>, app: &App) -> Ending {
    match answered {
        Ok(answer) => Ending::Answered {
            status: i64::from(answer.status),
            // PostgreSQL's text holds no NUL.
            answer: String::from_utf8_lossy(&answer.body).replace('\0', ""),
            verdict: judge(answer.status, answer.retry_after.as_deref(), app.clock.now()),
        },
        Err(error) if error.fault == Fault::Busy => Ending::PutBack,
        Err(error) => Ending::Silent(error.to_string().replace('\0', "")),
    }
}
