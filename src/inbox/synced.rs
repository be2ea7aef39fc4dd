//! Messages for the record: what was typed on the account's own phone, and what was said before it was linked. Nobody waits for
//! an answer to them, so nothing becomes unread or opens again; past ones aren't told as news either.

use transport::{IncomingBody, Synced};

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{AccountId, ChatId, MessageUid};
use crate::inbox::chat::{FirstMessage, free_name, open_chat, open_past};
use crate::inbox::contacts::main_address;
use crate::inbox::receive::{message_row, to_fetch, without_nul};
use crate::message::Status;
use crate::store::Write;
use crate::store::chats::{ChatRow, chat_by_jid, chat_sent, chat_synced};
use crate::store::contacts::contact_find;
use crate::store::events::{NewEvent, event_append};
use crate::store::labels::label_list;
use crate::store::message_files::message_file_insert;
use crate::store::messages::{KnownAs, MessageRow, message_insert, message_known};

/// Stores a message for the record under `uid`, which was chosen before the write began.
///
/// Returns the message's uid: the earlier one if it was stored before, and nothing changes then. A message of our own that
/// went out by the outbox is known as well.
pub fn record_synced(
    write: &mut Write<'_, '_>,
    account: AccountId,
    uid: MessageUid,
    synced: &Synced,
) -> Result<MessageUid, Error> {
    let (workspace, said) = (write.workspace.id, &synced.said);
    let sender_jid = if synced.from_me { "" } else { said.sender.address.jid() };
    let address = main_address(write.tx, workspace, &said.chat)?;
    let at = Time::from_ms(said.at_ms);
    let found = chat_by_jid(write.tx, workspace, account, address.jid())?;
    if let Some(chat) = &found
        && let Some(known) = message_known(write.tx, workspace, &KnownAs::of(chat, sender_jid), &said.wamid)?
    {
        return Ok(known);
    }
    let chat = match found {
        Some(chat) => {
            join(write, &chat, uid, at, synced)?;
            chat.id
        }
        None => open(write, account, uid, synced)?,
    };
    let received = message_row(write, account, uid, chat, said, at)?;
    // What our phone sent, WhatsApp has.
    let status = if synced.from_me { Status::Sent } else { Status::Delivered };
    let sender_name = if synced.from_me { String::new() } else { received.sender_name };
    let sender_jid = sender_jid.to_owned();
    let message = MessageRow { from_me: synced.from_me, status, sender_jid, sender_name, ..received };
    message_insert(write, &message)?;
    if let IncomingBody::File(file) = &said.body {
        message_file_insert(write, uid, &to_fetch(account, file))?;
    }
    let kind = if synced.is_past { Kind::MessageSynced } else { Kind::MessageSent };
    event_append(write, NewEvent { kind, chat, message: Some(uid), detail: String::new() })?;
    Ok(uid)
}

fn join(write: &mut Write<'_, '_>, chat: &ChatRow, uid: MessageUid, at: Time, synced: &Synced) -> Result<(), Error> {
    if synced.is_past {
        return chat_synced(write, chat.id, uid, at, !synced.from_me);
    }
    let has_labels = !label_list(write.tx, write.workspace.id, chat.id)?.is_empty();
    chat_sent(write, (chat.id, has_labels), uid, at)
}

fn open(write: &mut Write<'_, '_>, account: AccountId, uid: MessageUid, synced: &Synced) -> Result<ChatId, Error> {
    let said = &synced.said;
    let address = main_address(write.tx, write.workspace.id, &said.chat)?;
    let sender_name = if synced.from_me { String::new() } else { without_nul(&said.sender.name) };
    let wished = if said.chat_name.is_empty() { &sender_name } else { &said.chat_name };
    let name = free_name(write, wished, &address)?;
    let contact = contact_find(write.tx, write.workspace.id, address.jid())?.map(|known| known.id);
    let first = FirstMessage { contact, uid, at: Time::from_ms(said.at_ms), from_me: synced.from_me };
    match synced.is_past {
        true => open_past(write, account, &address, &name, &sender_name, &first),
        false => open_chat(write, account, &address, &name, &sender_name, &first),
    }
}
