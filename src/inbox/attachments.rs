//! Attachments that arrived with messages: having one fetched again that was given up.

use crate::error::Error;
use crate::id::{AccountId, MessageUid};
use crate::inbox::reach::reached_message;
use crate::message::FileState;
use crate::store::Write;
use crate::store::accounts::account_find;
use crate::store::message_files::message_file_again;
use crate::workspace::tokens::Caller;

/// Has the attachment of a message fetched anew, with all the tries of a new one; returns whose transport fetches it.
///
/// # Errors
/// `not_found` (no such message); `validation_error` where it has no attachment that was given up, or its account is
/// unlinked.
pub fn fetch_again(write: &mut Write<'_, '_>, caller: &Caller, message: MessageUid) -> Result<AccountId, Error> {
    let unknown = || Error::not_found("There is no such message in this workspace; check the message_uid");
    let view = reached_message(write.tx, caller, message)?.ok_or_else(unknown)?;
    let refused =
        |why: &str| Err(Error::invalid("message_uid", format!("The attachment of message_uid {message} {why}")));
    match view.attachment.as_ref().map(|attachment| (attachment.state, attachment.source.is_empty())) {
        None => return refused("isn't there: it has none; use a message that arrived with a file"),
        Some((FileState::Ready, _)) => return refused("is there already; use its attachment_url"),
        Some((FileState::Fetching, _)) => return refused("is being fetched; wait for message:media_ready"),
        Some((FileState::Unavailable, true)) => {
            return refused("came without an address to fetch it from; ask the contact to send it again");
        }
        Some((FileState::Unavailable, false)) => {}
    }
    let account = account_find(write.tx, caller.workspace, view.message.account)?;
    if account.is_none_or(|account| !account.unlinked_at.is_never()) {
        return refused("can't be fetched: its account was unlinked; link it again first");
    }
    message_file_again(write, message)?;
    Ok(view.message.account)
}
