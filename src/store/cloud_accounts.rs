//! Accounts that are reached through Meta's Cloud API: their ids there, and their secrets, sealed.

use database::{Error, Read, Row, Sql, Value, owned_params, params};

use crate::id::{AccountId, WorkspaceId};
use crate::store::Write;

/// How an account is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudAccount {
    pub workspace: WorkspaceId,
    pub account: AccountId,
    /// The secret part of the address at which WhatsApp tells what happened; names the account among all workspaces.
    pub callback_id: String,
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// Meta's id of the business account that the number belongs to.
    pub business_id: String,
    /// Its far side is the sandbox of this server.
    pub in_sandbox: bool,
    /// Sealed, as the two that follow.
    pub access_token: Vec<u8>,
    pub app_secret: Vec<u8>,
    pub verify_token: Vec<u8>,
}

macro_rules! cloud_accounts_where {
    ($rest:literal) => {
        concat!(
            "SELECT workspace_id, account_id, callback_id, phone_number_id, business_id, in_sandbox, access_token, \
             app_secret, verify_token FROM cloud_accounts ",
            $rest
        )
    };
}

static CLOUD_ACCOUNT_INSERT: Sql = Sql::both(
    "INSERT INTO cloud_accounts (workspace_id, account_id, callback_id, phone_number_id, business_id, in_sandbox, \
     access_token, app_secret, verify_token) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);

const CLOUD_ACCOUNT_FIND: Sql = Sql::both(cloud_accounts_where!("WHERE workspace_id = $1 AND account_id = $2"));

const CLOUD_ACCOUNT_LIST: Sql = Sql::both(cloud_accounts_where!("WHERE workspace_id = $1 ORDER BY account_id"));

const CLOUD_ACCOUNT_BY_CALLBACK: Sql = Sql::both(cloud_accounts_where!("WHERE callback_id = $1"));

const CLOUD_ACCOUNT_TOKEN: Sql =
    Sql::both("UPDATE cloud_accounts SET access_token = $3 WHERE workspace_id = $1 AND account_id = $2");

const CLOUD_ACCOUNT_SECRETS: Sql = Sql::both(
    "UPDATE cloud_accounts SET access_token = $3, app_secret = $4 WHERE workspace_id = $1 AND account_id = $2",
);

/// Stores how an account is reached.
pub fn cloud_account_insert(write: &mut Write<'_, '_>, row: &CloudAccount) -> Result<(), crate::error::Error> {
    let CloudAccount { workspace, account, callback_id, phone_number_id, business_id, in_sandbox, .. } = row;
    let mut values = owned_params![workspace, account, callback_id, phone_number_id, business_id, in_sandbox];
    let sealed = [&row.access_token, &row.app_secret, &row.verify_token];
    values.extend(sealed.map(|sealed| Value::Bytes(sealed.clone().into())));
    write.later(&CLOUD_ACCOUNT_INSERT, values)
}

pub fn cloud_account_find(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    account: AccountId,
) -> Result<Option<CloudAccount>, Error> {
    tx.query_row(&CLOUD_ACCOUNT_FIND, &params![workspace, account], decode)
}

/// All of a workspace, unlinked ones included.
pub fn cloud_account_list(tx: &mut impl Read, workspace: WorkspaceId) -> Result<Vec<CloudAccount>, Error> {
    tx.query(&CLOUD_ACCOUNT_LIST, &params![workspace], decode)
}

/// The account that is told at this address, in whichever workspace: WhatsApp names no other.
pub fn cloud_account_by_callback(tx: &mut impl Read, callback_id: &str) -> Result<Option<CloudAccount>, Error> {
    tx.query_row(&CLOUD_ACCOUNT_BY_CALLBACK, &params![callback_id], decode)
}

/// Gives an account another token, sealed; `false` if it is none of these.
pub fn cloud_account_set_token(
    write: &mut Write<'_, '_>,
    account: AccountId,
    access_token: &[u8],
) -> Result<bool, Error> {
    Ok(write.tx.execute(&CLOUD_ACCOUNT_TOKEN, &params![write.workspace.id, account, access_token])? > 0)
}

/// Gives an account other secrets, sealed.
pub fn cloud_account_set_secrets(
    write: &mut Write<'_, '_>,
    account: AccountId,
    access_token: &[u8],
    app_secret: &[u8],
) -> Result<(), Error> {
    let values = params![write.workspace.id, account, access_token, app_secret];
    write.tx.execute(&CLOUD_ACCOUNT_SECRETS, &values).map(drop)
}

fn decode(row: &Row<'_>) -> Result<CloudAccount, Error> {
    Ok(CloudAccount {
        workspace: row.get(0)?,
        account: row.get(1)?,
        callback_id: row.get(2)?,
        phone_number_id: row.get(3)?,
        business_id: row.get(4)?,
        in_sandbox: row.get(5)?,
        access_token: row.get(6)?,
        app_secret: row.get(7)?,
        verify_token: row.get(8)?,
    })
}

super::statements! {
    CLOUD_ACCOUNT_INSERT, CLOUD_ACCOUNT_FIND, CLOUD_ACCOUNT_LIST, CLOUD_ACCOUNT_BY_CALLBACK, CLOUD_ACCOUNT_TOKEN,
    CLOUD_ACCOUNT_SECRETS,
}
