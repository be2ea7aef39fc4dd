//! What a sender does to a message after it was sent: changes its text, or takes it back for everyone. Only its own sender
//! can; a status never moves for it. What it said before is kept nowhere.

use transport::{Address, IncomingEdit, IncomingRevoke};

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::AccountId;
use crate::inbox::contacts::Names;
use crate::store::Write;
use crate::store::accounts::account_find;
use crate::store::events::{NewEvent, event_append};
use crate::store::message_details::{
    MessageDetails, NamedMessage, message_details_put, message_named, message_set_text,
};
use crate::store::message_files::message_file_delete;
use crate::store::reactions::reaction_clear;

/// Stores a message's new text; an older edit than the last changes nothing, nor does one of a deleted message.
///
/// Returns whether something changed.
pub fn record_edit(write: &mut Write<'_, '_>, account: AccountId, edit: &IncomingEdit) -> Result<bool, Error> {
    let Some(message) = sent_by(write, account, &edit.chat, &edit.sender.address, &edit.wamid)? else {
        return Ok(false);
    };
    let at = Time::from_ms(edit.at_ms);
    if at <= message.details.edited_at {
        return Ok(false);
    }
    edit_message(write, &message, &edit.text, at)?;
    Ok(true)
}

/// The message says something else from now on.
pub(super) fn edit_message(
    write: &mut Write<'_, '_>,
    message: &NamedMessage,
    text: &str,
    at: Time,
) -> Result<(), Error> {
    message_set_text(write, message.uid, &text.replace('\0', ""))?;
    message_details_put(write, message.uid, &MessageDetails { edited_at: at, ..message.details })?;
    note(write, Kind::MessageEdited, message)
}

/// Empties a message that was taken back.
///
/// Returns whether something changed.
pub fn record_revoke(write: &mut Write<'_, '_>, account: AccountId, revoke: &IncomingRevoke) -> Result<bool, Error> {
    let Some(message) = sent_by(write, account, &revoke.chat, &revoke.sender.address, &revoke.wamid)? else {
        return Ok(false);
    };
    revoke_message(write, &message, Time::from_ms(revoke.at_ms))?;
    Ok(true)
}

/// The message is gone for everyone: its text, its attachment, its reactions.
pub(super) fn revoke_message(write: &mut Write<'_, '_>, message: &NamedMessage, at: Time) -> Result<(), Error> {
    message_set_text(write, message.uid, "")?;
    message_file_delete(write, message.uid)?;
    reaction_clear(write, message.chat, message.uid)?;
    message_details_put(write, message.uid, &MessageDetails { deleted_at: at, ..message.details })?;
    note(write, Kind::MessageDeleted, message)
}

/// The messages of a chat that bear this wamid; where its contact has two addresses, of the chats with either.
pub(super) fn named_in(
    write: &mut Write<'_, '_>,
    account: AccountId,
    chat: &Address,
    wamid: &str,
) -> Result<Vec<NamedMessage>, Error> {
    let workspace = write.workspace.id;
    let mut named = Vec::new();
    for jid in Names::of(write.tx, workspace, chat)?.jids() {
        named.extend(message_named(write.tx, workspace, account, jid, wamid)?);
    }
    Ok(named)
}

/// The sender's own message with this wamid, if it is still there.
fn sent_by(
    write: &mut Write<'_, '_>,
    account: AccountId,
    chat: &Address,
    sender: &Address,
    wamid: &str,
) -> Result<Option<NamedMessage>, Error> {
    let workspace = write.workspace.id;
    let named = named_in(write, account, chat, wamid)?;
    if named.is_empty() {
        return Ok(None);
    }
    let own = account_find(write.tx, workspace, account)?;
    let is_ours = own.is_some_and(|own| own.jid == sender.jid());
    let names = Names::of(write.tx, workspace, sender)?;
    let theirs = |message: &NamedMessage| match is_ours {
        true => message.from_me,
        false => !message.from_me && names.has(&message.sender_jid),
    };
    Ok(named.into_iter().find(|message| theirs(message) && message.details.deleted_at.is_never()))
}

fn note(write: &mut Write<'_, '_>, kind: Kind, message: &NamedMessage) -> Result<(), Error> {
    let event = NewEvent { kind, chat: message.chat, message: Some(message.uid), detail: String::new() };
    event_append(write, event).map(drop)
}
