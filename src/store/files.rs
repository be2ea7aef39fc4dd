//! Uploaded files, and the key that links to them are signed with. The bytes lie in the folder of blobs.

use database::{Error, Read, Row, Sql, Value, params};
use transport::FileKind;

use crate::clock::Time;
use crate::id::{FileUid, TokenId, WorkspaceId};
use crate::store::Write;
use crate::store::chats::{contains_pattern, fold};

/// A stored file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    pub uid: FileUid,
    /// Names its blob.
    pub sha256: [u8; 32],
    /// As it was given; for people, never a path.
    pub filename: String,
    /// What its bytes are, whatever the client said.
    pub mimetype: String,
    pub size_bytes: i64,
    pub kind: FileKind,
    /// Pixels; 0 where it is no image that could be measured.
    pub width: i64,
    pub height: i64,
    /// Names the blob of its small picture.
    pub thumbnail: Option<[u8; 32]>,
    pub token: TokenId,
    /// Of the teammate whose token uploaded it, as it was then; empty where they had told none.
    pub uploaded_by_email: String,
    pub uploaded_at: Time,
}

macro_rules! files_where {
    ($rest:literal) => {
        concat!(
            "SELECT uid, sha256, filename, mimetype, size_bytes, kind, width, height, thumbnail, token_id, \
             uploaded_by_email, uploaded_at_ms FROM files ",
            $rest
        )
    };
}

const FILE_FIND: Sql = Sql::both(files_where!("WHERE workspace_id = $1 AND uid = $2"));

const FILE_LIST: Sql = Sql::both(files_where!(
    "WHERE workspace_id = $1 AND (CAST($2 AS TEXT) IS NULL OR filename_folded LIKE $2 ESCAPE '!') \
     AND (CAST($3 AS BIGINT) IS NULL OR token_id = $3) ORDER BY uid DESC LIMIT $4"
));

static FILE_INSERT: Sql = Sql::both(
    "INSERT INTO files (workspace_id, uid, sha256, filename, filename_folded, mimetype, size_bytes, kind, width, height, \
     thumbnail, token_id, uploaded_by_email, uploaded_at_ms) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
);

const FILE_DELETE: Sql = Sql::both("DELETE FROM files WHERE workspace_id = $1 AND uid = $2");

// Of all workspaces: equal bytes are kept once, so one look decides whether anybody still needs them.
const BLOB_USED: Sql = Sql::both(
    "SELECT 1 WHERE EXISTS (SELECT 1 FROM files WHERE sha256 = $1) \
     OR EXISTS (SELECT 1 FROM files WHERE thumbnail = $1) \
     OR EXISTS (SELECT 1 FROM message_files WHERE sha256 = $1) \
     OR EXISTS (SELECT 1 FROM message_files WHERE thumbnail = $1) \
     OR EXISTS (SELECT 1 FROM sandbox_messages WHERE sha256 = $1)",
);

const LINK_KEY: Sql = Sql::both("SELECT secret FROM link_keys ORDER BY key_id DESC LIMIT 1");

/// Adds a file, whose blob is there already.
pub fn file_insert(write: &mut Write<'_, '_>, file: &FileRow) -> Result<(), crate::error::Error> {
    let FileRow { uid, sha256, filename, mimetype, size_bytes, width, height, thumbnail, .. } = file;
    let (kind, folded) = (file.kind.as_str(), fold(filename));
    let values = params![
        write.workspace.id,
        uid,
        sha256,
        filename,
        folded,
        mimetype,
        size_bytes,
        kind,
        width,
        height,
        thumbnail,
        file.token,
        file.uploaded_by_email,
        file.uploaded_at
    ];
    let values = values.into_iter().map(Value::into_owned).collect();
    write.later(&FILE_INSERT, values)
}

pub fn file_find(tx: &mut impl Read, workspace: WorkspaceId, uid: FileUid) -> Result<Option<FileRow>, Error> {
    tx.query_row(&FILE_FIND, &params![workspace, uid], decode)
}

/// The newest files first, at most `rows_max`; with `part`, those whose names hold it, whatever the case; with `token`, those
/// that it uploaded.
pub fn file_list(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    part: Option<&str>,
    token: Option<TokenId>,
    rows_max: i64,
) -> Result<Vec<FileRow>, Error> {
    let pattern = part.map(|part| contains_pattern(&fold(part)));
    tx.query(&FILE_LIST, &params![workspace, pattern, token, rows_max], decode)
}

/// Forgets a file; whether there was one. Messages that it was sent with keep its blob.
pub fn file_delete(write: &mut Write<'_, '_>, uid: FileUid) -> Result<bool, Error> {
    Ok(write.tx.execute(&FILE_DELETE, &params![write.workspace.id, uid])? > 0)
}

/// Whether any file or attachment, the small picture of one, or what a phone of the sandbox shows, in any workspace, is this
/// blob.
pub fn blob_is_used(tx: &mut impl Read, sha256: &[u8; 32]) -> Result<bool, Error> {
    Ok(tx.query_row(&BLOB_USED, &params![sha256], |_| Ok(()))?.is_some())
}

/// The secret that temporary links are signed with; of the server, not of a workspace.
pub fn link_key(tx: &mut impl Read) -> Result<[u8; 32], Error> {
    let found = tx.query_row(&LINK_KEY, &params![], |row| row.get(0))?;
    found.ok_or_else(|| Error::Decode("the key of temporary links is missing".to_owned()))
}

fn decode(row: &Row<'_>) -> Result<FileRow, Error> {
    Ok(FileRow {
        uid: row.get(0)?,
        sha256: row.get(1)?,
        filename: row.get(2)?,
        mimetype: row.get(3)?,
        size_bytes: row.get(4)?,
        kind: kind(&row.get::<String>(5)?)?,
        width: row.get(6)?,
        height: row.get(7)?,
        thumbnail: row.get(8)?,
        token: row.get(9)?,
        uploaded_by_email: row.get(10)?,
        uploaded_at: row.get(11)?,
    })
}

/// A stored kind of file.
pub(super) fn kind(word: &str) -> Result<FileKind, Error> {
    FileKind::parse(word).ok_or_else(|| Error::Decode(format!("a file's kind {word}")))
}

super::statements! {
    FILE_FIND, FILE_LIST, FILE_INSERT, FILE_DELETE, BLOB_USED, LINK_KEY,
}
