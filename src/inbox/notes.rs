//! Notes: what teammates tell one another in a chat. They are kept among its messages and never sent; they cost nothing and
//! leave the chat's last message as it was, since nothing was said to the contact. Unlike messages they can be deleted for
//! good: nobody else has them.

use database::Read;

use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{ChatId, MessageUid, TeammateId, TokenId, WorkspaceId};
use crate::inbox::reach::reached_chat;
use crate::inbox::values::NoteText;
use crate::message::{MessageKind, Origin, Status};
use crate::store::Write;
use crate::store::events::{NewEvent, event_append};
use crate::store::message_details::{MessageDetails, message_details_put};
use crate::store::messages::{MessageRow, MessageView, message_find, message_insert};
use crate::store::notes::note_delete;
use crate::workspace::tokens::Caller;

/// A note to keep. Its uid was chosen before the write began.
#[derive(Clone, Debug)]
pub struct NewNote {
    pub uid: MessageUid,
    pub chat: ChatId,
    pub text: NoteText,
    pub is_private: bool,
}

/// Keeps a note in its chat. It counts as delivered at once: there is nobody whom it could still reach.
///
/// # Errors
/// `not_found` if there is no such chat.
pub fn add_note(write: &mut Write<'_, '_>, caller: &Caller, note: &NewNote) -> Result<MessageUid, Error> {
    let chat = reached_chat(write.tx, caller, note.chat)?;
    let row = MessageRow {
        uid: note.uid,
        chat: chat.id,
        account: chat.account,
        from_me: true,
        status: Status::Delivered,
        kind: MessageKind::Note,
        origin: if caller.token == TokenId(0) { Origin::SharedInbox } else { Origin::PublicApi },
        token: caller.token,
        text: note.text.as_str().to_owned(),
        wamid: String::new(),
        reply_to: None,
        sender_jid: String::new(),
        sender_name: String::new(),
        at: write.now,
        received_at: write.now,
        credits_recurring: 0,
        credits_topped_up: 0,
        failure: None,
    };
    message_insert(write, &row)?;
    if note.is_private {
        let said_by = if caller.token == TokenId(0) { caller.teammate } else { TeammateId::NOBODY };
        let details = MessageDetails { is_private: true, said_by, ..MessageDetails::default() };
        message_details_put(write, note.uid, &details)?;
    }
    let event = NewEvent { kind: Kind::NoteAdded, chat: chat.id, message: Some(note.uid), detail: String::new() };
    event_append(write, event)?;
    Ok(note.uid)
}

/// Deletes a note for good.
///
/// # Errors
/// `not_found` if there is no such note in the chat.
pub fn delete_note(write: &mut Write<'_, '_>, chat: ChatId, note: MessageUid) -> Result<(), Error> {
    note_find(write.tx, write.workspace.id, chat, note)?;
    note_delete(write, chat, note)?;
    let event = NewEvent { kind: Kind::NoteDeleted, chat, message: Some(note), detail: String::new() };
    event_append(write, event).map(drop)
}

/// A note of this chat.
///
/// # Errors
/// `not_found` if there is no such note in the chat.
pub fn note_find(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    chat: ChatId,
    note: MessageUid,
) -> Result<MessageView, Error> {
    let found = message_find(tx, workspace, note)?;
    let of_chat = |view: &MessageView| view.message.kind == MessageKind::Note && view.message.chat == chat;
    found.filter(of_chat).ok_or_else(unknown_note)
}

/// The refusal for a note that the chat doesn't have.
pub fn unknown_note() -> Error {
    Error::not_found("There is no such note in this chat; GET /chats/{chat_id}/notes lists those there are")
}
