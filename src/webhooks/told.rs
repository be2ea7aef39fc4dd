//! Which webhooks heard of a message: its deliveries, found by its events.

use database::Read;

use crate::clock::Time;
use crate::error::Error;
use crate::events::log::events_of_message;
use crate::id::{MessageUid, WorkspaceId};
use crate::store::webhook_attempts::{AttemptRow, attempt_list};
use crate::store::webhook_deliveries::{DeliveryRow, delivery_find};
use crate::store::webhooks::webhook_list;

/// A delivery of one of a message's events, and how it was tried last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub delivery: DeliveryRow,
    pub last: Option<AttemptRow>,
}

/// The deliveries of a message that was accepted or received at `since`, by event and webhook; none of events that are
/// further away from that than [`crate::events::log::SCANNED_MAX`].
///
/// # Errors
/// A fault of the database.
pub fn told_of(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    message: MessageUid,
    since: Time,
) -> Result<Vec<Told>, Error> {
    let webhooks = webhook_list(tx, workspace)?;
    let mut told = Vec::new();
    if webhooks.is_empty() {
        return Ok(told);
    }
    for event in events_of_message(tx, workspace, message, since)? {
        for webhook in &webhooks {
            if let Some(delivery) = delivery_find(tx, workspace, webhook.id, event.seq)? {
                let last = attempt_list(tx, workspace, webhook.id, event.seq, 1)?.pop();
                told.push(Told { delivery, last });
            }
        }
    }
    Ok(told)
}
