//! The workspace's WhatsApp accounts.

use axum::response::Response;
use database::Read;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::http::call::Call;
use crate::http::public::refusals::Refusals;
use crate::http::public::view::{Ok as OkBody, zone_of};
use crate::store::accounts::{AccountRow, account_list};
use crate::store::teammates::{TeammateRow, teammate_list};
use crate::workspace::tokens::Caller;
use crate::workspace::zone::api_time;

#[derive(Serialize, ToSchema)]
pub struct Accounts {
    pub whatsapp_accounts: Vec<Account>,
}

/// A WhatsApp number of the workspace.
#[derive(Serialize, ToSchema)]
pub struct Account {
    /// Its JID, `<digits>@s.whatsapp.net`.
    pub id: String,
    pub phone: String,
    pub connected_on: String,
    /// connected, disconnected, held or another word of its health.
    pub status: String,
    /// The teammate whose account it is.
    pub owner_name: String,
    pub owner_email: String,
    pub account_name: String,
}

#[derive(Serialize, ToSchema)]
pub struct AccountsV2 {
    pub whatsapp_accounts: Vec<AccountV2>,
}

/// A WhatsApp number of the workspace.
#[derive(Serialize, ToSchema)]
pub struct AccountV2 {
    /// Its JID, `<digits>@s.whatsapp.net`.
    pub id: String,
    pub phone: String,
    pub connected_on: String,
    /// connected, disconnected, held or another word of its health.
    pub status: String,
    pub owner_name: String,
    pub owner_email: String,
    pub account_name: String,
    /// Whether it is linked; an account that was unlinked keeps its chats and shows nothing new.
    pub is_visible: bool,
}

/// List WhatsApp accounts
///
/// The whole list, sandbox accounts included.
#[utoipa::path(
    get, path = "/whatsapp_accounts", tag = "WhatsApp accounts", operation_id = "list_whatsapp_accounts",
    responses(
        (status = 200, description = "The accounts", body = OkBody<Accounts>), Refusals,
    ),
)]
pub async fn list_accounts(mut call: Call) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(())));
    call.read(request, |tx, caller, ()| Ok(Accounts { whatsapp_accounts: listed(tx, caller, Account::of)? })).await
}

/// List WhatsApp accounts, second version
///
/// As `GET /whatsapp_accounts`, and whether each is visible.
#[utoipa::path(
    get, path = "/v2/whatsapp_accounts", tag = "WhatsApp accounts", operation_id = "list_whatsapp_accounts_v2",
    responses(
        (status = 200, description = "The accounts", body = OkBody<AccountsV2>), Refusals,
    ),
)]
pub async fn list_accounts_v2(mut call: Call) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(())));
    call.read(request, |tx, caller, ()| Ok(AccountsV2 { whatsapp_accounts: listed(tx, caller, AccountV2::of)? })).await
}

/// The accounts that the caller reaches, each as `shape` writes it.
fn listed<T>(
    tx: &mut impl Read,
    caller: &Caller,
    shape: fn(&AccountRow, &[TeammateRow], &TimeZone) -> T,
) -> Result<Vec<T>, Error> {
    let zone = zone_of(tx, caller.workspace)?;
    let (rows, owners) = (account_list(tx, caller.workspace)?, teammate_list(tx, caller.workspace)?);
    let reached = rows.iter().filter(|row| caller.limits.allow_account(&row.phone));
    Ok(reached.map(|row| shape(row, &owners, &zone)).collect())
}

impl AccountV2 {
    fn of(row: &AccountRow, teammates: &[TeammateRow], zone: &TimeZone) -> AccountV2 {
        let Account { id, phone, connected_on, status, owner_name, owner_email, account_name } =
            Account::of(row, teammates, zone);
        let is_visible = row.unlinked_at.is_never();
        AccountV2 { id, phone, connected_on, status, owner_name, owner_email, account_name, is_visible }
    }
}

impl Account {
    /// An account with its owner, who is among `teammates` unless gone.
    pub fn of(row: &AccountRow, teammates: &[TeammateRow], zone: &TimeZone) -> Account {
        let owner = teammates.iter().find(|teammate| teammate.id == row.owner);
        Account {
            id: row.jid.clone(),
            phone: row.phone.clone(),
            connected_on: api_time(row.linked_at, zone),
            status: row.health.clone(),
            owner_name: owner.map(|owner| owner.display_name.clone()).unwrap_or_default(),
            owner_email: owner.map(|owner| owner.email.clone()).unwrap_or_default(),
            account_name: row.name.clone(),
        }
    }
}
