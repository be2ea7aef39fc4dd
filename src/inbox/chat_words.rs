//! Keeps the words by which chats are found. Behind everybody's back, so that a new chat costs its sender nothing; until it was
//! read, lists look at it as it is.

use crate::error::Error;
use crate::store::Write;
use crate::store::chat_words::{
    chat_words_forget, chat_words_fresh, chat_words_have_read, chat_words_put, chat_words_read_to, chats_new,
    chats_stale,
};

/// Chats of one write: some ten milliseconds of work.
const READ_MAX: i64 = 400;

/// Reads new chats, and those that got another name or phone; returns whether there may be more.
pub fn read_chats_on(write: &mut Write<'_, '_>) -> Result<bool, Error> {
    let workspace = write.workspace.id;
    let before = chat_words_read_to(write.tx, workspace)?;
    let new = chats_new(write.tx, workspace, before, READ_MAX)?;
    for chat in &new {
        chat_words_put(write, chat)?;
    }
    if let Some(last) = new.last() {
        chat_words_have_read(write, last.chat)?;
    }
    let stale = chats_stale(write.tx, workspace, READ_MAX)?;
    for chat in &stale {
        // One that is new was read just now, or will be.
        if chat.chat <= before {
            chat_words_forget(write, chat.chat)?;
            chat_words_put(write, chat)?;
        }
        chat_words_fresh(write, chat.chat)?;
    }
    let is_full = |rows: usize| i64::try_from(rows).unwrap_or(READ_MAX) == READ_MAX;
    Ok(is_full(new.len()) || is_full(stale.len()))
}
