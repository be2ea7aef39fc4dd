//! Looks that only explaining a message takes: its row in the outbox, what waits before it, the call that accepted it.

use database::{Error, Read, Sql, params};

use crate::clock::Time;
use crate::id::{AccountId, ChatId, MessageUid, WorkspaceId};
use crate::store::outbox::Stage;

/// Messages before another one are counted up to this.
pub const AHEAD_MAX: i64 = 1_000;

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingRow {
    pub seq: i64,
    pub stage: Stage,
    /// Never, unless it waits for that.
    pub not_before: Time,
    pub attempts: i64,
    pub reason: String,
}

/// The request that accepted a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptingCall {
    /// As in the answer's `X-Request-Id`.
    pub request: String,
    pub method: String,
    pub path: String,
    /// A note in the log, as that it may repeat another one.
    pub reason: String,
}

const WAITING_FIND: Sql = Sql::both(
    "SELECT o.seq, o.stage, o.not_before_ms, o.attempts, o.reason FROM outbox o \
     WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.chat_id = $3 AND o.uid = $4",
);

const WAITING_AHEAD: Sql = Sql::both(
    "SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT o.seq FROM outbox o \
     WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.chat_id = $3 AND o.seq < $4 LIMIT $5) AS ahead",
);

// A walk through the ring, which is bounded; an index would be paid by every call.
const ACCEPTING_CALL: Sql = Sql::both(
    "SELECT request_id, method, path, reason FROM api_calls WHERE workspace_id = $1 AND message_uid = $2 \
     ORDER BY seq LIMIT 1",
);

/// A message's row in the outbox; `None` once it has left it.
pub fn waiting_find(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    chat: ChatId,
    message: MessageUid,
) -> Result<Option<WaitingRow>, Error> {
    tx.query_row(&WAITING_FIND, &params![workspace, account, chat, message], |row| {
        Ok(WaitingRow {
            seq: row.get(0)?,
            stage: Stage::from_number(row.get(1)?)?,
            not_before: row.get(2)?,
            attempts: row.get(3)?,
            reason: row.get(4)?,
        })
    })
}

/// How many messages of its chat wait before the one of this `seq`, counted up to [`AHEAD_MAX`].
pub fn waiting_ahead(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    chat: ChatId,
    seq: i64,
) -> Result<i64, Error> {
    let counted = tx.query_row(&WAITING_AHEAD, &params![workspace, account, chat, seq, AHEAD_MAX], |row| row.get(0))?;
    Ok(counted.unwrap_or(0))
}

/// The call that made a message, for as long as the log has it.
pub fn accepting_call(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    message: MessageUid,
) -> Result<Option<AcceptingCall>, Error> {
    tx.query_row(&ACCEPTING_CALL, &params![workspace, message], |row| {
        Ok(AcceptingCall { request: row.get(0)?, method: row.get(1)?, path: row.get(2)?, reason: row.get(3)? })
    })
}

super::statements! {
    WAITING_FIND, WAITING_AHEAD, ACCEPTING_CALL,
}
