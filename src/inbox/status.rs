//! Moving a message on: forward only, each step once, with its history and event; a failure gives the credits back.

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{AccountId, ChatId, MessageUid};
use crate::message::{Failure, Status};
use crate::store::Write;
use crate::store::events::{NewEvent, event_append};
use crate::store::messages::{message_by_wamid, message_fail, message_find, message_set_status};
use crate::store::outbox_moves::outbox_settle;
use crate::workspace::credits::Taken;
use crate::workspace::quota::give_credits_back;

/// Notes the news of one of our messages. Repeated, late and unknown news change nothing.
///
/// Returns whether the message moved.
pub fn record_receipt(
    write: &mut Write<'_, '_>,
    account: AccountId,
    wamid: &str,
    status: Status,
    failure: Option<&Failure>,
    at: Time,
) -> Result<bool, Error> {
    let found = message_by_wamid(write.tx, write.workspace.id, account, wamid)?;
    if let Some((uid, Status::Pending | Status::Sending, chat)) = found {
        // News of a message whose answer was lost says what became of it.
        outbox_settle(write, account, chat, uid)?;
    }
    match found {
        // News can overtake the answer to the send. What arrived was sent, so readers see every step, each once, in order.
        Some((uid, current, chat)) if current < Status::Sent && matches!(status, Status::Delivered | Status::Read) => {
            move_message(write, uid, chat, current, Status::Sent, None, at)?;
            move_message(write, uid, chat, Status::Sent, status, failure, at)
        }
        Some((uid, current, chat)) => move_message(write, uid, chat, current, status, failure, at),
        None => Ok(false),
    }
}

/// Moves a message from its current status to `next` if that is forward; returns whether it moved.
pub fn move_message(
    write: &mut Write<'_, '_>,
    uid: MessageUid,
    chat: ChatId,
    current: Status,
    next: Status,
    failure: Option<&Failure>,
    at: Time,
) -> Result<bool, Error> {
    if !current.may_become(next) {
        return Ok(false);
    }
    if next == Status::Failed {
        let unknown = Failure { code: None, title: "Failed".into(), details: "WhatsApp gave no reason".into() };
        refund(write, uid)?;
        message_fail(write, uid, failure.unwrap_or(&unknown), at)?;
    } else {
        message_set_status(write, uid, next, at)?;
    }
    let detail = next.as_str().to_owned();
    event_append(write, NewEvent { kind: Kind::MessageStatus, chat, message: Some(uid), detail })?;
    Ok(true)
}

fn refund(write: &mut Write<'_, '_>, uid: MessageUid) -> Result<(), Error> {
    if let Some(view) = message_find(write.tx, write.workspace.id, uid)? {
        let message = view.message;
        let taken = Taken { recurring: message.credits_recurring, topped_up: message.credits_topped_up };
        give_credits_back(write, taken, message.received_at);
    }
    Ok(())
}
