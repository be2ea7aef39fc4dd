//! Receipts of groups: each participant's phone tells its own, and the message shows what all of them have told, as WhatsApp
//! does: Delivered when everybody has it, Read when everybody has read it.
//!
//! Everybody is who was in the group when the message was sent and still is, without us. Until WhatsApp has told who is in
//! it, nobody is everybody and the message stays Sent. What is told twice, late or in another order ends the same.

use database::Read;
use transport::Address;

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{AccountId, ChatId, MessageUid, WorkspaceId};
use crate::inbox::groups::GROUP_MEMBERS_MAX;
use crate::inbox::status::{move_message, record_receipt};
use crate::message::{MessageKind, Status};
use crate::store::Write;
use crate::store::chats::chat_find;
use crate::store::events::{NewEvent, event_append};
use crate::store::message_receipts::{
    ReceiptRow, RecipientRow, receipt_count, receipt_find, receipt_open, receipt_save, receipt_standing, recipient_list,
};
use crate::store::messages::{MessageRow, message_by_wamid};

/// Participants whose receipts are kept of a message; those of further ones are left out.
pub const RECEIPTS_MAX: usize = GROUP_MEMBERS_MAX;
/// So many of a group's newest messages are looked at again when somebody has left it.
const LOOKED_AT_MAX: i64 = 50;

/// Notes what the phone of one participant tells of a message of ours. In a chat with one contact that is the message's own
/// news.
///
/// Returns whether the message moved.
pub fn record_participant_receipt(
    write: &mut Write<'_, '_>,
    account: AccountId,
    wamid: &str,
    participant: &Address,
    status: Status,
    at: Time,
) -> Result<bool, Error> {
    let workspace = write.workspace.id;
    let Some((uid, current, chat)) = message_by_wamid(write.tx, workspace, account, wamid)? else { return Ok(false) };
    let is_group = chat_find(write.tx, workspace, chat)?.is_some_and(|chat| chat.is_group);
    if !is_group || status == Status::Sent {
        return record_receipt(write, account, wamid, status, None, at);
    }
    // That one phone could not take it says nothing of the others.
    if current == Status::Failed || !matches!(status, Status::Delivered | Status::Read) {
        return Ok(false);
    }
    if !keep(write, uid, participant, status, at)? {
        return Ok(false);
    }
    let detail = format!("{} {}", status.as_str(), participant.jid());
    event_append(write, NewEvent { kind: Kind::MessageReceipt, chat, message: Some(uid), detail })?;
    // What one phone has was sent, whether or not the answer to the hand-over has come.
    let is_sent_now = current < Status::Sent && move_message(write, uid, chat, current, Status::Sent, None, at)?;
    let current = if is_sent_now { Status::Sent } else { current };
    Ok(settle(write, account, chat, uid, current, at)? || is_sent_now)
}

/// Those of a group to whom a message of ours went, by name, with what their phones told; empty where it went to a contact.
pub fn recipients_of(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    message: &MessageRow,
) -> Result<Vec<RecipientRow>, Error> {
    let MessageRow { uid, chat, account, .. } = message;
    let is_out = message.from_me && message.kind == MessageKind::WhatsApp;
    if !is_out || !chat_find(tx, workspace, *chat)?.is_some_and(|chat| chat.is_group) {
        return Ok(Vec::new());
    }
    let rows_max = i64::try_from(RECEIPTS_MAX).unwrap_or(i64::MAX);
    Ok(recipient_list(tx, workspace, *account, *chat, *uid, rows_max)?)
}

/// Looks again at the newest messages of a group: somebody left for whom they waited, or it is known now who is in it.
pub fn settle_group(write: &mut Write<'_, '_>, account: AccountId, chat: ChatId) -> Result<(), Error> {
    for (uid, current) in receipt_open(write.tx, write.workspace.id, chat, LOOKED_AT_MAX)? {
        settle(write, account, chat, uid, current, write.now)?;
    }
    Ok(())
}

/// Keeps a receipt if it is a step forward; whether it was.
fn keep(
    write: &mut Write<'_, '_>,
    uid: MessageUid,
    participant: &Address,
    status: Status,
    at: Time,
) -> Result<bool, Error> {
    let workspace = write.workspace.id;
    let known = receipt_find(write.tx, workspace, uid, participant.jid())?;
    let next = match (known, status) {
        (None, Status::Read) => ReceiptRow { delivered_at: Time::NEVER, read_at: at },
        (None, _) => ReceiptRow { delivered_at: at, read_at: Time::NEVER },
        (Some(known), Status::Read) if known.read_at.is_never() => ReceiptRow { read_at: at, ..known },
        (Some(_), _) => return Ok(false),
    };
    let kept_max = i64::try_from(RECEIPTS_MAX).unwrap_or(i64::MAX);
    if known.is_none() && receipt_count(write.tx, workspace, uid)? >= kept_max {
        return Ok(false);
    }
    receipt_save(write, uid, participant.jid(), &next)?;
    Ok(true)
}

/// Moves a message to what all its recipients have told; whether it moved.
fn settle(
    write: &mut Write<'_, '_>,
    account: AccountId,
    chat: ChatId,
    uid: MessageUid,
    current: Status,
    sent_at: Time,
) -> Result<bool, Error> {
    let count = receipt_standing(write.tx, write.workspace.id, account, chat, uid, sent_at)?;
    if count.recipients == 0 || count.delivered < count.recipients {
        return Ok(false);
    }
    let delivered = current < Status::Delivered
        && move_message(write, uid, chat, current, Status::Delivered, None, count.delivered_at)?;
    let current = if delivered { Status::Delivered } else { current };
    let read =
        count.read == count.recipients && move_message(write, uid, chat, current, Status::Read, None, count.read_at)?;
    Ok(delivered || read)
}
