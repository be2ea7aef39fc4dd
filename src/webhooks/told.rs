//! Which webhooks heard of a message.

use database::Read;

use crate::error::Error;
use crate::id::{MessageUid, WorkspaceId};
use crate::store::webhook_attempts::{AttemptRow, attempt_list};
use crate::store::webhook_deliveries::{DeliveryRow, delivery_of_message};

/// A delivery of one of a message's events, and how it was tried last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub delivery: DeliveryRow,
    pub last: Option<AttemptRow>,
}

/// Deliveries that are looked at for one message: ten webhooks, and more events than a message has.
const TOLD_MAX: i64 = 500;

/// The deliveries of a message for as long as they are kept, by event and webhook.
///
/// # Errors
/// A fault of the database.
pub fn told_of(tx: &mut impl Read, workspace: WorkspaceId, message: MessageUid) -> Result<Vec<Told>, Error> {
    let mut told = Vec::new();
    for delivery in delivery_of_message(tx, workspace, message, TOLD_MAX)? {
        let last = attempt_list(tx, workspace, delivery.webhook, delivery.seq, 1)?.pop();
        told.push(Told { delivery, last });
    }
    Ok(told)
}
