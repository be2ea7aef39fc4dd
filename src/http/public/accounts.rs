//! The workspace's WhatsApp accounts.

use axum::response::Response;
use database::Read;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::words::{Told, told};
use crate::clock::Time;
use crate::error::Error;
use crate::http::call::Call;
use crate::http::public::refusals::Refusals;
use crate::http::public::view::{Ok as OkBody, zone_of};
use crate::store::account_cares::{CareRow, care_list, waiting_count};
use crate::store::accounts::{AccountRow, account_list};
use crate::store::teammates::{TeammateRow, teammate_list};
use crate::workspace::tokens::Caller;
use crate::workspace::zone::api_time;

#[derive(Serialize, ToSchema)]
pub struct Accounts {
    pub whatsapp_accounts: Vec<Account>,
}

/// A WhatsApp number of the workspace.
#[derive(Clone, Serialize, ToSchema)]
pub struct Account {
    /// Its JID, `<digits>@s.whatsapp.net`.
    pub id: String,
    pub phone: String,
    pub connected_on: String,
    /// A word of its health; `health` says more.
    pub status: String,
    /// The teammate whose account it is.
    pub owner_name: String,
    pub owner_email: String,
    pub account_name: String,
    pub health: AccountHealth,
}

/// How an account is, and what to do about it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccountHealth {
    /// connected, connecting, reconnecting, linking, held, limited (to people who wrote first), logged_out, token_invalid,
    /// down or unlinked. In all but connected and limited what is sent is accepted and waits.
    pub state: String,
    /// What that means, for people.
    pub meaning: String,
    /// What WhatsApp or the line said; may be empty.
    pub reason: String,
    pub since: Option<String>,
    /// When it ends by itself; null where nobody knows.
    pub until: Option<String>,
    /// When something follows at the latest: its end, another state, or that somebody is told once more. Null where it may
    /// last.
    pub deadline: Option<String>,
    /// none, wait, finish_linking, link_again, new_token, try_again or slow_down.
    pub next_action: String,
    /// What WhatsApp thinks of the number: high, medium or low; null where it said nothing.
    pub quality: Option<String>,
    /// Messages that may go today to people who never wrote, mass messages included; what comes above waits for another
    /// day. Null: any number.
    pub cold_per_day: Option<i64>,
    /// How many of those went today.
    pub cold_sent_today: i64,
    /// How many people WhatsApp lets the number write to first in a day: Meta's messaging limit, which `cold_per_day` never
    /// exceeds. Null: any number, or WhatsApp said nothing of it.
    pub reach_per_day: Option<i64>,
    /// How many messages WhatsApp lets it send in a second; null where there is no such limit.
    pub sends_per_second: Option<i64>,
    /// Messages that wait to go.
    pub waiting: i64,
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
    /// A word of its health; `health` says more.
    pub status: String,
    pub owner_name: String,
    pub owner_email: String,
    pub account_name: String,
    pub health: AccountHealth,
    /// Whether it is linked; an account that was unlinked keeps its chats and shows nothing new.
    pub is_visible: bool,
}

/// List WhatsApp accounts
///
/// The whole list, sandbox accounts included, each with its health.
#[utoipa::path(
    get, path = "/whatsapp_accounts", tag = "WhatsApp accounts", operation_id = "list_whatsapp_accounts",
    responses(
        (status = 200, description = "The accounts", body = OkBody<Accounts>), Refusals,
    ),
)]
pub async fn list_accounts(mut call: Call) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(())));
    let now = call.app().clock.now();
    call.read(request, move |tx, caller, ()| {
        let shown = accounts_shown(tx, caller, now)?.into_iter();
        Ok(Accounts { whatsapp_accounts: shown.map(|(_, account)| account).collect() })
    })
    .await
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
    let now = call.app().clock.now();
    call.read(request, move |tx, caller, ()| {
        let shown = accounts_shown(tx, caller, now)?.into_iter();
        let shape = |(row, account): (AccountRow, Account)| AccountV2::of(account, row.unlinked_at.is_never());
        Ok(AccountsV2 { whatsapp_accounts: shown.map(shape).collect() })
    })
    .await
}

/// The accounts that the caller reaches, each as it is stored and as it is shown.
///
/// # Errors
/// Faults of the database only.
pub fn accounts_shown(tx: &mut impl Read, caller: &Caller, now: Time) -> Result<Vec<(AccountRow, Account)>, Error> {
    let workspace = caller.workspace;
    let zone = zone_of(tx, workspace)?;
    let (rows, owners) = (account_list(tx, workspace)?, teammate_list(tx, workspace)?);
    let (cares, waiting) = (care_list(tx, workspace)?, waiting_count(tx, workspace)?);
    let reached = rows.into_iter().filter(|row| caller.limits.allow_account(&row.phone));
    let shown = reached.map(|row| {
        let care = cares.iter().find(|(id, _)| *id == row.id).map(|(_, care)| care.clone()).unwrap_or_default();
        let waiting = waiting.iter().find(|(id, _)| *id == row.id).map_or(0, |(_, count)| *count);
        let health = AccountHealth::of(&told(&row, &care, now, &zone), &care, waiting, &zone);
        let account = Account::of(&row, &owners, health, &zone);
        (row, account)
    });
    Ok(shown.collect())
}

impl AccountHealth {
    fn of(told: &Told, care: &CareRow, waiting: i64, zone: &TimeZone) -> AccountHealth {
        let time = |at: Option<Time>| at.map(|at| api_time(at, zone));
        AccountHealth {
            state: told.health.as_str().to_owned(),
            meaning: told.meaning.to_owned(),
            reason: told.reason.clone(),
            since: time(told.since),
            until: time(told.until),
            deadline: time(told.deadline),
            next_action: told.next.as_str().to_owned(),
            quality: (!care.quality.is_empty()).then(|| care.quality.clone()),
            cold_per_day: told.cold.map(|cold| cold.cap.on_day(cold.day.number)),
            cold_sent_today: told.cold.map_or(0, |cold| cold.sent),
            reach_per_day: care.reach.filter(|people| *people > 0),
            sends_per_second: care.per_second.or(told.sends_per_second),
            waiting,
        }
    }
}

impl AccountV2 {
    fn of(account: Account, is_visible: bool) -> AccountV2 {
        let Account { id, phone, connected_on, status, owner_name, owner_email, account_name, health } = account;
        AccountV2 { id, phone, connected_on, status, owner_name, owner_email, account_name, health, is_visible }
    }
}

impl Account {
    /// An account with its owner, who is among `teammates` unless gone.
    fn of(row: &AccountRow, teammates: &[TeammateRow], health: AccountHealth, zone: &TimeZone) -> Account {
        let owner = teammates.iter().find(|teammate| teammate.id == row.owner);
        Account {
            id: row.jid.clone(),
            phone: row.phone.clone(),
            connected_on: api_time(row.linked_at, zone),
            status: health.state.clone(),
            owner_name: owner.map(|owner| owner.display_name.clone()).unwrap_or_default(),
            owner_email: owner.map(|owner| owner.email.clone()).unwrap_or_default(),
            account_name: row.name.clone(),
            health,
        }
    }
}
