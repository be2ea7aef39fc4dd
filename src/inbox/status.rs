//! Moving a message on: forward only, each step once, with its history and event; a failure gives the credits back.

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{AccountId, ChatId, MessageUid};
use crate::message::{Failure, Status};
use crate::store::Write;
use crate::store::events::{NewEvent, event_append};
use crate::store::message_prices::{MessagePrice, message_price_set};
use crate::store::messages::{
    message_by_wamid, message_fail, message_find, message_own, message_set_status, message_set_wamid,
};
use crate::store::outbox_moves::outbox_settle;
use crate::workspace::credits::Taken;
use crate::workspace::quota::give_credits_back;

/// News of one of our messages.
#[derive(Clone, Debug)]
pub struct News {
    /// WhatsApp's id of it.
    pub wamid: String,
    /// Ours, where WhatsApp told it.
    pub uid: Option<MessageUid>,
    pub status: Status,
    pub failure: Option<Failure>,
    pub price: Option<MessagePrice>,
    pub at: Time,
}

/// Notes the news of one of our messages, known by WhatsApp's id of it.
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
    let failure = failure.cloned();
    record_news(write, account, &News { wamid: wamid.to_owned(), uid: None, status, failure, price: None, at })
}

/// Notes the news of one of our messages. Repeated, late and unknown news change nothing.
///
/// Returns whether the message moved.
pub fn record_news(write: &mut Write<'_, '_>, account: AccountId, news: &News) -> Result<bool, Error> {
    let (status, failure, at) = (news.status, news.failure.as_ref(), news.at);
    let found = match message_by_wamid(write.tx, write.workspace.id, account, &news.wamid)? {
        Some(found) => Some(found),
        None => settle_by_uid(write, account, news)?,
    };
    if let (Some((uid, ..)), Some(price)) = (&found, &news.price) {
        message_price_set(write, *uid, price)?;
    }
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

/// A message whose id at WhatsApp isn't known: the answer to its send is lost, or is slower than its news. Now it is known.
fn settle_by_uid(
    write: &mut Write<'_, '_>,
    account: AccountId,
    news: &News,
) -> Result<Option<(MessageUid, Status, ChatId)>, Error> {
    let Some(uid) = news.uid else { return Ok(None) };
    let found = message_own(write.tx, write.workspace.id, account, uid)?;
    // One that never went is none of WhatsApp's.
    let went = |current: Status| current >= Status::Sending && current != Status::Failed;
    let Some((current, chat)) = found.filter(|(current, _)| went(*current)) else { return Ok(None) };
    if current <= Status::Sent {
        message_set_wamid(write, uid, &news.wamid)?;
    }
    Ok(Some((uid, current, chat)))
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
