//! Letting a contact see that their messages were read, or that somebody writes. Told soon or not at all, and free.

use std::time::Duration;

use transport::{Capabilities, Kind as TransportKind};

use crate::error::{Code, Error};
use crate::id::{AccountId, ChatId, MessageUid};
use crate::inbox::chat::unknown_chat;
use crate::inbox::chats::{ChatChange, change_chat};
use crate::inbox::send::not_supported;
use crate::store::Write;
use crate::store::accounts::{AccountRow, account_find};
use crate::store::chats::{ChatRow, chat_find};
use crate::store::marks::{ChatMark, MarkKind, mark_put};
use crate::workspace::tokens::Caller;

/// How long what was read waits for the account's line.
const READ_WAITS: Duration = Duration::from_secs(24 * 3600);
/// How long a typing mark waits for it: later it would show what isn't so any more.
const TYPING_WAITS: Duration = Duration::from_secs(10);

/// What a contact sees of somebody who writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typing {
    Typing,
    Recording,
    /// Nothing any more.
    Paused,
}

impl Typing {
    pub const ALL: [Typing; 3] = [Typing::Typing, Typing::Recording, Typing::Paused];

    pub const fn as_str(self) -> &'static str {
        match self {
            Typing::Typing => "typing",
            Typing::Recording => "recording",
            Typing::Paused => "paused",
        }
    }

    pub fn parse(text: &str) -> Option<Typing> {
        Typing::ALL.into_iter().find(|typing| typing.as_str() == text)
    }
}

/// Marks a chat as read, for the team and for the contact. `up_to` is an id of now: what comes later isn't read. Returns
/// whose line is to tell it.
///
/// # Errors
/// `not_found` (no such chat), `validation_error` (an unlinked account), `not_supported`, `permission_denied`. All are decided
/// before anything is written.
pub fn mark_read(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    chat: ChatId,
    up_to: MessageUid,
) -> Result<AccountId, Error> {
    let (row, account) = tellable(write, caller, chat)?;
    let mark = ChatMark {
        account: account.id,
        chat,
        kind: MarkKind::Read,
        detail: String::new(),
        up_to: Some(up_to),
        messages: row.unread,
        until: write.now + READ_WAITS,
    };
    change_chat(write, chat, &ChatChange { read: Some(true), ..ChatChange::default() })?;
    mark_put(write, &mark)?;
    Ok(account.id)
}

/// Shows the contact that somebody writes. Returns whose line is to tell it.
///
/// # Errors
/// As [`mark_read`].
pub fn mark_typing(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    chat: ChatId,
    typing: Typing,
) -> Result<AccountId, Error> {
    let (_, account) = tellable(write, caller, chat)?;
    let mark = ChatMark {
        account: account.id,
        chat,
        kind: MarkKind::Typing,
        detail: typing.as_str().to_owned(),
        up_to: None,
        messages: 0,
        until: write.now + TYPING_WAITS,
    };
    mark_put(write, &mark)?;
    Ok(account.id)
}

/// The chat, and its account if that can show marks to it.
fn tellable(write: &mut Write<'_, '_>, caller: &Caller, chat: ChatId) -> Result<(ChatRow, AccountRow), Error> {
    let row = chat_find(write.tx, write.workspace.id, chat)?.ok_or_else(unknown_chat)?;
    let account = account_find(write.tx, write.workspace.id, row.account)?.ok_or_else(unknown_chat)?;
    caller.may_use_account(&account.phone)?;
    if !account.unlinked_at.is_never() {
        let rule = format!("Chat {chat} is on WhatsApp account {}, which was unlinked; link it again", account.phone);
        return Err(Error::invalid("chat_id", rule));
    }
    if caller.sandbox_only && account.transport != TransportKind::Sandbox {
        let rule = "This token may use sandbox accounts only; make one with `partyline token create`";
        return Err(Error::new(Code::PermissionDenied, rule));
    }
    if !Capabilities::of(account.transport).marks {
        return Err(not_supported(account.transport, "read and typing marks"));
    }
    Ok((row, account))
}
