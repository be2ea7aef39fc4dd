//! Notes, which are rows among the messages of a chat. They are added as messages are.

use database::{Error, Read, Sql, params};

use crate::id::{ChatId, MessageUid, WorkspaceId};
use crate::message::MessageKind;
use crate::store::Write;

// The kind stands there in digits, for the sake of the index that has notes alone.
const NOTE_LIST: Sql = Sql::both(
    "SELECT uid FROM messages WHERE workspace_id = $1 AND chat_id = $2 AND kind = 2 ORDER BY uid DESC LIMIT $3 OFFSET $4",
);

const NOTE_DELETE: Sql =
    Sql::both("DELETE FROM messages WHERE workspace_id = $1 AND uid = $2 AND chat_id = $3 AND kind = $4");

const NOTE_HISTORY_DELETE: Sql = Sql::both("DELETE FROM status_history WHERE workspace_id = $1 AND uid = $2");

const NOTE_DETAILS_DELETE: Sql = Sql::both("DELETE FROM message_details WHERE workspace_id = $1 AND uid = $2");

/// The notes of a chat, the newest first; `rows_max` of them behind the first `skip`.
pub fn note_list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    chat: ChatId,
    rows_max: i64,
    skip: i64,
) -> Result<Vec<MessageUid>, Error> {
    tx.query(&NOTE_LIST, &params![workspace, chat, rows_max, skip], |row| row.get(0))
}

/// Deletes a note for good, with all that hangs on it; the caller has seen that it is one of this chat.
pub fn note_delete(write: &mut Write<'_, '_>, chat: ChatId, note: MessageUid) -> Result<(), Error> {
    let (workspace, kind) = (write.workspace.id, MessageKind::Note as i64);
    write.tx.execute(&NOTE_DELETE, &params![workspace, note, chat, kind])?;
    write.tx.execute(&NOTE_HISTORY_DELETE, &params![workspace, note])?;
    write.tx.execute(&NOTE_DETAILS_DELETE, &params![workspace, note]).map(drop)
}

super::statements! {
    NOTE_LIST, NOTE_DELETE, NOTE_HISTORY_DELETE, NOTE_DETAILS_DELETE,
}
