//! What we do to a message of ours after it was sent: change its text, or take it back for everyone. It goes out through the
//! outbox, in its chat's order. The message shows what its recipient sees: it changes once WhatsApp has the change, and
//! stays as it is where WhatsApp won't have it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use transport::{Capabilities, Kind as TransportKind};

use crate::clock::Time;
use crate::error::{Code, Error};
use crate::event_kind::Kind;
use crate::id::MessageUid;
use crate::inbox::changes::{edit_message, revoke_message};
use crate::inbox::send::not_supported;
use crate::inbox::urgency::Urgency;
use crate::inbox::values::MessageText;
use crate::message::{MessageKind, Origin, Status};
use crate::store::Write;
use crate::store::events::{NewEvent, event_append};
use crate::store::message_changes::{
    ChangeKind, ChangeTarget, MessageChange, change_delete, change_insert, change_target,
};
use crate::store::message_details::NamedMessage;
use crate::store::messages::message_find;
use crate::store::outbox::{NewOutboxRow, OutboxChange, outbox_insert};
use crate::workspace::tokens::Caller;

/// How long after it was sent WhatsApp lets a message be edited.
pub const EDIT_WITHIN: Duration = Duration::from_secs(15 * 60);
/// How long after it was sent WhatsApp lets a message be deleted for everyone.
pub const DELETE_WITHIN: Duration = Duration::from_secs(48 * 3600);

/// A change of ours to accept. Its ids were chosen before the write began.
#[derive(Clone, Debug)]
pub struct ChangeMessage {
    /// Of its way out, not of the message.
    pub uid: MessageUid,
    pub wamid: String,
    pub message: MessageUid,
    pub change: Change,
}

/// What to do to the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Edit(MessageText),
    Delete,
}

/// What the log says of a change that WhatsApp wouldn't have, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeFailure {
    /// `edit` or `delete`.
    pub action: String,
    pub reason: String,
}

impl Change {
    const fn kind(&self) -> ChangeKind {
        match self {
            Change::Edit(_) => ChangeKind::Edit,
            Change::Delete => ChangeKind::Delete,
        }
    }
}

const fn within(kind: ChangeKind) -> Duration {
    match kind {
        ChangeKind::Edit => EDIT_WITHIN,
        ChangeKind::Delete => DELETE_WITHIN,
    }
}

/// Accepts an edit or a deletion of a message of ours. Returns the message.
///
/// # Errors
/// `not_found` (no such message), `validation_error` (a note, somebody else's, a failed, deleted or scheduled message, one
/// with a file, one sent too long ago, an unlinked account), `not_supported`, `permission_denied`. All are decided before
/// anything is written.
pub fn change_message(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    request: &ChangeMessage,
) -> Result<MessageUid, Error> {
    let target = change_target(write.tx, write.workspace.id, request.message)?.ok_or_else(unknown_message)?;
    let kind = request.change.kind();
    ensure_changeable(&target, kind, write.now)?;
    ensure_may(&target, kind, caller)?;
    let text = match &request.change {
        Change::Edit(text) => text.as_str().to_owned(),
        Change::Delete => String::new(),
    };
    let until = if target.sent_at.is_never() { Time::NEVER } else { target.sent_at + within(kind) };
    let change = MessageChange {
        uid: request.uid,
        chat: target.chat,
        message: request.message,
        wamid: request.wamid.clone(),
        kind,
        text,
        until,
    };
    change_insert(write, &change)?;
    let row = NewOutboxRow {
        account: target.account,
        seq: write.next_outbox_seq(),
        message: request.uid,
        chat: target.chat,
        class: Urgency::of(Origin::PublicApi, target.last_inbound_at, write.now) as i64,
    };
    outbox_insert(write, &row)?;
    Ok(request.message)
}

fn ensure_changeable(target: &ChangeTarget, kind: ChangeKind, now: Time) -> Result<(), Error> {
    let invalid = |why: &str| Err(Error::invalid("message_uid", format!("This message {why}")));
    if target.kind != MessageKind::WhatsApp {
        return invalid("is a note; delete it with DELETE /chats/{chat_id}/notes/{note_uid} and write another");
    }
    if !target.from_me {
        return invalid("was sent by the contact; only messages of your own can be changed");
    }
    if !target.deleted_at.is_never() {
        return invalid("was deleted already");
    }
    if target.status == Status::Failed {
        return invalid("was never sent, so there is nothing to change");
    }
    if target.is_scheduled {
        return invalid("waits for its time; cancel it with DELETE /messages/scheduled/{message_uid} and send another");
    }
    if !target.unlinked_at.is_never() {
        let rule = format!("is on WhatsApp account {}, which was unlinked; link it again", target.account_phone);
        return invalid(&rule);
    }
    if kind == ChangeKind::Edit && target.has_file {
        return invalid("has a file; only messages of text alone can be edited. Delete it and send another");
    }
    if !target.sent_at.is_never() && now.since(target.sent_at) > within(kind) {
        return invalid(match kind {
            ChangeKind::Edit => "was sent more than 15 minutes ago; WhatsApp takes no edit of it any more",
            ChangeKind::Delete => "was sent more than 48 hours ago; WhatsApp doesn't delete it for everyone any more",
        });
    }
    Ok(())
}

fn ensure_may(target: &ChangeTarget, kind: ChangeKind, caller: &Caller) -> Result<(), Error> {
    caller.may_use_account(&target.account_phone)?;
    if caller.sandbox_only && target.transport != TransportKind::Sandbox {
        let rule = "This token may use sandbox accounts only; make one with `partyline token create`";
        return Err(Error::new(Code::PermissionDenied, rule));
    }
    let can = Capabilities::of(target.transport);
    match kind {
        ChangeKind::Edit if !can.edits => Err(not_supported(target.transport, "edits of messages")),
        ChangeKind::Delete if !can.revokes => Err(not_supported(target.transport, "deletions of messages")),
        _ => Ok(()),
    }
}

/// Why a change that waited is of no use any more.
pub fn overtaken(change: &OutboxChange, now: Time) -> Option<&'static str> {
    if change.to_status == Status::Failed {
        return Some("The message itself failed.");
    }
    let is_late = !change.change.until.is_never() && now > change.change.until;
    is_late.then_some("It waited until WhatsApp would take it no more.")
}

/// WhatsApp has our change: now the message is so.
pub fn record_changed(write: &mut Write<'_, '_>, change: &MessageChange, at: Time) -> Result<(), Error> {
    if let Some(message) = named(write, change.message)?.filter(|message| message.details.deleted_at.is_never()) {
        match change.kind {
            ChangeKind::Edit => edit_message(write, &message, &change.text, at)?,
            ChangeKind::Delete => revoke_message(write, &message, at)?,
        }
    }
    Ok(change_delete(write, change.uid)?)
}

/// WhatsApp won't have our change: the message stays as it is, and the log says why.
pub fn record_unchanged(write: &mut Write<'_, '_>, change: &MessageChange, reason: &str) -> Result<(), Error> {
    change_delete(write, change.uid)?;
    let failure = ChangeFailure { action: change.kind.as_str().to_owned(), reason: reason.replace('\0', "") };
    let detail = serde_json::to_string(&failure).map_err(Error::internal)?;
    let (chat, message) = (change.chat, Some(change.message));
    event_append(write, NewEvent { kind: Kind::MessageChangeFailed, chat, message, detail }).map(drop)
}

fn named(write: &mut Write<'_, '_>, uid: MessageUid) -> Result<Option<NamedMessage>, Error> {
    let view = message_find(write.tx, write.workspace.id, uid)?;
    Ok(view.map(|view| NamedMessage {
        uid,
        chat: view.message.chat,
        from_me: view.message.from_me,
        sender_jid: view.message.sender_jid,
        details: view.details,
    }))
}

fn unknown_message() -> Error {
    Error::not_found("There is no such message in this workspace; check the message_uid")
}
