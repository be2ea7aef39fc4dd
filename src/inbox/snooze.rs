//! Putting chats off until a time. A chat comes back by itself then, or as soon as its contact writes.

use std::time::Duration;

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::ChatId;
use crate::inbox::chat::unknown_chat;
use crate::store::Write;
use crate::store::chats::chat_find;
use crate::store::events::{NewEvent, event_append};
use crate::store::waiting::{snooze_set, snoozed_due, snoozed_list, snoozed_until};

/// How far ahead a chat may be put off.
pub const SNOOZE_AHEAD_MAX: Duration = Duration::from_secs(366 * 24 * 3600);
/// Chats of a workspace that may be put off at once: the lists pass them over one by one.
pub const SNOOZED_MAX: i64 = 500;
/// Chats that come back in one write.
pub const WOKEN_MAX: i64 = 100;

/// Puts a chat off until then; [`Time::NEVER`] brings it back now. What it is already is no change and no event.
///
/// # Errors
/// `not_found` without such a chat, `validation_error` for a time that has passed or is too far ahead, or where too many are
/// put off already. All are decided before anything is written.
pub fn snooze_chat(write: &mut Write<'_, '_>, chat: ChatId, until: Time) -> Result<(), Error> {
    let workspace = write.workspace.id;
    chat_find(write.tx, workspace, chat)?.ok_or_else(unknown_chat)?;
    let before = snoozed_until(write.tx, workspace, chat)?;
    if before == until {
        return Ok(());
    }
    if until.is_never() {
        return wake_chat(write, chat);
    }
    if until <= write.now || until > write.now + SNOOZE_AHEAD_MAX {
        return Err(Error::invalid("until", "Choose a time ahead, within a year"));
    }
    let others = snoozed_list(write.tx, workspace, SNOOZED_MAX)?;
    if before.is_never() && i64::try_from(others.len()).is_ok_and(|others| others >= SNOOZED_MAX) {
        let rule = format!("{SNOOZED_MAX} chats are put off already, the most there can be; bring some back first");
        return Err(Error::invalid("until", rule));
    }
    snooze_set(write.tx, workspace, chat, until)?;
    note(write, chat, Kind::ChatSnoozed, until.ms().to_string())
}

/// The chat is there again.
pub fn wake_chat(write: &mut Write<'_, '_>, chat: ChatId) -> Result<(), Error> {
    let workspace = write.workspace.id;
    snooze_set(write.tx, workspace, chat, Time::NEVER)?;
    note(write, chat, Kind::ChatUnsnoozed, String::new())
}

/// Brings back the chats whose time has come; returns how many. There may be more while it isn't 0.
pub fn wake_due(write: &mut Write<'_, '_>) -> Result<usize, Error> {
    let due = snoozed_due(write, WOKEN_MAX)?;
    for chat in &due {
        wake_chat(write, *chat)?;
    }
    Ok(due.len())
}

fn note(write: &mut Write<'_, '_>, chat: ChatId, kind: Kind, detail: String) -> Result<(), Error> {
    event_append(write, NewEvent { kind, chat, message: None, detail }).map(drop)
}
