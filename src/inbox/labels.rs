//! Labels of chats. A label is what its letters are: case counts, blanks around it don't. It exists while a chat bears it.

use std::collections::BTreeSet;

use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::ChatId;
use crate::inbox::chat::unknown_chat;
use crate::inbox::values::LabelName;
use crate::store::Write;
use crate::store::chats::chat_find;
use crate::store::events::{NewEvent, event_append};
use crate::store::labels::{Place, label_add, label_add_later, label_is_borne, label_list, label_remove};

/// Labels that one chat may bear.
pub const LABELS_PER_CHAT_MAX: usize = 100;
/// Labels that one call may name.
pub const LABELS_PER_CALL_MAX: usize = 100;

/// What to do with the labels that a call names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labelling {
    /// The chat bears these and no others.
    Replace,
    /// The chat bears these as well.
    Add,
}

/// Labels a chat; returns what it bears then, in alphabetical order.
///
/// # Errors
/// `not_found` without such a chat, `validation_error` where it would bear too many. Both are decided before anything is
/// written.
pub fn change_labels(
    write: &mut Write<'_, '_>,
    chat: ChatId,
    named: &BTreeSet<LabelName>,
    labelling: Labelling,
) -> Result<Vec<String>, Error> {
    let row = chat_find(write.tx, write.workspace.id, chat)?.ok_or_else(unknown_chat)?;
    let before: BTreeSet<String> = label_list(write.tx, write.workspace.id, chat)?.into_iter().collect();
    let named: BTreeSet<String> = named.iter().map(|label| label.as_str().to_owned()).collect();
    let after = match labelling {
        Labelling::Replace => named,
        Labelling::Add => before.union(&named).cloned().collect(),
    };
    if after.len() > LABELS_PER_CHAT_MAX {
        let rule = format!("Chat {chat} would bear {} labels; at most {LABELS_PER_CHAT_MAX} are allowed", after.len());
        return Err(Error::invalid("labels", rule));
    }
    for label in before.difference(&after) {
        label_remove(write, chat, label)?;
        event_append(write, labelled(Kind::ChatUnlabelled, chat, label))?;
    }
    let place = Place { chat, last_message_at: row.last_message_at, name: &row.name };
    for label in after.difference(&before) {
        if !label_is_borne(write.tx, write.workspace.id, label)? {
            event_append(write, labelled(Kind::LabelMade, chat, label))?;
        }
        label_add(write, place, label)?;
        event_append(write, labelled(Kind::ChatLabelled, chat, label))?;
    }
    Ok(after.into_iter().collect())
}

/// Takes a label off a chat. One that it doesn't bear is no change and no event.
///
/// # Errors
/// `not_found` without such a chat.
pub fn take_label_off(write: &mut Write<'_, '_>, chat: ChatId, label: &LabelName) -> Result<(), Error> {
    chat_find(write.tx, write.workspace.id, chat)?.ok_or_else(unknown_chat)?;
    if label_remove(write, chat, label.as_str())? {
        event_append(write, labelled(Kind::ChatUnlabelled, chat, label.as_str()))?;
    }
    Ok(())
}

/// Adds a label that the chat is known not to bear; it costs no statement of its own. `is_made`: no chat bears it yet.
pub fn label_chat_anew(
    write: &mut Write<'_, '_>,
    place: Place<'_>,
    label: &LabelName,
    is_made: bool,
) -> Result<(), Error> {
    label_add_later(write, place, label.as_str())?;
    if is_made {
        event_append(write, labelled(Kind::LabelMade, place.chat, label.as_str()))?;
    }
    event_append(write, labelled(Kind::ChatLabelled, place.chat, label.as_str())).map(drop)
}

fn labelled(kind: Kind, chat: ChatId, label: &str) -> NewEvent {
    NewEvent { kind, chat, message: None, detail: label.to_owned() }
}
