//! Chats: found or made, and named.

use transport::Address;

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{AccountId, ChatId, ContactId, MessageUid, TeammateId};
use crate::inbox::contacts::other_address;
use crate::inbox::values::ChatName;
use crate::store::Write;
use crate::store::chats::{ChatRow, chat_by_name, chat_insert, chat_rename};
use crate::store::contacts::{contact_find, contact_insert};
use crate::store::events::{NewEvent, event_append};

/// What a new chat begins with.
#[derive(Clone, Debug)]
pub struct FirstMessage {
    /// Who is at the address; `None` makes a new contact.
    pub contact: Option<ContactId>,
    pub uid: MessageUid,
    pub at: Time,
    pub from_me: bool,
}

/// Makes the chat of an account with an address. The name must be free; see [`free_name`] and [`ensure_name_is_free`].
pub fn open_chat(
    write: &mut Write<'_, '_>,
    account: AccountId,
    address: &Address,
    name: &str,
    contact_name: &str,
    first: &FirstMessage,
) -> Result<ChatId, Error> {
    let chat = new_chat(write, account, address, name, contact_name, first)?;
    chat_insert(write, &chat)?;
    let kind = if first.from_me { Kind::ChatOutgoing } else { Kind::ChatIncoming };
    event_append(write, NewEvent { kind, chat: chat.id, message: Some(first.uid), detail: String::new() })?;
    Ok(chat.id)
}

/// As [`open_chat`], of a chat that was there before its account was linked: nobody waits in it, and its first message tells
/// of it.
pub fn open_past(
    write: &mut Write<'_, '_>,
    account: AccountId,
    address: &Address,
    name: &str,
    contact_name: &str,
    first: &FirstMessage,
) -> Result<ChatId, Error> {
    let chat = new_chat(write, account, address, name, contact_name, first)?;
    let chat = ChatRow { unattended: false, unread: 0, ..chat };
    chat_insert(write, &chat)?;
    Ok(chat.id)
}

fn new_chat(
    write: &mut Write<'_, '_>,
    account: AccountId,
    address: &Address,
    name: &str,
    contact_name: &str,
    first: &FirstMessage,
) -> Result<ChatRow, Error> {
    let (contact, other) = match first.contact {
        // Known from another account, perhaps by both addresses.
        Some(contact) => (contact, other_address(write.tx, write.workspace.id, address)?),
        None => (contact_insert(write, address.jid(), contact_name)?, None),
    };
    let both = || [Some(address), other.as_ref()].into_iter().flatten();
    Ok(ChatRow {
        id: write.next_chat_id(),
        account,
        contact,
        jid: address.jid().to_owned(),
        phone: both().find_map(Address::phone).unwrap_or_default(),
        lid: both().find(|one| one.hides_phone()).map(|lid| lid.jid().to_owned()).unwrap_or_default(),
        name: name.to_owned(),
        is_group: address.is_group(),
        closed: false,
        unattended: !first.from_me,
        autoresponse: false,
        unread: i64::from(!first.from_me),
        created_at: write.now,
        last_message: Some(first.uid),
        last_message_at: first.at,
        last_inbound_at: if first.from_me { Time::NEVER } else { first.at },
        responsible: TeammateId::NOBODY,
    })
}

/// Makes the chat of a group that nobody wrote in yet. The name must be free; see [`free_name`].
pub fn open_group(
    write: &mut Write<'_, '_>,
    account: AccountId,
    address: &Address,
    name: &str,
) -> Result<ChatRow, Error> {
    let contact = match contact_find(write.tx, write.workspace.id, address.jid())? {
        Some(contact) => contact.id,
        None => contact_insert(write, address.jid(), name)?,
    };
    let chat = ChatRow {
        id: write.next_chat_id(),
        account,
        contact,
        jid: address.jid().to_owned(),
        phone: String::new(),
        lid: String::new(),
        name: name.to_owned(),
        is_group: true,
        closed: false,
        unattended: false,
        autoresponse: false,
        unread: 0,
        created_at: write.now,
        last_message: None,
        last_message_at: Time::NEVER,
        last_inbound_at: Time::NEVER,
        responsible: TeammateId::NOBODY,
    };
    chat_insert(write, &chat)?;
    Ok(chat)
}

/// # Errors
/// `validation_error` if another chat of the workspace bears the name.
pub fn ensure_name_is_free(write: &mut Write<'_, '_>, name: &ChatName, own: Option<ChatId>) -> Result<(), Error> {
    match chat_by_name(write.tx, write.workspace.id, name.as_str())? {
        Some(other) if Some(other) != own => Err(Error::invalid(
            "chat_name",
            format!("Chat {other} already bears the name \"{}\"; choose another", name.as_str()),
        )),
        _ => Ok(()),
    }
}

/// A name for a chat that nobody named: what WhatsApp calls it, with the phone behind it where that name is taken.
pub fn free_name(write: &mut Write<'_, '_>, wished: &str, address: &Address) -> Result<String, Error> {
    let own = address.phone().unwrap_or_else(|| address.jid().to_owned());
    let mut wished: String = wished.chars().filter(|letter| *letter != '\0').take(200).collect();
    if wished.trim().is_empty() {
        wished.clone_from(&own);
    }
    let mut name = wished.clone();
    // Ends: each try is another name, and there are only so many chats.
    let mut tries = 0;
    while chat_by_name(write.tx, write.workspace.id, &name)?.is_some() {
        name = match tries {
            0 => format!("{wished} {own}"),
            _ => format!("{wished} {own} {}", write.counters.chat_last + tries),
        };
        tries += 1;
    }
    Ok(name)
}

/// Renames a chat whose new name is free.
pub fn rename_chat(write: &mut Write<'_, '_>, chat: ChatId, name: &ChatName) -> Result<(), Error> {
    chat_rename(write, chat, name.as_str())?;
    note_rename(write, chat, name)
}

/// The event of a chat that was renamed.
pub fn note_rename(write: &mut Write<'_, '_>, chat: ChatId, name: &ChatName) -> Result<(), Error> {
    let event = NewEvent { kind: Kind::ChatRenamed, chat, message: None, detail: name.as_str().to_owned() };
    event_append(write, event).map(drop)
}

/// The refusal for a chat that the workspace doesn't have; the same for one of another workspace.
pub fn unknown_chat() -> Error {
    Error::not_found("There is no such chat in this workspace; GET /chats lists those there are")
}
