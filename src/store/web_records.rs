//! The keys of numbers that are linked as a phone's device: records, sealed by whoever hands them in, and how far the keys
//! of a number have come.

use std::collections::BTreeMap;

use database::{Error, Read, Row, Sql, Tx, Value, owned_params, params};

use crate::id::{AccountId, WorkspaceId};
use crate::store::Write;

/// Whose keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WebAccount {
    pub workspace: WorkspaceId,
    pub account: AccountId,
}

/// A record as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebRecord {
    pub key: Vec<u8>,
    /// Sealed.
    pub value: Vec<u8>,
}

/// A change of records; `kind` is a word of whoever reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebChange {
    /// `at_s` is what [`WebChange::DeleteBefore`] looks at; 0 for never.
    Put {
        kind: &'static str,
        key: Vec<u8>,
        value: Vec<u8>,
        at_s: i64,
    },
    Delete {
        kind: &'static str,
        key: Vec<u8>,
    },
    DeletePrefix {
        kind: &'static str,
        prefix: Vec<u8>,
    },
    /// Those with a time that is before this.
    DeleteBefore {
        kind: &'static str,
        at_s: i64,
    },
}

/// How far the keys of a number have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebOpening {
    /// Counts those who opened them; only the last one may write.
    pub opening: i64,
    /// Only grows.
    pub writes: i64,
}

/// Keys of one statement.
const KEYS_MAX: usize = 16;
/// Rows of one statement of a list.
const ROWS_MAX: i64 = 1_000;
/// Puts of one statement.
const PUTS_MAX: usize = 500;

const WEB_RECORD_GET: Sql = Sql::both(
    "SELECT record_key, value FROM web_records WHERE workspace_id = $1 AND account_id = $2 AND kind = $3 \
     AND record_key IN ($4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
);

const WEB_RECORD_LIST: Sql = Sql::both(
    "SELECT record_key, value FROM web_records WHERE workspace_id = $1 AND account_id = $2 AND kind = $3 \
     AND record_key >= $4 AND record_key < $5 ORDER BY record_key LIMIT $6",
);

static WEB_RECORD_PUT: Sql = Sql::both(
    "INSERT INTO web_records (workspace_id, account_id, kind, record_key, value, at_s) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (workspace_id, account_id, kind, record_key) DO UPDATE SET value = excluded.value, at_s = excluded.at_s",
);

const WEB_RECORD_DELETE: Sql = Sql::both(
    "DELETE FROM web_records WHERE workspace_id = $1 AND account_id = $2 AND kind = $3 \
     AND record_key IN ($4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
);

const WEB_RECORD_DELETE_SPAN: Sql = Sql::both(
    "DELETE FROM web_records WHERE workspace_id = $1 AND account_id = $2 AND kind = $3 \
     AND record_key >= $4 AND record_key < $5",
);

const WEB_RECORD_DELETE_BEFORE: Sql = Sql::both(
    "DELETE FROM web_records WHERE workspace_id = $1 AND account_id = $2 AND kind = $3 AND at_s > 0 AND at_s < $4",
);

const WEB_RECORD_FORGET: Sql = Sql::both("DELETE FROM web_records WHERE workspace_id = $1 AND account_id = $2");

const WEB_RECORD_COUNT: Sql =
    Sql::both("SELECT CAST(COUNT(*) AS BIGINT) FROM web_records WHERE workspace_id = $1 AND account_id = $2");

/// What a copy of the database is kept without: keys that are used again after newer ones were used are ruined.
pub const LEFT_OUT_OF_COPIES: Sql = Sql::both("DELETE FROM web_records");

const WEB_OPENING_FIND: Sql =
    Sql::both("SELECT opening, writes FROM web_openings WHERE workspace_id = $1 AND account_id = $2");

const WEB_OPENING_SAVE: Sql = Sql::both(
    "INSERT INTO web_openings (workspace_id, account_id, opening, writes) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (workspace_id, account_id) DO UPDATE SET opening = excluded.opening, writes = excluded.writes",
);

const WEB_OPENING_COUNT: Sql = Sql::both(
    "UPDATE web_openings SET writes = writes + 1 WHERE workspace_id = $1 AND account_id = $2 AND opening = $3 \
     RETURNING writes",
);

/// Those of `keys` that are there, in any order.
pub fn web_record_get(
    tx: &mut impl Read,
    of: WebAccount,
    kind: &str,
    keys: &[Vec<u8>],
) -> Result<Vec<WebRecord>, Error> {
    let mut found = Vec::new();
    for some in keys.chunks(KEYS_MAX) {
        found.extend(tx.query(&WEB_RECORD_GET, keyed(of, kind, some), decode)?);
    }
    Ok(found)
}

/// All of a kind whose key begins so, in the order of their keys.
pub fn web_record_list(tx: &mut impl Read, of: WebAccount, kind: &str, prefix: &[u8]) -> Result<Vec<WebRecord>, Error> {
    let end = end_of(prefix);
    let (mut found, mut from): (Vec<WebRecord>, Vec<u8>) = (Vec::new(), prefix.to_vec());
    loop {
        let values = params![of.workspace, of.account, kind, from, end, ROWS_MAX];
        let rows = tx.query(&WEB_RECORD_LIST, &values, decode)?;
        let is_last = i64::try_from(rows.len()).is_ok_and(|rows| rows < ROWS_MAX);
        found.extend(rows);
        match found.last() {
            // The next key there can be.
            Some(last) if !is_last => from = [last.key.as_slice(), &[0]].concat(),
            _ => return Ok(found),
        }
    }
}

/// How many records an account has.
pub fn web_record_count(tx: &mut impl Read, of: WebAccount) -> Result<i64, Error> {
    Ok(tx.query_row(&WEB_RECORD_COUNT, &params![of.workspace, of.account], |row| row.get(0))?.unwrap_or_default())
}

/// Deletes, then puts; of two puts under one key the last counts. Returns how many were deleted.
pub fn web_records_change(tx: &mut Tx<'_>, of: WebAccount, changes: &[WebChange]) -> Result<u64, Error> {
    let (mut gone, mut puts) = (BTreeMap::new(), BTreeMap::new());
    let mut deleted = 0;
    for change in changes {
        deleted += match change {
            WebChange::Put { kind, key, value, at_s } => {
                puts.insert((*kind, key), (value, at_s));
                0
            }
            WebChange::Delete { kind, key } => {
                gone.entry(*kind).or_insert_with(Vec::new).push(key.clone());
                0
            }
            WebChange::DeletePrefix { kind, prefix } => {
                let end = end_of(prefix);
                tx.execute(&WEB_RECORD_DELETE_SPAN, &params![of.workspace, of.account, kind, prefix, end])?
            }
            WebChange::DeleteBefore { kind, at_s } => {
                tx.execute(&WEB_RECORD_DELETE_BEFORE, &params![of.workspace, of.account, kind, at_s])?
            }
        };
    }
    for (kind, keys) in gone {
        for some in keys.chunks(KEYS_MAX) {
            deleted += tx.execute(&WEB_RECORD_DELETE, keyed(of, kind, some))?;
        }
    }
    for (at, ((kind, key), (value, at_s))) in puts.into_iter().enumerate() {
        if at > 0 && at % PUTS_MAX == 0 {
            tx.run_later()?;
        }
        tx.later(&WEB_RECORD_PUT, owned_params![of.workspace, of.account, kind, key, value, at_s])?;
    }
    Ok(deleted)
}

pub fn web_opening_find(tx: &mut impl Read, of: WebAccount) -> Result<Option<WebOpening>, Error> {
    let decode = |row: &Row<'_>| Ok(WebOpening { opening: row.get(0)?, writes: row.get(1)? });
    tx.query_row(&WEB_OPENING_FIND, &params![of.workspace, of.account], decode)
}

pub fn web_opening_save(tx: &mut Tx<'_>, of: WebAccount, opening: WebOpening) -> Result<(), Error> {
    let values = params![of.workspace, of.account, opening.opening, opening.writes];
    tx.execute(&WEB_OPENING_SAVE, &values).map(drop)
}

/// Counts a write of this opening and returns how many there were; `None` where it isn't the last one.
pub fn web_opening_count(tx: &mut Tx<'_>, of: WebAccount, opening: i64) -> Result<Option<i64>, Error> {
    tx.query_row(&WEB_OPENING_COUNT, &params![of.workspace, of.account, opening], |row| row.get(0))
}

/// Deletes the records of an account; whoever has them open can't write any more.
pub fn web_records_forget(tx: &mut Tx<'_>, of: WebAccount) -> Result<(), Error> {
    tx.execute(&WEB_RECORD_FORGET, &params![of.workspace, of.account])?;
    let Some(before) = web_opening_find(tx, of)? else { return Ok(()) };
    web_opening_save(tx, of, WebOpening { opening: before.opening + 1, writes: before.writes + 1 })
}

/// As [`web_records_forget`], in a write of a workspace.
pub fn web_records_forget_of(write: &mut Write<'_, '_>, account: AccountId) -> Result<(), Error> {
    let of = WebAccount { workspace: write.workspace.id, account };
    web_records_forget(write.tx, of)
}

/// Whose and which; the places that are left have the last key again.
fn keyed<'a>(of: WebAccount, kind: &'a str, keys: &'a [Vec<u8>]) -> Vec<Value<'a>> {
    let mut values = owned_params![of.workspace, of.account];
    values.push(Value::Text(kind.into()));
    let last = keys.last().into_iter().cycle();
    values.extend(keys.iter().chain(last).take(KEYS_MAX).map(|key| Value::Bytes(key.as_slice().into())));
    values
}

/// The first key behind all that begin so.
fn end_of(prefix: &[u8]) -> Vec<u8> {
    let kept = prefix.iter().rposition(|byte| *byte != u8::MAX);
    let Some(at) = kept else { return vec![u8::MAX; 64] };
    let mut end = prefix[..=at].to_vec();
    end[at] += 1;
    end
}

fn decode(row: &Row<'_>) -> Result<WebRecord, Error> {
    Ok(WebRecord { key: row.get(0)?, value: row.get(1)? })
}

super::statements! {
    WEB_RECORD_GET, WEB_RECORD_LIST, WEB_RECORD_PUT, WEB_RECORD_DELETE, WEB_RECORD_DELETE_SPAN,
    WEB_RECORD_DELETE_BEFORE, WEB_RECORD_FORGET, WEB_RECORD_COUNT, LEFT_OUT_OF_COPIES, WEB_OPENING_FIND,
    WEB_OPENING_SAVE, WEB_OPENING_COUNT,
}
