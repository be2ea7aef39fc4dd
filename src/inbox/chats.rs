//! What people change of a chat: its name, who answers for it, whether it is closed or read.

use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{ChatId, TeammateId};
use crate::inbox::chat::{rename_chat, unknown_chat};
use crate::inbox::values::ChatName;
use crate::store::Write;
use crate::store::chats::{ChatRow, chat_by_name, chat_change, chat_find, chat_of_responsible, chat_unassign};
use crate::store::events::{NewEvent, event_append};
use crate::store::teammates::teammate_by_email;

/// What to change; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChatChange {
    pub name: Option<ChatName>,
    /// The email of a teammate; empty for nobody.
    pub responsible: Option<String>,
    pub closed: Option<bool>,
    pub read: Option<bool>,
    pub autoresponse: Option<bool>,
}

/// Changes a chat. What it is already is no change and no event.
///
/// # Errors
/// `not_found` without such a chat, `validation_error` for a name that another chat bears or an email that is nobody's.
/// All are decided before anything is written.
pub fn change_chat(write: &mut Write<'_, '_>, chat: ChatId, change: &ChatChange) -> Result<(), Error> {
    let before = chat_find(write.tx, write.workspace.id, chat)?.ok_or_else(unknown_chat)?;
    let name = change.name.as_ref().filter(|name| name.as_str() != before.name);
    if let Some(name) = name {
        ensure_new_name_is_free(write, name)?;
    }
    let responsible = match &change.responsible {
        Some(email) => find_responsible(write, email)?,
        None => before.responsible,
    };
    let after = ChatRow {
        responsible,
        closed: change.closed.unwrap_or(before.closed),
        unread: match change.read {
            Some(true) => 0,
            Some(false) => before.unread.max(1),
            None => before.unread,
        },
        autoresponse: change.autoresponse.unwrap_or(before.autoresponse),
        ..before.clone()
    };
    if after != before {
        chat_change(write, &after)?;
        for (kind, detail) in facts(&before, &after) {
            event_append(write, NewEvent { kind, chat, message: None, detail })?;
        }
    }
    match name {
        Some(name) => rename_chat(write, chat, name),
        None => Ok(()),
    }
}

/// Chats that one teammate may answer for and still leave in one write.
pub const LEFT_CHATS_MAX: usize = 1_000;

/// The chats of a teammate who is about to go.
///
/// # Errors
/// `validation_error` where they are more than [`LEFT_CHATS_MAX`].
pub fn chats_left_by(write: &mut Write<'_, '_>, teammate: TeammateId) -> Result<Vec<ChatId>, Error> {
    let rows_max = i64::try_from(LEFT_CHATS_MAX).unwrap_or(i64::MAX) + 1;
    let chats = chat_of_responsible(write.tx, write.workspace.id, teammate, rows_max)?;
    if chats.len() > LEFT_CHATS_MAX {
        let rule =
            format!("user_id {teammate} answers for more than {LEFT_CHATS_MAX} chats; give some to others first");
        return Err(Error::invalid("user_id", format!("{rule}, with PATCH /chats/{{chat_id}}")));
    }
    Ok(chats)
}

/// Nobody answers for these chats of a teammate any more.
pub fn unassign_chats(write: &mut Write<'_, '_>, teammate: TeammateId, chats: &[ChatId]) -> Result<(), Error> {
    if chats.is_empty() {
        return Ok(());
    }
    chat_unassign(write, teammate)?;
    for chat in chats {
        let detail = teammate.to_string();
        event_append(write, NewEvent { kind: Kind::ChatUnassigned, chat: *chat, message: None, detail })?;
    }
    Ok(())
}

/// What happened between the two, as events tell it.
fn facts(before: &ChatRow, after: &ChatRow) -> Vec<(Kind, String)> {
    let mut facts = Vec::new();
    let plain = String::new;
    if after.responsible != before.responsible {
        facts.push(if after.responsible == TeammateId::NOBODY {
            (Kind::ChatUnassigned, before.responsible.to_string())
        } else {
            let taken_over = before.responsible != TeammateId::NOBODY;
            let from = if taken_over { format!(",{}", before.responsible) } else { String::new() };
            (Kind::ChatAssigned, format!("{}{from}", after.responsible))
        });
    }
    if after.closed != before.closed {
        facts.push((if after.closed { Kind::ChatClosed } else { Kind::ChatReopened }, plain()));
    }
    if (after.unread == 0) != (before.unread == 0) {
        facts.push((if after.unread == 0 { Kind::ChatRead } else { Kind::ChatUnread }, plain()));
    }
    if after.autoresponse != before.autoresponse {
        facts.push((Kind::ChatAutoresponse, if after.autoresponse { "on" } else { "off" }.to_owned()));
    }
    facts
}

fn ensure_new_name_is_free(write: &mut Write<'_, '_>, name: &ChatName) -> Result<(), Error> {
    match chat_by_name(write.tx, write.workspace.id, name.as_str())? {
        Some(other) => {
            let rule = format!("Chat {other} already bears the name \"{}\"; choose another", name.as_str());
            Err(Error::invalid("name", rule))
        }
        None => Ok(()),
    }
}

fn find_responsible(write: &mut Write<'_, '_>, email: &str) -> Result<TeammateId, Error> {
    if email.is_empty() {
        return Ok(TeammateId::NOBODY);
    }
    let found = teammate_by_email(write.tx, write.workspace.id, email)?;
    found.map(|teammate| teammate.id).ok_or_else(|| {
        let rule = format!("No teammate has the email \"{email}\"; GET /workspace/teammates lists those there are");
        Error::invalid("responsible", rule)
    })
}
