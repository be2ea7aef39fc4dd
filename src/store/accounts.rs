//! WhatsApp accounts: the numbers of a workspace.

use database::{Error, Read, Row, Sql, params};
use transport::Kind;

use crate::clock::Time;
use crate::id::{AccountId, TeammateId, WorkspaceId};
use crate::store::Write;

/// A stored account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    pub workspace: WorkspaceId,
    pub id: AccountId,
    pub transport: Kind,
    pub jid: String,
    pub phone: String,
    pub name: String,
    /// Whose number it is.
    pub owner: TeammateId,
    pub linked_at: Time,
    pub unlinked_at: Time,
    /// A word of the health vocabulary, as in `connected`.
    pub health: String,
    pub health_reason: String,
    pub health_until: Time,
}

/// The columns that [`decode_account`] reads, each behind a table's name where one is given.
macro_rules! account_columns {
    ($of:literal) => {
        concat!(
            $of,
            "workspace_id, ",
            $of,
            "account_id, ",
            $of,
            "transport, ",
            $of,
            "jid, ",
            $of,
            "phone, ",
            $of,
            "name, ",
            $of,
            "owner_id, ",
            $of,
            "linked_at_ms, ",
            $of,
            "unlinked_at_ms, ",
            $of,
            "health, ",
            $of,
            "health_reason, ",
            $of,
            "health_until_ms"
        )
    };
}
pub(super) use account_columns;

macro_rules! accounts_where {
    ($rest:literal) => {
        concat!("SELECT ", account_columns!(""), " FROM accounts ", $rest)
    };
}

const ACCOUNT_LIST: Sql = Sql::both(accounts_where!("WHERE workspace_id = $1 ORDER BY account_id"));

const ACCOUNT_FIND: Sql = Sql::both(accounts_where!("WHERE workspace_id = $1 AND account_id = $2"));

const ACCOUNT_ALL: Sql = Sql::both(accounts_where!("WHERE unlinked_at_ms = 0 ORDER BY workspace_id, account_id"));

const ACCOUNT_INSERT: Sql = Sql::both(
    "INSERT INTO accounts (workspace_id, account_id, transport, jid, phone, name, owner_id, linked_at_ms, \
     unlinked_at_ms, health, health_reason, health_until_ms) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
);

const ACCOUNT_HEALTH: Sql = Sql::both(
    "UPDATE accounts SET health = $3, health_reason = $4, health_until_ms = $5 \
     WHERE workspace_id = $1 AND account_id = $2",
);

const ACCOUNT_LINK: Sql = Sql::both(
    "UPDATE accounts SET linked_at_ms = $3, unlinked_at_ms = 0, health = $4, health_reason = '', health_until_ms = 0 \
     WHERE workspace_id = $1 AND account_id = $2",
);

const ACCOUNT_UNLINK: Sql = Sql::both(
    "UPDATE accounts SET unlinked_at_ms = $3, health = $4, health_reason = '', health_until_ms = 0 \
     WHERE workspace_id = $1 AND account_id = $2 AND unlinked_at_ms = 0",
);

const ACCOUNT_RENAME: Sql = Sql::both("UPDATE accounts SET name = $3 WHERE workspace_id = $1 AND account_id = $2");

/// Accounts between commas, for a statement that asks `$n LIKE '%,' || CAST(account_id AS TEXT) || ',%'`: neither engine's
/// lists of values are the other's.
pub(super) fn accounts_text(accounts: &[AccountId]) -> String {
    accounts.iter().fold(",".to_owned(), |text, account| format!("{text}{account},"))
}

/// All accounts of a workspace, unlinked ones included.
pub fn account_list(tx: &mut impl Read, workspace: WorkspaceId) -> Result<Vec<AccountRow>, Error> {
    tx.query(&ACCOUNT_LIST, &params![workspace], decode_account)
}

pub fn account_find(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
) -> Result<Option<AccountRow>, Error> {
    tx.query_row(&ACCOUNT_FIND, &params![workspace, account], decode_account)
}

/// The linked accounts of all workspaces, for the workers.
pub fn account_all_linked(tx: &mut impl Read) -> Result<Vec<AccountRow>, Error> {
    tx.query(&ACCOUNT_ALL, &[], decode_account)
}

pub fn account_insert(write: &mut Write<'_, '_>, account: &AccountRow) -> Result<(), Error> {
    let AccountRow { workspace, id, transport, jid, phone, name, owner, .. } = account;
    let AccountRow { linked_at, unlinked_at, health, health_reason, health_until, .. } = account;
    let transport = transport.as_str();
    let values = params![
        workspace,
        id,
        transport,
        jid,
        phone,
        name,
        owner,
        linked_at,
        unlinked_at,
        health,
        health_reason,
        health_until
    ];
    write.tx.execute(&ACCOUNT_INSERT, &values).map(drop)
}

/// Notes how an account is; `until` is when that ends by itself, or never.
pub fn account_set_health(
    write: &mut Write<'_, '_>,
    account: AccountId,
    health: &str,
    reason: &str,
    until: Time,
) -> Result<(), Error> {
    write.tx.execute(&ACCOUNT_HEALTH, &params![write.workspace.id, account, health, reason, until]).map(drop)
}

/// Notes that an account is linked again, from now on.
pub fn account_link(write: &mut Write<'_, '_>, account: AccountId, health: &str) -> Result<(), Error> {
    let values = params![write.workspace.id, account, write.now, health];
    write.tx.execute(&ACCOUNT_LINK, &values).map(drop)
}

/// Notes that an account is given up; `false` if it was before.
pub fn account_unlink(write: &mut Write<'_, '_>, account: AccountId, health: &str) -> Result<bool, Error> {
    let values = params![write.workspace.id, account, write.now, health];
    Ok(write.tx.execute(&ACCOUNT_UNLINK, &values)? > 0)
}

pub fn account_rename(write: &mut Write<'_, '_>, account: AccountId, name: &str) -> Result<(), Error> {
    write.tx.execute(&ACCOUNT_RENAME, &params![write.workspace.id, account, name]).map(drop)
}

pub(super) fn decode_account(row: &Row<'_>) -> Result<AccountRow, Error> {
    let transport: String = row.get(2)?;
    Ok(AccountRow {
        workspace: row.get(0)?,
        id: row.get(1)?,
        transport: Kind::parse(&transport)
            .ok_or_else(|| Error::Decode(format!("a transport that this version doesn't know: {transport}")))?,
        jid: row.get(3)?,
        phone: row.get(4)?,
        name: row.get(5)?,
        owner: row.get(6)?,
        linked_at: row.get(7)?,
        unlinked_at: row.get(8)?,
        health: row.get(9)?,
        health_reason: row.get(10)?,
        health_until: row.get(11)?,
    })
}

super::statements! {
    ACCOUNT_LIST, ACCOUNT_FIND, ACCOUNT_ALL, ACCOUNT_INSERT, ACCOUNT_HEALTH, ACCOUNT_LINK, ACCOUNT_UNLINK,
    ACCOUNT_RENAME,
}
