//! What a teammate does to one chat or to many at once, and taking it back while it is fresh.

use std::collections::BTreeSet;
use std::time::Duration;

use database::Read;
use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::error::Error;
use crate::id::{ChatId, TeammateId, WorkspaceId};
use crate::inbox::chat::unknown_chat;
use crate::inbox::chats::{ChatChange, change_chat};
use crate::inbox::labels::{LABELS_PER_CHAT_MAX, Labelling, change_labels, take_label_off};
use crate::inbox::snooze::snooze_chat;
use crate::inbox::values::LabelName;
use crate::store::Write;
use crate::store::chats::chat_find;
use crate::store::inbox_desk::{undo_empty, undo_find, undo_put};
use crate::store::labels::label_list;
use crate::store::teammates::teammate_find;
use crate::store::waiting::snoozed_until;

/// Chats that one deed may be done to: a page of the list.
pub const CHATS_AT_ONCE_MAX: usize = 50;
/// How long a deed can be undone. People are told 10 s; the rest is for their click to arrive.
pub const UNDO_LIVES: Duration = Duration::from_secs(15);

/// Something done to chats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    Close,
    Reopen,
    Assign(TeammateId),
    Label(LabelName),
    /// [`Time::NEVER`] brings them back.
    Snooze(Time),
}

/// A deed as it is kept for being undone.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    done: String,
    chats: Vec<Before>,
}

/// A chat before a deed and after it; undoing puts back only what is still as the deed left it.
#[derive(Debug, Serialize, Deserialize)]
struct Before {
    chat: i64,
    closed: (bool, bool),
    responsible: (i64, i64),
    snoozed_until_ms: (i64, i64),
    /// Whether the deed put it there.
    label: Option<String>,
}

/// A deed that can be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undoable {
    pub id: i64,
    /// `closed`, `reopened`, `assigned`, `labelled`, `snoozed` or `brought back`.
    pub done: String,
    pub chats: usize,
    pub left: Duration,
}

/// Does it to each of the chats, and keeps how they were; returns by what it can be undone.
///
/// # Errors
/// `not_found` for a chat that isn't there, `validation_error` for none, too many, an unknown teammate, a label too many or a
/// time that can't be kept. All are decided before anything is written.
pub fn do_deed(write: &mut Write<'_, '_>, me: TeammateId, chats: &BTreeSet<ChatId>, deed: &Deed) -> Result<i64, Error> {
    if chats.is_empty() {
        return Err(Error::invalid("chat", "No chat is chosen; tick some first"));
    }
    if chats.len() > CHATS_AT_ONCE_MAX {
        return Err(Error::invalid("chat", format!("At most {CHATS_AT_ONCE_MAX} chats are changed at once")));
    }
    ensure_it_can_be_done(write, chats, deed)?;
    let mut before = Vec::new();
    for chat in chats {
        before.push(do_to(write, *chat, deed)?);
    }
    let done = match deed {
        Deed::Close => "closed",
        Deed::Reopen => "reopened",
        Deed::Assign(_) => "assigned",
        Deed::Label(_) => "labelled",
        Deed::Snooze(until) if until.is_never() => "brought back",
        Deed::Snooze(_) => "snoozed",
    };
    let kept = Kept { done: done.to_owned(), chats: before };
    let json = serde_json::to_string(&kept).map_err(Error::internal)?;
    Ok(undo_put(write, me, &json)?)
}

fn ensure_it_can_be_done(write: &mut Write<'_, '_>, chats: &BTreeSet<ChatId>, deed: &Deed) -> Result<(), Error> {
    let workspace = write.workspace.id;
    if let Deed::Assign(teammate) = deed {
        email_of(write, *teammate)?;
    }
    for chat in chats {
        chat_find(write.tx, workspace, *chat)?.ok_or_else(unknown_chat)?;
        if let Deed::Label(label) = deed {
            let borne = label_list(write.tx, workspace, *chat)?;
            if borne.len() >= LABELS_PER_CHAT_MAX && !borne.iter().any(|known| known == label.as_str()) {
                let rule = format!("Chat {chat} bears {LABELS_PER_CHAT_MAX} labels already, the most there can be");
                return Err(Error::invalid("label", rule));
            }
        }
    }
    Ok(())
}

fn do_to(write: &mut Write<'_, '_>, chat: ChatId, deed: &Deed) -> Result<Before, Error> {
    let workspace = write.workspace.id;
    let row = chat_find(write.tx, workspace, chat)?.ok_or_else(unknown_chat)?;
    let until = snoozed_until(write.tx, workspace, chat)?.ms();
    let mut before = Before {
        chat: chat.0,
        closed: (row.closed, row.closed),
        responsible: (row.responsible.0, row.responsible.0),
        snoozed_until_ms: (until, until),
        label: None,
    };
    match deed {
        Deed::Close | Deed::Reopen => {
            let closed = *deed == Deed::Close;
            before.closed.1 = closed;
            change_chat(write, chat, &ChatChange { closed: Some(closed), ..ChatChange::default() })?;
        }
        Deed::Assign(teammate) => {
            before.responsible.1 = teammate.0;
            assign(write, chat, *teammate)?;
        }
        Deed::Label(label) => {
            let is_new = !label_list(write.tx, workspace, chat)?.iter().any(|known| known == label.as_str());
            before.label = is_new.then(|| label.as_str().to_owned());
            change_labels(write, chat, &BTreeSet::from([label.clone()]), Labelling::Add)?;
        }
        Deed::Snooze(until) => {
            before.snoozed_until_ms.1 = until.ms();
            snooze_chat(write, chat, *until)?;
        }
    }
    Ok(before)
}

fn assign(write: &mut Write<'_, '_>, chat: ChatId, teammate: TeammateId) -> Result<(), Error> {
    let responsible = Some(email_of(write, teammate)?);
    change_chat(write, chat, &ChatChange { responsible, ..ChatChange::default() })
}

fn email_of(write: &mut Write<'_, '_>, teammate: TeammateId) -> Result<String, Error> {
    if teammate == TeammateId::NOBODY {
        return Ok(String::new());
    }
    let found = teammate_find(write.tx, write.workspace.id, teammate)?;
    found
        .map(|found| found.email)
        .ok_or_else(|| Error::invalid("responsible", "Choose one of the teammates in the list"))
}

/// The teammate's last deed under this number, if it can still be undone.
pub fn undoable(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    me: TeammateId,
    id: i64,
    now: Time,
) -> Result<Option<Undoable>, Error> {
    let Some(row) = undo_find(tx, workspace, me)?.filter(|row| row.id == id && !row.deed.is_empty()) else {
        return Ok(None);
    };
    let left = UNDO_LIVES.saturating_sub(now.since(row.at));
    let kept: Option<Kept> = serde_json::from_str(&row.deed).ok();
    let kept = kept.filter(|_| !left.is_zero());
    Ok(kept.map(|kept| Undoable { id, done: kept.done, chats: kept.chats.len(), left }))
}

/// Takes the teammate's last deed back; `false` where it is too late. What others have changed meanwhile stays.
///
/// # Errors
/// A fault, or a refusal of what it was before, as where 500 other chats were snoozed meanwhile.
pub fn undo(write: &mut Write<'_, '_>, me: TeammateId, id: i64) -> Result<bool, Error> {
    let (workspace, now) = (write.workspace.id, write.now);
    if undoable(write.tx, workspace, me, id, now)?.is_none() {
        return Ok(false);
    }
    let row = undo_find(write.tx, workspace, me)?;
    let kept: Kept = serde_json::from_str(&row.map(|row| row.deed).unwrap_or_default()).map_err(Error::internal)?;
    for before in &kept.chats {
        put_back(write, before)?;
    }
    undo_empty(write, me, id)?;
    Ok(true)
}

fn put_back(write: &mut Write<'_, '_>, before: &Before) -> Result<(), Error> {
    let (workspace, chat) = (write.workspace.id, ChatId(before.chat));
    let Some(row) = chat_find(write.tx, workspace, chat)? else { return Ok(()) };
    if before.closed.0 != before.closed.1 && row.closed == before.closed.1 {
        let closed = Some(before.closed.0);
        change_chat(write, chat, &ChatChange { closed, ..ChatChange::default() })?;
    }
    let (was, made) = before.responsible;
    if was != made && row.responsible == TeammateId(made) {
        // Whoever has left since is nobody.
        let was = teammate_find(write.tx, workspace, TeammateId(was))?.map_or(TeammateId::NOBODY, |found| found.id);
        assign(write, chat, was)?;
    }
    let (was, made) = before.snoozed_until_ms;
    if was != made && snoozed_until(write.tx, workspace, chat)?.ms() == made {
        let was = Time::from_ms(was);
        snooze_chat(write, chat, if was <= write.now { Time::NEVER } else { was })?;
    }
    match &before.label {
        Some(label) => take_label_off(write, chat, &LabelName::parse("label", label)?),
        None => Ok(()),
    }
}
