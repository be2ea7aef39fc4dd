//! Messages that may have gone: they were handed over, the answer was lost, and nothing repeats them by itself. Somebody who
//! has looked says what is to become of them; a receipt that comes late says it as well (`status.rs`).

use transport::Kind as TransportKind;

use crate::error::{Code, Error};
use crate::event_kind::Kind;
use crate::id::MessageUid;
use crate::inbox::reach::reached_message;
use crate::inbox::status::move_message;
use crate::inbox::urgency::Urgency;
use crate::message::Status;
use crate::store::Write;
use crate::store::accounts::account_find;
use crate::store::chats::chat_find;
use crate::store::events::{NewEvent, event_append};
use crate::store::explanations::waiting_find;
use crate::store::messages::MessageRow;
use crate::store::outbox::{NewOutboxRow, Stage, outbox_insert};
use crate::store::outbox_moves::outbox_settle;
use crate::store::send_steps::{SendStep, StepKind, send_step_insert};
use crate::store::teammates::teammate_find;
use crate::workspace::tokens::Caller;

/// Sends an uncertain message once more, behind what waits in its chat by now. It stays the message that it is, and its
/// credits are those that it took: whoever asks has seen that it isn't there.
///
/// # Errors
/// `not_found` (no such message), `validation_error` (it isn't uncertain, its account is unlinked), `permission_denied` (a
/// sandbox token and a real account). All are decided before anything is written.
pub fn send_again(write: &mut Write<'_, '_>, caller: &Caller, uid: MessageUid) -> Result<(), Error> {
    let message = uncertain_message(write, caller, uid)?;
    let MessageRow { account, chat, origin, .. } = message;
    let found = account_find(write.tx, write.workspace.id, account)?;
    if let Some(account) = found.filter(|account| !account.unlinked_at.is_never()) {
        let rule = format!("This message is on WhatsApp account {}, which was unlinked; link it again", account.phone);
        return Err(Error::invalid("message_uid", rule));
    }
    let last_inbound_at = chat_find(write.tx, write.workspace.id, chat)?.map(|chat| chat.last_inbound_at);
    let class = Urgency::of(origin, last_inbound_at.unwrap_or_default(), write.now) as i64;
    settle(write, caller, &message, StepKind::SentAgain)?;
    let seq = write.next_outbox_seq();
    outbox_insert(write, &NewOutboxRow { account, seq, message: uid, chat, class })?;
    let event = NewEvent { kind: Kind::MessageResent, chat, message: Some(uid), detail: String::new() };
    event_append(write, event).map(drop)
}

/// Notes that an uncertain message had gone: it is `Sent` from now on, and receipts move it further.
///
/// # Errors
/// `not_found` (no such message), `validation_error` (it isn't uncertain), `permission_denied` (a sandbox token and a real
/// account). All are decided before anything is written.
pub fn mark_as_sent(write: &mut Write<'_, '_>, caller: &Caller, uid: MessageUid) -> Result<(), Error> {
    let message = uncertain_message(write, caller, uid)?;
    settle(write, caller, &message, StepKind::MarkedSent)?;
    let (chat, at) = (message.chat, write.now);
    event_append(write, NewEvent { kind: Kind::MessageMarkedSent, chat, message: Some(uid), detail: String::new() })?;
    move_message(write, uid, chat, message.status, Status::Sent, None, at).map(drop)
}

/// The message, if it is uncertain and the caller may decide about it.
fn uncertain_message(write: &mut Write<'_, '_>, caller: &Caller, uid: MessageUid) -> Result<MessageRow, Error> {
    let workspace = write.workspace.id;
    let found = reached_message(write.tx, caller, uid)?;
    let message = found.ok_or_else(unknown_message)?.message;
    let account = account_find(write.tx, workspace, message.account)?;
    if caller.sandbox_only && account.is_some_and(|account| account.transport != TransportKind::Sandbox) {
        let rule = "This token may use sandbox accounts only; make one with `partyline token create`";
        return Err(Error::new(Code::PermissionDenied, rule));
    }
    let waiting = waiting_find(write.tx, workspace, message.account, message.chat, uid)?;
    if waiting.is_some_and(|row| row.stage == Stage::Uncertain) && message.status == Status::Sending {
        return Ok(message);
    }
    let rule = "This message is not uncertain, so there is nothing to decide";
    let next = "GET /messages/{message_uid}/explain tells how it stands; send another message if it should go again";
    Err(Error::invalid("message_uid", format!("{rule}; {next}")))
}

/// It is uncertain no more; who said so is kept for whoever asks.
fn settle(write: &mut Write<'_, '_>, caller: &Caller, message: &MessageRow, kind: StepKind) -> Result<(), Error> {
    let attempts = outbox_settle(write, message.account, message.chat, message.uid)?.unwrap_or(0);
    let reason = match caller.token_name.as_str() {
        "" => {
            let teammate = teammate_find(write.tx, write.workspace.id, caller.teammate)?;
            teammate.map(|teammate| format!("By {}", teammate.display_name)).unwrap_or_default()
        }
        name => format!("Asked for with the token \"{name}\""),
    };
    let step = SendStep { kind, at: write.now, until: crate::clock::Time::NEVER, attempts, reason };
    Ok(send_step_insert(write, message.uid, &step)?)
}

fn unknown_message() -> Error {
    Error::not_found("There is no such message in this workspace; check the message_uid")
}
