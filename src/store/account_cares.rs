//! What goes with an account's health: since when it is so, what WhatsApp thinks of the number, and how much it may write to
//! people who never wrote. Kept beside the accounts, since few have anything of it; so an account costs a send no more.

use database::{Error, Read, Row, Sql, params};

use crate::clock::Time;
use crate::id::{AccountId, ChatId, MessageUid, WorkspaceId};
use crate::store::Write;
use crate::store::accounts::{AccountRow, account_columns, decode_account};

/// Settings and tallies of one account. `None`: as its transport's accounts are by themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CareRow {
    /// Since when the account's health is what it is; never where it was never noted.
    pub since: Time,
    /// high, medium or low; empty where WhatsApp said nothing.
    pub quality: String,
    pub quality_at: Time,
    /// Mean pause between two sends.
    pub pacing_ms: Option<i64>,
    /// Messages a day to people who never wrote; 0 for any number.
    pub cold_per_day: Option<i64>,
    /// Days over which that grows to its full number, from linking on.
    pub warm_up_days: Option<i64>,
    /// The day that `cold_sent` counts, by its first moment.
    pub cold_day: Time,
    pub cold_sent: i64,
    /// People that WhatsApp lets it write to first in a day; 0 for any number, `None` where it said nothing.
    pub reach: Option<i64>,
    /// Messages that WhatsApp lets it send in a second, where it said so.
    pub per_second: Option<i64>,
}

impl Default for CareRow {
    fn default() -> CareRow {
        CareRow {
            since: Time::NEVER,
            quality: String::new(),
            quality_at: Time::NEVER,
            pacing_ms: None,
            cold_per_day: None,
            warm_up_days: None,
            cold_day: Time::NEVER,
            cold_sent: 0,
            reach: None,
            per_second: None,
        }
    }
}

/// A message to somebody who never wrote that would go now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColdRow {
    pub seq: i64,
    pub message: MessageUid,
    pub chat: ChatId,
}

macro_rules! care_columns {
    () => {
        "since_ms, quality, quality_at_ms, pacing_ms, cold_per_day, warm_up_days, cold_day_ms, cold_sent, reach, \
         per_second"
    };
}

const STANDING: Sql = Sql::both(concat!(
    "SELECT ",
    account_columns!("a."),
    ", COALESCE(k.since_ms, 0), COALESCE(k.quality, ''), COALESCE(k.quality_at_ms, 0), COALESCE(k.pacing_ms, -1), \
     COALESCE(k.cold_per_day, -1), COALESCE(k.warm_up_days, -1), COALESCE(k.cold_day_ms, 0), COALESCE(k.cold_sent, 0), \
     COALESCE(k.reach, -1), COALESCE(k.per_second, -1) \
     FROM accounts a LEFT JOIN account_cares k ON k.workspace_id = a.workspace_id AND k.account_id = a.account_id \
     WHERE a.workspace_id = $1 AND a.account_id = $2",
));

const CARE_LIST: Sql = Sql::both(concat!(
    "SELECT account_id, ",
    care_columns!(),
    " FROM account_cares WHERE workspace_id = $1 ORDER BY account_id"
));

const CARE_SAVE: Sql = Sql::both(concat!(
    "INSERT INTO account_cares (workspace_id, account_id, ",
    care_columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (workspace_id, account_id) DO UPDATE SET \
     since_ms = excluded.since_ms, quality = excluded.quality, quality_at_ms = excluded.quality_at_ms, \
     pacing_ms = excluded.pacing_ms, cold_per_day = excluded.cold_per_day, warm_up_days = excluded.warm_up_days, \
     cold_day_ms = excluded.cold_day_ms, cold_sent = excluded.cold_sent, reach = excluded.reach, \
     per_second = excluded.per_second"
));

// Classes 2 and 3 are those of people who never wrote, and of mass messages; what was tried before counts no second time.
const COLD_READY: Sql = Sql::both(
    "SELECT o.seq, o.uid, o.chat_id FROM outbox o \
     JOIN messages m ON m.workspace_id = o.workspace_id AND m.uid = o.uid \
     WHERE o.workspace_id = $1 AND o.account_id = $2 AND o.stage = 1 AND o.class >= 2 AND o.attempts = 0 \
     ORDER BY o.class, o.not_before_ms, o.seq LIMIT $3",
);

const COLD_HELD: Sql = Sql::both(
    "SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM outbox o WHERE o.workspace_id = $1 AND o.account_id = $2 \
     AND o.stage = 2 AND o.class >= 2 AND o.attempts = 0 AND o.not_before_ms > $3 LIMIT $4) AS held",
);

const COLD_HOLD: Sql = Sql::both(
    "UPDATE outbox SET stage = 2, not_before_ms = $4, reason = $5 \
     WHERE workspace_id = $1 AND account_id = $2 AND seq = $3 AND stage = 1",
);

const COLD_RELEASE: Sql = Sql::both(
    "UPDATE outbox SET stage = 1, not_before_ms = 0, reason = '' \
     WHERE workspace_id = $1 AND account_id = $2 AND stage = 2 AND class >= 2 AND attempts = 0",
);

const WAITING_COUNT: Sql = Sql::both(
    "SELECT account_id, CAST(COUNT(*) AS BIGINT) FROM outbox WHERE workspace_id = $1 AND stage <> 4 \
     GROUP BY account_id",
);

/// An account with all that decides what it may send.
pub fn account_standing(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
) -> Result<Option<(AccountRow, CareRow)>, Error> {
    tx.query_row(&STANDING, &params![workspace, account], |row| Ok((decode_account(row)?, decode(row, 12)?)))
}

/// The cares of a workspace's accounts that have any.
pub fn care_list(tx: &mut impl Read, workspace: WorkspaceId) -> Result<Vec<(AccountId, CareRow)>, Error> {
    tx.query(&CARE_LIST, &params![workspace], |row| Ok((row.get(0)?, decode(row, 1)?)))
}

pub fn care_save(write: &mut Write<'_, '_>, account: AccountId, care: &CareRow) -> Result<(), Error> {
    let CareRow { since, quality, quality_at, pacing_ms, cold_per_day, warm_up_days, cold_day, cold_sent, .. } = care;
    let [pacing_ms, cold_per_day, warm_up_days] = [pacing_ms, cold_per_day, warm_up_days].map(|one| one.unwrap_or(-1));
    let [reach, per_second] = [care.reach, care.per_second].map(|one| one.unwrap_or(-1));
    let workspace = write.workspace.id;
    let values = params![
        workspace,
        account,
        since,
        quality,
        quality_at,
        pacing_ms,
        cold_per_day,
        warm_up_days,
        cold_day,
        cold_sent,
        reach,
        per_second
    ];
    write.tx.execute(&CARE_SAVE, &values).map(drop)
}

/// Messages to people who never wrote, and mass messages, that would go now for the first time, in their order.
pub fn cold_ready(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    rows_max: i64,
) -> Result<Vec<ColdRow>, Error> {
    let decode = |row: &Row<'_>| Ok(ColdRow { seq: row.get(0)?, message: row.get(1)?, chat: row.get(2)? });
    tx.query(&COLD_READY, &params![workspace, account, rows_max], decode)
}

/// How many such messages wait for a later day already, counted up to `rows_max`.
pub fn cold_held(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
    now: Time,
    rows_max: i64,
) -> Result<i64, Error> {
    Ok(tx.query_row(&COLD_HELD, &params![workspace, account, now, rows_max], |row| row.get(0))?.unwrap_or(0))
}

/// Lets one wait until then.
pub fn cold_hold(
    write: &mut Write<'_, '_>,
    account: AccountId,
    row: &ColdRow,
    until: Time,
    reason: &str,
) -> Result<bool, Error> {
    let values = params![write.workspace.id, account, row.seq, until, reason];
    Ok(write.tx.execute(&COLD_HOLD, &values)? > 0)
}

/// Lets all that wait so be judged anew.
pub fn cold_release(write: &mut Write<'_, '_>, account: AccountId) -> Result<(), Error> {
    write.tx.execute(&COLD_RELEASE, &params![write.workspace.id, account]).map(drop)
}

/// How many messages wait, by account; accounts where none does are left out.
pub fn waiting_count(tx: &mut impl Read, workspace: WorkspaceId) -> Result<Vec<(AccountId, i64)>, Error> {
    tx.query(&WAITING_COUNT, &params![workspace], |row| Ok((row.get(0)?, row.get(1)?)))
}

fn decode(row: &Row<'_>, at: usize) -> Result<CareRow, Error> {
    let set = |number: i64| (number >= 0).then_some(number);
    Ok(CareRow {
        since: row.get(at)?,
        quality: row.get(at + 1)?,
        quality_at: row.get(at + 2)?,
        pacing_ms: set(row.get(at + 3)?),
        cold_per_day: set(row.get(at + 4)?),
        warm_up_days: set(row.get(at + 5)?),
        cold_day: row.get(at + 6)?,
        cold_sent: row.get(at + 7)?,
        reach: set(row.get(at + 8)?),
        per_second: set(row.get(at + 9)?),
    })
}

super::statements! {
    STANDING, CARE_LIST, CARE_SAVE, COLD_READY, COLD_HELD, COLD_HOLD, COLD_RELEASE, WAITING_COUNT,
}
