//! What whoever runs a webhook may ask of its deliveries: one again, a range again, an example, another secret.

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::events::log::last_before;
use crate::id::{ChatId, WebhookId};
use crate::store::Write;
use crate::store::events::{NewEvent, event_append};
use crate::store::webhook_deliveries::{
    DeliveryRow, DeliveryState, delivery_again, delivery_find, example_forget, example_last,
};
use crate::store::webhooks::{WebhookRow, webhook_find, webhook_update};
use crate::webhooks::records::{named, unknown_webhook};
use crate::webhooks::secret::{NewSecret, SECRET_OVERLAP, seq_of};
use crate::workspace::audit::{Action, record};
use crate::workspace::teammates::manager_of;
use crate::workspace::tokens::Caller;

/// Examples of a webhook that are kept.
const EXAMPLES_KEPT: i64 = 20;
/// Events that one replay may reach over.
pub const REPLAY_EVENTS_MAX: i64 = 1_000_000;

/// Delivers an event again, whatever came of it before: the same bytes under the same id, from the start of the schedule.
///
/// # Errors
/// `not_found`; `validation_error` where the webhook is switched off; `permission_denied` or `member_not_found` if the caller
/// may not ask.
pub fn resend(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    webhook: WebhookId,
    delivery: &str,
) -> Result<(WebhookRow, DeliveryRow), Error> {
    let webhook = listening(write, caller, webhook)?;
    let seq = seq_of(&webhook, delivery).ok_or_else(unknown_delivery)?;
    let found = delivery_find(write.tx, write.workspace.id, webhook.id, seq)?.ok_or_else(unknown_delivery)?;
    let again = DeliveryRow { state: DeliveryState::Waiting, tries: 0, next_at: write.now, ..found };
    delivery_again(write.tx, write.workspace.id, &again)?;
    Ok((webhook, again))
}

/// Delivers the events from `first` to `last` again, both included, those that were never delivered as well. A replay that
/// is under way is replaced. Returns the range as far as the log goes.
///
/// # Errors
/// As [`resend`]; `validation_error` for a range that is empty or too long.
pub fn replay(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    webhook: WebhookId,
    first: i64,
    last: i64,
) -> Result<(i64, i64), Error> {
    let mut webhook = listening(write, caller, webhook)?;
    let (first, last) = (first.max(1), last.min(write.counters.event_last));
    if first > last {
        let rule = format!(
            "There is no event from {first} to {last}; the workspace's newest is {}, GET /events lists them",
            write.counters.event_last
        );
        return Err(Error::invalid("from_seq", rule));
    }
    if last - first >= REPLAY_EVENTS_MAX {
        let rule =
            format!("from_seq to to_seq are {} events; at most {REPLAY_EVENTS_MAX} go at once", last - first + 1);
        return Err(Error::invalid("from_seq", rule));
    }
    (webhook.replay_next, webhook.replay_last) = (first, last);
    webhook_update(write, &webhook)?;
    Ok((first, last))
}

/// The same for the events of a span of time; up to now where it has no end.
///
/// # Errors
/// As [`replay`]; `validation_error` in `from` where nothing happened in that time.
pub fn replay_span(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    webhook: WebhookId,
    from: Time,
    to: Option<Time>,
) -> Result<(i64, i64), Error> {
    let workspace = write.workspace.id;
    let first = last_before(write.tx, workspace, from)? + 1;
    let last = match to {
        Some(to) => last_before(write.tx, workspace, to)?,
        None => write.counters.event_last,
    };
    if first > last {
        return Err(Error::invalid("from", "Nothing happened in that time; choose a longer one"));
    }
    replay(write, caller, webhook, first, last)
}

/// Delivers an example with this body, as if it had happened.
///
/// # Errors
/// As [`resend`].
pub fn send_example(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    webhook: WebhookId,
    body: impl FnOnce(&WebhookRow) -> Result<String, Error>,
) -> Result<(WebhookRow, DeliveryRow), Error> {
    let webhook = listening(write, caller, webhook)?;
    let body = body(&webhook)?;
    let seq = example_last(write.tx, write.workspace.id, webhook.id)? - 1;
    let example = DeliveryRow {
        message: None,
        webhook: webhook.id,
        seq,
        event_type: webhook.event_type.clone(),
        state: DeliveryState::Waiting,
        attempts: 0,
        tries: 0,
        next_at: write.now,
        created_at: write.now,
        body,
    };
    example_forget(write, webhook.id, seq + EXAMPLES_KEPT - 1)?;
    delivery_again(write.tx, write.workspace.id, &example)?;
    Ok((webhook, example))
}

/// Gives a webhook another secret; the one before is good for a day beside it.
///
/// # Errors
/// `not_found`; `permission_denied` or `member_not_found`.
pub fn rotate_secret(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    webhook: WebhookId,
    new: &NewSecret,
) -> Result<WebhookRow, Error> {
    manager_of(write.tx, caller)?;
    let mut webhook = webhook_find(write.tx, write.workspace.id, webhook)?.ok_or_else(unknown_webhook)?;
    webhook.secret_before = std::mem::replace(&mut webhook.secret, new.sealed.clone());
    webhook.secret_before_until = write.now + SECRET_OVERLAP;
    webhook_update(write, &webhook)?;
    let detail = webhook.id.to_string();
    event_append(write, NewEvent { kind: Kind::WebhookChanged, chat: ChatId(0), message: None, detail })?;
    record(write, Action::WebhookSecret, &named(&webhook), "good for 24 hours more", "a new one")?;
    Ok(webhook)
}

/// What is answered for a delivery that the webhook doesn't have, or not any more.
pub fn unknown_delivery() -> Error {
    Error::not_found(
        "There is no such delivery of this webhook; GET /webhooks/{webhook_id}/deliveries lists those there are",
    )
}

fn listening(write: &mut Write<'_, '_>, caller: &Caller, webhook: WebhookId) -> Result<WebhookRow, Error> {
    manager_of(write.tx, caller)?;
    let found = webhook_find(write.tx, write.workspace.id, webhook)?.ok_or_else(unknown_webhook)?;
    if !found.enabled {
        let rule =
            "This webhook is switched off and delivers nothing; switch it on with PUT /webhooks/{webhook_id} first";
        return Err(Error::invalid("webhook_id", rule));
    }
    Ok(found)
}
