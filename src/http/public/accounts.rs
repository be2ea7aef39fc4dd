//! The workspace's WhatsApp accounts.

use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::call::Call;
use crate::http::public::refusals::Refusals;
use crate::http::public::view::{Ok as OkBody, zone_of};
use crate::store::accounts::{AccountRow, account_list};
use crate::store::teammates::{TeammateRow, teammate_list};
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
    pub owner_name: String,
    pub owner_email: String,
    pub account_name: String,
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
    call.read(request, |tx, caller, ()| {
        let zone = zone_of(tx, caller.workspace)?;
        let (rows, owners) = (account_list(tx, caller.workspace)?, teammate_list(tx, caller.workspace)?);
        Ok(Accounts { whatsapp_accounts: rows.iter().map(|row| Account::of(row, &owners, &zone)).collect() })
    })
    .await
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
