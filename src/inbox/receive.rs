//! A message that arrived: stored once, however often it is told, with its chat, its unread mark and its event.

use transport::{ContactCard, Incoming, IncomingBody, IncomingFile};

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{AccountId, ChatId, MessageUid, TokenId};
use crate::inbox::chat::{FirstMessage, free_name, open_chat};
use crate::inbox::contacts::main_address;
use crate::inbox::urgency::Urgency;
use crate::message::{MessageKind, Origin, Status};
use crate::store::Write;
use crate::store::chats::{ChatRow, chat_by_jid, chat_received};
use crate::store::contacts::contact_find;
use crate::store::events::{NewEvent, event_append};
use crate::store::message_files::{NewMessageFile, message_file_insert};
use crate::store::messages::{KnownAs, MessageRow, message_answered, message_insert, message_known};
use crate::store::outbox_moves::outbox_raise;

/// A sender's name and type of a file are cut here.
const FILE_WORDS_CHARS_MAX: usize = 1_024;

/// Stores an incoming message under `uid`, which was chosen before the write began.
///
/// Returns the message's uid: the earlier one if it was stored before, and nothing changes then.
pub fn receive_message(
    write: &mut Write<'_, '_>,
    account: AccountId,
    uid: MessageUid,
    incoming: &Incoming,
) -> Result<MessageUid, Error> {
    let workspace = write.workspace.id;
    let address = main_address(write.tx, workspace, &incoming.chat)?;
    let found = chat_by_jid(write.tx, workspace, account, address.jid())?;
    let sender_name = without_nul(&incoming.sender.name);
    if let Some(chat) = &found
        && let Some(known) =
            message_known(write.tx, workspace, &KnownAs::of(chat, incoming.sender.address.jid()), &incoming.wamid)?
    {
        return Ok(known);
    }
    let at = Time::from_ms(incoming.at_ms);
    let chat = match &found {
        Some(chat) => join_chat(write, account, chat, uid, at)?,
        None => {
            let wished = if incoming.chat_name.is_empty() { &sender_name } else { &incoming.chat_name };
            let name = free_name(write, wished, &address)?;
            let contact = contact_find(write.tx, workspace, address.jid())?.map(|known| known.id);
            let first = FirstMessage { contact, uid, at, from_me: false };
            open_chat(write, account, &address, &name, &sender_name, &first)?
        }
    };
    let message = message_row(write, account, uid, chat, incoming, at)?;
    message_insert(write, &message)?;
    if let IncomingBody::File(file) = &incoming.body {
        message_file_insert(write, uid, &to_fetch(account, file))?;
    }
    let event = NewEvent { kind: Kind::MessageReceived, chat, message: Some(uid), detail: String::new() };
    event_append(write, event)?;
    Ok(uid)
}

/// The contact of an open or closed chat wrote: one more unread, the chat is open, and what waits for it is a reply now.
fn join_chat(
    write: &mut Write<'_, '_>,
    account: AccountId,
    chat: &ChatRow,
    uid: MessageUid,
    at: Time,
) -> Result<ChatId, Error> {
    chat_received(write, chat.id, uid, at)?;
    if chat.closed {
        let event = NewEvent { kind: Kind::ChatReopened, chat: chat.id, message: Some(uid), detail: String::new() };
        event_append(write, event)?;
    }
    outbox_raise(write, account, chat.id, Urgency::Reply as i64)?;
    Ok(chat.id)
}

pub(super) fn message_row(
    write: &mut Write<'_, '_>,
    account: AccountId,
    uid: MessageUid,
    chat: ChatId,
    incoming: &Incoming,
    at: Time,
) -> Result<MessageRow, Error> {
    let reply_to = match &incoming.reply_to {
        Some(wamid) => message_answered(write.tx, write.workspace.id, account, chat, wamid)?,
        None => None,
    };
    Ok(MessageRow {
        uid,
        chat,
        account,
        from_me: false,
        status: Status::Delivered,
        kind: MessageKind::WhatsApp,
        origin: Origin::Synced,
        token: TokenId(0),
        text: without_nul(&text_of(&incoming.body)),
        wamid: incoming.wamid.clone(),
        reply_to,
        sender_jid: incoming.sender.address.jid().to_owned(),
        sender_name: without_nul(&incoming.sender.name),
        at,
        received_at: write.now,
        credits_recurring: 0,
        credits_topped_up: 0,
        failure: None,
    })
}

/// The message's file, whose bytes are still at WhatsApp's.
pub(super) fn to_fetch(account: AccountId, file: &IncomingFile) -> NewMessageFile {
    let short = |text: &str| -> String { without_nul(text).chars().take(FILE_WORDS_CHARS_MAX).collect() };
    let size_bytes = i64::try_from(file.size_bytes).unwrap_or(i64::MAX);
    let (mimetype, filename) = (short(&file.mimetype), short(&file.filename));
    NewMessageFile::to_fetch(account, file.kind, mimetype, filename, size_bytes, without_nul(&file.source))
}

/// What a reader of text sees of a message: what it says, or what it is where it has no words.
fn text_of(body: &IncomingBody) -> String {
    match body {
        IncomingBody::Text(text) => text.clone(),
        IncomingBody::File(file) => file.caption.clone(),
        IncomingBody::Location { latitude, longitude, name, address } => {
            let map = format!("https://maps.google.com/?q={latitude:.6},{longitude:.6}");
            let lines = [name, address, &map];
            lines.into_iter().filter(|line| !line.is_empty()).cloned().collect::<Vec<_>>().join("\n")
        }
        IncomingBody::Contacts(cards) => cards.iter().map(card_line).collect::<Vec<_>>().join("\n"),
        IncomingBody::Unsupported(what) => format!("[{what}: open WhatsApp on the phone to see it]"),
    }
}

fn card_line(card: &ContactCard) -> String {
    let phones = card.phones.join(", ");
    if card.name.is_empty() { phones } else { format!("{}: {phones}", card.name) }
}

/// PostgreSQL's text holds no NUL; WhatsApp clients show none.
pub(super) fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}
