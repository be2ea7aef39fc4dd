//! Attachments: the one file that a message may have, and how far its bytes have come.

use database::{Error, Read, Row, Sql, Value, params};
use transport::FileKind;

use crate::clock::Time;
use crate::id::{AccountId, FileUid, MessageUid, WorkspaceId};
use crate::message::FileState;
use crate::store::Write;
use crate::store::files::{FileRow, kind};

/// A stored attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageFile {
    /// The uploaded file that was sent; it may be deleted by now. `None` for what a contact sent.
    pub file: Option<FileUid>,
    /// Names its blob; `None` until it is ready.
    pub sha256: Option<[u8; 32]>,
    pub kind: FileKind,
    pub mimetype: String,
    /// For people, never a path; empty where WhatsApp gave none.
    pub filename: String,
    pub size_bytes: i64,
    /// Pixels; 0 where it is no image that could be measured.
    pub width: i64,
    pub height: i64,
    /// Names the blob of its small picture.
    pub thumbnail: Option<[u8; 32]>,
    pub state: FileState,
    /// What the transport needs to fetch it; empty for our own.
    pub source: String,
    /// Fetches that failed so far.
    pub attempts: i64,
    /// When it may be fetched again.
    pub next_try_at: Time,
    /// Why it is not there (yet).
    pub reason: String,
}

/// An attachment about to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessageFile {
    /// Of the message; whose transport fetches what is to be fetched.
    pub account: AccountId,
    pub attachment: MessageFile,
}

/// An attachment that waits to be fetched, with its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileToFetch {
    pub message: MessageUid,
    pub attachment: MessageFile,
}

/// What became of an attachment's bytes when they were stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedFile {
    pub sha256: [u8; 32],
    pub kind: FileKind,
    pub mimetype: String,
    pub size_bytes: i64,
    pub width: i64,
    pub height: i64,
    pub thumbnail: Option<[u8; 32]>,
}

impl NewMessageFile {
    /// An uploaded file on a message of ours.
    pub fn sent(account: AccountId, file: &FileRow) -> NewMessageFile {
        let attachment = MessageFile {
            file: Some(file.uid),
            sha256: Some(file.sha256),
            kind: file.kind,
            mimetype: file.mimetype.clone(),
            filename: file.filename.clone(),
            size_bytes: file.size_bytes,
            width: file.width,
            height: file.height,
            thumbnail: file.thumbnail,
            state: FileState::Ready,
            source: String::new(),
            attempts: 0,
            next_try_at: Time::NEVER,
            reason: String::new(),
        };
        NewMessageFile { account, attachment }
    }

    /// What a contact sent and the account's transport must fetch by `source`; mimetype, name and size as WhatsApp said
    /// them.
    pub fn to_fetch(
        account: AccountId,
        kind: FileKind,
        mimetype: String,
        filename: String,
        size_bytes: i64,
        source: String,
    ) -> NewMessageFile {
        let attachment = MessageFile {
            file: None,
            sha256: None,
            kind,
            mimetype,
            filename,
            size_bytes,
            width: 0,
            height: 0,
            thumbnail: None,
            state: FileState::Fetching,
            source,
            attempts: 0,
            next_try_at: Time::NEVER,
            reason: String::new(),
        };
        NewMessageFile { account, attachment }
    }
}

/// The columns of an attachment, of `message_files` under the alias `f`; for [`attachment_of`].
macro_rules! attachment_columns {
    () => {
        "f.state, f.file_uid, f.sha256, f.kind, f.mimetype, f.filename, f.size_bytes, f.width, f.height, f.thumbnail, \
         f.source, f.attempts, f.next_try_ms, f.reason"
    };
}
pub(super) use attachment_columns;

const MESSAGE_FILE_FIND: Sql = Sql::both(concat!(
    "SELECT ",
    attachment_columns!(),
    " FROM message_files f WHERE f.workspace_id = $1 AND f.message_uid = $2"
));

// The state is written out, since only so is the index over the few that wait taken.
const MESSAGE_FILE_DUE: Sql = Sql::both(concat!(
    "SELECT f.message_uid, ",
    attachment_columns!(),
    " FROM message_files f WHERE f.workspace_id = $1 AND f.account_id = $2 AND f.state = 2 AND f.next_try_ms <= $3 \
     ORDER BY f.next_try_ms, f.message_uid LIMIT $4"
));

static MESSAGE_FILE_INSERT: Sql = Sql::both(
    "INSERT INTO message_files (workspace_id, message_uid, account_id, file_uid, sha256, kind, mimetype, filename, \
     size_bytes, width, height, thumbnail, state, source, attempts, next_try_ms, reason) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
);

const MESSAGE_FILE_READY: Sql = Sql::both(
    "UPDATE message_files SET state = 1, sha256 = $3, kind = $4, mimetype = $5, size_bytes = $6, width = $7, \
     height = $8, thumbnail = $9, reason = '' WHERE workspace_id = $1 AND message_uid = $2 AND state = 2",
);

const MESSAGE_FILE_RETRY: Sql = Sql::both(
    "UPDATE message_files SET attempts = attempts + 1, next_try_ms = $3, reason = $4 \
     WHERE workspace_id = $1 AND message_uid = $2 AND state = 2",
);

const MESSAGE_FILE_UNAVAILABLE: Sql = Sql::both(
    "UPDATE message_files SET state = 3, reason = $3 WHERE workspace_id = $1 AND message_uid = $2 AND state = 2",
);

const MESSAGE_FILE_AGAIN: Sql = Sql::both(
    "UPDATE message_files SET state = 2, attempts = 0, next_try_ms = 0, reason = '' \
     WHERE workspace_id = $1 AND message_uid = $2 AND state = 3 AND source <> ''",
);

const MESSAGE_FILE_DELETE: Sql = Sql::both("DELETE FROM message_files WHERE workspace_id = $1 AND message_uid = $2");

/// Adds a message's attachment; a message has at most one.
pub fn message_file_insert(
    write: &mut Write<'_, '_>,
    message: MessageUid,
    file: &NewMessageFile,
) -> Result<(), crate::error::Error> {
    let MessageFile { sha256, mimetype, filename, size_bytes, width, height, thumbnail, .. } = &file.attachment;
    let MessageFile { source, attempts, next_try_at, reason, .. } = &file.attachment;
    let (kind, state) = (file.attachment.kind.as_str(), file.attachment.state as i64);
    let values = params![
        write.workspace.id,
        message,
        file.account,
        file.attachment.file,
        sha256,
        kind,
        mimetype,
        filename,
        size_bytes,
        width,
        height,
        thumbnail,
        state,
        source,
        attempts,
        next_try_at,
        reason
    ];
    let values = values.into_iter().map(Value::into_owned).collect();
    write.later(&MESSAGE_FILE_INSERT, values)
}

/// A message's attachment, if it has one.
pub fn message_file_find(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    message: MessageUid,
) -> Result<Option<MessageFile>, Error> {
    Ok(tx.query_row(&MESSAGE_FILE_FIND, &params![workspace, message], |row| attachment_of(row, 0))?.flatten())
}

/// The attachments of an account that may be fetched now, longest waiting first.
pub fn message_file_due(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    now: Time,
    rows_max: i64,
) -> Result<Vec<FileToFetch>, Error> {
    let rows = tx.query(&MESSAGE_FILE_DUE, &params![workspace, account, now, rows_max], |row| {
        Ok((row.get(0)?, attachment_of(row, 1)?))
    })?;
    Ok(rows.into_iter().filter_map(|(message, file)| Some(FileToFetch { message, attachment: file? })).collect())
}

/// Notes that an attachment's bytes are in their blob; `false` if nobody waited for them.
pub fn message_file_ready(write: &mut Write<'_, '_>, message: MessageUid, file: &FetchedFile) -> Result<bool, Error> {
    let FetchedFile { sha256, mimetype, size_bytes, width, height, thumbnail, .. } = file;
    let kind = file.kind.as_str();
    let values = params![write.workspace.id, message, sha256, kind, mimetype, size_bytes, width, height, thumbnail];
    Ok(write.tx.execute(&MESSAGE_FILE_READY, &values)? > 0)
}

/// Notes that a fetch failed, and when to try again.
pub fn message_file_retry(
    write: &mut Write<'_, '_>,
    message: MessageUid,
    next_try_at: Time,
    reason: &str,
) -> Result<bool, Error> {
    Ok(write.tx.execute(&MESSAGE_FILE_RETRY, &params![write.workspace.id, message, next_try_at, reason])? > 0)
}

/// Notes that an attachment will never be there, and why.
pub fn message_file_unavailable(write: &mut Write<'_, '_>, message: MessageUid, reason: &str) -> Result<bool, Error> {
    Ok(write.tx.execute(&MESSAGE_FILE_UNAVAILABLE, &params![write.workspace.id, message, reason])? > 0)
}

/// Lets an attachment that was given up be fetched anew; `false` where it wasn't, or nobody knows from where.
pub fn message_file_again(write: &mut Write<'_, '_>, message: MessageUid) -> Result<bool, Error> {
    Ok(write.tx.execute(&MESSAGE_FILE_AGAIN, &params![write.workspace.id, message])? > 0)
}

/// Forgets a message's attachment, as when the message was taken back.
pub fn message_file_delete(write: &mut Write<'_, '_>, message: MessageUid) -> Result<(), Error> {
    write.tx.execute(&MESSAGE_FILE_DELETE, &params![write.workspace.id, message]).map(drop)
}

/// An attachment from its columns, which begin at `first`; `None` where a LEFT JOIN found none.
pub fn attachment_of(row: &Row<'_>, first: usize) -> Result<Option<MessageFile>, Error> {
    let Some(state) = row.get::<Option<i64>>(first)? else { return Ok(None) };
    let state = FileState::from_number(state).ok_or_else(|| Error::Decode(format!("an attachment's state {state}")))?;
    Ok(Some(MessageFile {
        state,
        file: row.get(first + 1)?,
        sha256: row.get(first + 2)?,
        kind: kind(&row.get::<String>(first + 3)?)?,
        mimetype: row.get(first + 4)?,
        filename: row.get(first + 5)?,
        size_bytes: row.get(first + 6)?,
        width: row.get(first + 7)?,
        height: row.get(first + 8)?,
        thumbnail: row.get(first + 9)?,
        source: row.get(first + 10)?,
        attempts: row.get(first + 11)?,
        next_try_at: row.get(first + 12)?,
        reason: row.get(first + 13)?,
    }))
}

super::statements! {
    MESSAGE_FILE_FIND, MESSAGE_FILE_DUE, MESSAGE_FILE_INSERT, MESSAGE_FILE_READY, MESSAGE_FILE_RETRY,
    MESSAGE_FILE_UNAVAILABLE, MESSAGE_FILE_AGAIN, MESSAGE_FILE_DELETE,
}
