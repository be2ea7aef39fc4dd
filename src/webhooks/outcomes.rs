//! What came of attempts, and what follows: the delivery's state, the webhook's failures in a row, and its end.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{ChatId, WebhookId};
use crate::store::Write;
use crate::store::events::{NewEvent, event_append};
use crate::store::webhook_attempts::{AttemptRow, attempt_insert};
use crate::store::webhook_deliveries::{DeliveryRow, DeliveryState, delivery_note};
use crate::store::webhooks::{WebhookRow, webhook_find, webhook_update};
use crate::webhooks::schedule::{Verdict, is_hopeless, next_try};

/// What is kept of an answer.
pub const ANSWER_BYTES_KEPT: usize = 1_024;

/// How long a delivery waits that this server had no room for.
const PUT_BACK: Duration = Duration::from_secs(1);

/// What came of an attempt.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// As it was claimed.
    pub delivery: DeliveryRow,
    /// When it began.
    pub at: Time,
    pub duration_ms: i64,
    pub ending: Ending,
    /// From 0 to 1, for the schedule.
    pub luck: f64,
}

#[derive(Clone, Debug)]
pub enum Ending {
    /// Something answered.
    Answered { status: i64, answer: String, verdict: Verdict },
    /// Nothing did: why, in words for whoever gave the address.
    Silent(String),
    /// What the event names is gone, so nothing was sent.
    NothingToTell(String),
    /// It was not tried: this server has no room just now.
    PutBack,
}

impl Ending {
    fn verdict(&self) -> Option<Verdict> {
        match self {
            Ending::Answered { verdict, .. } => Some(verdict.clone()),
            Ending::Silent(why) => Some(Verdict::Failed { why: why.clone(), retry_after: None }),
            Ending::NothingToTell(_) | Ending::PutBack => None,
        }
    }
}

/// Notes what came of attempts, oldest first, each of another delivery. A webhook whose receiver wants no more, or that
/// failed for five days, is switched off.
///
/// # Errors
/// A fault of the database.
pub fn record_outcomes(write: &mut Write<'_, '_>, outcomes: &[Outcome]) -> Result<(), Error> {
    let mut verdicts: BTreeMap<WebhookId, Vec<Verdict>> = BTreeMap::new();
    for outcome in outcomes {
        note(write, outcome)?;
        if let Some(verdict) = outcome.ending.verdict() {
            verdicts.entry(outcome.delivery.webhook).or_default().push(verdict);
        }
    }
    for (webhook, verdicts) in verdicts {
        if let Some(before) = webhook_find(write.tx, write.workspace.id, webhook)? {
            judge_webhook(write, before, &verdicts)?;
        }
    }
    Ok(())
}

fn note(write: &mut Write<'_, '_>, outcome: &Outcome) -> Result<(), Error> {
    let (workspace, now) = (write.workspace.id, write.now);
    let mut row = outcome.delivery.without_body();
    let (status, error, answer) = match &outcome.ending {
        Ending::PutBack => {
            row.next_at = now + PUT_BACK;
            return Ok(delivery_note(write.tx, workspace, &row)?);
        }
        Ending::Answered { status, answer, verdict } => (*status, why(verdict), answer.clone()),
        Ending::Silent(why) | Ending::NothingToTell(why) => (0, why.clone(), String::new()),
    };
    row.attempts += 1;
    row.tries += 1;
    (row.state, row.next_at) = match outcome.ending.verdict() {
        Some(Verdict::Delivered) => (DeliveryState::Delivered, now),
        Some(Verdict::Failed { retry_after, .. }) => match next_try(now, row.tries, retry_after, outcome.luck) {
            Some(at) => (DeliveryState::Waiting, at),
            None => (DeliveryState::Failed, now),
        },
        Some(Verdict::Gone) | None => (DeliveryState::Failed, now),
    };
    delivery_note(write.tx, workspace, &row)?;
    let attempt = AttemptRow {
        webhook: row.webhook,
        seq: row.seq,
        number: row.attempts,
        at: outcome.at,
        duration_ms: outcome.duration_ms,
        status,
        error,
        answer,
    };
    Ok(attempt_insert(write.tx, workspace, &attempt)?)
}

fn why(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Delivered => String::new(),
        Verdict::Failed { why, .. } => why.clone(),
        Verdict::Gone => "answered 410: it wants no more".to_owned(),
    }
}

fn judge_webhook(write: &mut Write<'_, '_>, before: WebhookRow, verdicts: &[Verdict]) -> Result<(), Error> {
    let mut webhook = before.clone();
    let mut reason = String::new();
    for verdict in verdicts {
        match verdict {
            Verdict::Delivered => (webhook.errors_counter, webhook.failing_since) = (0, Time::NEVER),
            Verdict::Failed { why, .. } => {
                webhook.errors_counter += 1;
                if webhook.failing_since.is_never() {
                    webhook.failing_since = write.now;
                }
                if is_hopeless(webhook.failing_since, write.now) {
                    reason = format!("Every delivery failed for 5 days; at last it {why}");
                }
            }
            Verdict::Gone => {
                webhook.errors_counter += 1;
                "It answered 410, which says that it wants no more".clone_into(&mut reason);
            }
        }
    }
    let ends = webhook.enabled && !reason.is_empty();
    if ends {
        webhook.enabled = false;
        webhook.disabled_reason = reason;
    }
    if webhook == before {
        return Ok(());
    }
    webhook_update(write, &webhook)?;
    if ends {
        tracing::warn!(workspace = %write.workspace.id, webhook = %webhook.id, reason = webhook.disabled_reason, "a webhook was switched off");
        let detail = webhook.id.to_string();
        event_append(write, NewEvent { kind: Kind::WebhookDisabled, chat: ChatId(0), message: None, detail })?;
    }
    Ok(())
}
