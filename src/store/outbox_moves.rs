//! Moving what waits in the outbox: up, out, back. Each function leaves the rows of a chat with at most one first.

use database::{Error, Read, Sql, params};

use crate::clock::Time;
use crate::id::{AccountId, ChatId, MessageUid};
use crate::store::Write;
use crate::store::outbox::{OutboxRow, each_class};

const OUTBOX_MAKE_READY: Sql = Sql::both(each_class!(
    "UPDATE outbox SET stage = 1, not_before_ms = 0 WHERE workspace_id = $1 AND account_id = $2 AND seq IN (",
    "SELECT o.seq FROM outbox o WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.stage = 2 \
     AND o.not_before_ms <= $3 ",
    "ORDER BY o.not_before_ms LIMIT $4",
    ")"
));

const OUTBOX_CLAIM: Sql = Sql::both(
    "UPDATE outbox SET stage = 3, attempts = attempts + 1, reason = '' \
     WHERE workspace_id = $1 AND account_id = $2 AND seq = $3 AND stage = 1 AND NOT EXISTS (SELECT 1 FROM outbox o \
     WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.chat_id = $4 AND o.seq < $3 AND o.stage <> 4)",
);

const OUTBOX_STEP_BACK: Sql =
    Sql::both("UPDATE outbox SET stage = 0 WHERE workspace_id = $1 AND account_id = $2 AND seq = $3 AND stage = 1");

const OUTBOX_WAIT: Sql = Sql::both(
    "UPDATE outbox SET stage = 2, not_before_ms = $4, reason = $5 \
     WHERE workspace_id = $1 AND account_id = $2 AND seq = $3 AND stage = 3",
);

const OUTBOX_PUT_BACK: Sql = Sql::both(
    "UPDATE outbox SET stage = 1, attempts = attempts - 1, reason = $4 \
     WHERE workspace_id = $1 AND account_id = $2 AND seq = $3 AND stage = 3",
);

const OUTBOX_UNCERTAIN: Sql = Sql::both(
    "UPDATE outbox SET stage = 4, reason = $4 \
     WHERE workspace_id = $1 AND account_id = $2 AND seq = $3 AND stage = 3",
);

const OUTBOX_SETTLE: Sql = Sql::both(
    "DELETE FROM outbox WHERE workspace_id = $1 AND account_id = $2 AND chat_id = $3 AND uid = $4 AND stage = 4 \
     RETURNING attempts",
);

const OUTBOX_DELETE: Sql =
    Sql::both("DELETE FROM outbox WHERE workspace_id = $1 AND account_id = $2 AND seq = $3 AND stage = 3");

const OUTBOX_MOVE_UP: Sql = Sql::both(
    "UPDATE outbox SET stage = 1, class = CASE WHEN EXISTS (SELECT 1 FROM chats c WHERE c.workspace_id = $1 \
     AND c.chat_id = $3 AND c.last_inbound_at_ms > $4) THEN 0 ELSE class END \
     WHERE workspace_id = $1 AND account_id = $2 AND stage = 0 AND seq = (SELECT o.seq FROM outbox o \
     WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.chat_id = $3 AND o.stage <> 4 ORDER BY o.seq LIMIT 1)",
);

const OUTBOX_RAISE: Sql = Sql::both(
    "UPDATE outbox SET class = $4 \
     WHERE workspace_id = $1 AND account_id = $2 AND class > $4 AND seq = (SELECT o.seq FROM outbox o \
     WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.chat_id = $3 AND o.stage <> 4 ORDER BY o.seq LIMIT 1)",
);

/// Makes those ready whose time has come, `rows_max` of each class.
pub fn outbox_make_ready(write: &mut Write<'_, '_>, account: AccountId, rows_max: i64) -> Result<u64, Error> {
    write.tx.execute(&OUTBOX_MAKE_READY, &params![write.workspace.id, account, write.now, rows_max])
}

/// Notes that a ready message is being handed over; `false` if it isn't its chat's first, and then it steps back.
pub fn outbox_claim(write: &mut Write<'_, '_>, row: &OutboxRow) -> Result<bool, Error> {
    let workspace = write.workspace.id;
    if write.tx.execute(&OUTBOX_CLAIM, &params![workspace, row.account, row.seq, row.chat])? > 0 {
        return Ok(true);
    }
    write.tx.execute(&OUTBOX_STEP_BACK, &params![workspace, row.account, row.seq])?;
    Ok(false)
}

/// A message that was handed over waits for its next try; its chat waits with it.
pub fn outbox_wait(write: &mut Write<'_, '_>, row: &OutboxRow, not_before: Time, reason: &str) -> Result<bool, Error> {
    let values = params![write.workspace.id, row.account, row.seq, not_before, reason];
    Ok(write.tx.execute(&OUTBOX_WAIT, &values)? > 0)
}

/// A message that was handed over may go again at once, and the try doesn't count.
pub fn outbox_put_back(write: &mut Write<'_, '_>, row: &OutboxRow, reason: &str) -> Result<bool, Error> {
    let values = params![write.workspace.id, row.account, row.seq, reason];
    Ok(write.tx.execute(&OUTBOX_PUT_BACK, &values)? > 0)
}

/// Nobody knows whether the message went; it stays, and its chat goes on, as in [`outbox_delete`].
pub fn outbox_set_uncertain(
    write: &mut Write<'_, '_>,
    row: &OutboxRow,
    reply_after: Time,
    reason: &str,
) -> Result<bool, Error> {
    let values = params![write.workspace.id, row.account, row.seq, reason];
    let changed = write.tx.execute(&OUTBOX_UNCERTAIN, &values)? > 0;
    if changed {
        move_up(write, row, reply_after)?;
    }
    Ok(changed)
}

/// Takes an uncertain message out of the outbox, where it held nobody up. Returns how often it was tried; `None` where it is
/// not uncertain.
pub fn outbox_settle(
    write: &mut Write<'_, '_>,
    account: AccountId,
    chat: ChatId,
    message: MessageUid,
) -> Result<Option<i64>, Error> {
    write.tx.query_row(&OUTBOX_SETTLE, &params![write.workspace.id, account, chat, message], |row| row.get(0))
}

/// Removes a message that was handed over, and lets its chat go on; `false` if that was done before. The chat's next one
/// is a reply, whatever it was when it was accepted, if the contact wrote after `reply_after`.
pub fn outbox_delete(write: &mut Write<'_, '_>, row: &OutboxRow, reply_after: Time) -> Result<bool, Error> {
    let values = params![write.workspace.id, row.account, row.seq];
    let deleted = write.tx.execute(&OUTBOX_DELETE, &values)? > 0;
    if deleted {
        move_up(write, row, reply_after)?;
    }
    Ok(deleted)
}

fn move_up(write: &mut Write<'_, '_>, gone: &OutboxRow, reply_after: Time) -> Result<(), Error> {
    let values = params![write.workspace.id, gone.account, gone.chat, reply_after];
    write.tx.execute(&OUTBOX_MOVE_UP, &values).map(drop)
}

/// Makes a chat's first message at least this urgent, as when its contact has written. Those behind it follow when they
/// move up.
pub fn outbox_raise(write: &mut Write<'_, '_>, account: AccountId, chat: ChatId, class: i64) -> Result<(), Error> {
    write.tx.execute(&OUTBOX_RAISE, &params![write.workspace.id, account, chat, class]).map(drop)
}

super::statements! {
    OUTBOX_MAKE_READY, OUTBOX_CLAIM, OUTBOX_STEP_BACK, OUTBOX_WAIT, OUTBOX_PUT_BACK, OUTBOX_UNCERTAIN, OUTBOX_SETTLE,
    OUTBOX_DELETE,     OUTBOX_MOVE_UP, OUTBOX_RAISE,
}
