//! What a caller reaches. A token may be limited to some of the workspace's accounts: what is on the others isn't there for
//! it, whether it reads or writes. A file is of no account; such a token reaches those that it uploaded itself.

use database::Read;

use crate::error::Error;
use crate::id::{AccountId, ChatId, FileUid, MessageUid};
use crate::inbox::chat::unknown_chat;
use crate::store::accounts::{account_find, account_list};
use crate::store::chats::{ChatRow, chat_find};
use crate::store::files::{FileRow, file_find};
use crate::store::messages::{MessageView, message_find};
use crate::workspace::tokens::Caller;

/// A chat that the caller reaches.
///
/// # Errors
/// `not_found`.
pub fn reached_chat(tx: &mut impl Read, caller: &Caller, chat: ChatId) -> Result<ChatRow, Error> {
    let row = chat_find(tx, caller.workspace, chat)?.ok_or_else(unknown_chat)?;
    if !caller.is_limited_to_accounts() {
        return Ok(row);
    }
    let account = account_find(tx, caller.workspace, row.account)?;
    account.filter(|account| caller.limits.allow_account(&account.phone)).map(|_| row).ok_or_else(unknown_chat)
}

/// Refuses a chat that the caller doesn't reach; costs nothing where the caller reaches all that there are.
///
/// # Errors
/// `not_found`.
pub fn ensure_chat_in_reach(tx: &mut impl Read, caller: &Caller, chat: ChatId) -> Result<(), Error> {
    if caller.is_limited_to_accounts() { reached_chat(tx, caller, chat).map(drop) } else { Ok(()) }
}

/// The accounts that the caller reaches; `None` where those are all.
pub fn reached_accounts(tx: &mut impl Read, caller: &Caller) -> Result<Option<Vec<AccountId>>, Error> {
    if !caller.is_limited_to_accounts() {
        return Ok(None);
    }
    let all = account_list(tx, caller.workspace)?.into_iter();
    let reached = all.filter(|account| caller.limits.allow_account(&account.phone));
    Ok(Some(reached.map(|account| account.id).collect()))
}

/// A message that the caller reaches, with its names.
pub fn reached_message(tx: &mut impl Read, caller: &Caller, uid: MessageUid) -> Result<Option<MessageView>, Error> {
    let found = message_find(tx, caller.workspace, uid)?;
    Ok(found.filter(|view| caller.limits.allow_account(&view.account_phone)))
}

/// A file that the caller reaches.
pub fn reached_file(tx: &mut impl Read, caller: &Caller, uid: FileUid) -> Result<Option<FileRow>, Error> {
    Ok(file_find(tx, caller.workspace, uid)?.filter(|file| reaches_file(caller, file)))
}

/// Whether the caller reaches a file of its workspace.
pub fn reaches_file(caller: &Caller, file: &FileRow) -> bool {
    !caller.is_limited_to_accounts() || file.token == caller.token
}
