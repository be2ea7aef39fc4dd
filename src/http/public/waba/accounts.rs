//! Official accounts: list them, read one.

use axum::extract::Path;
use axum::response::Response;
use database::Read;
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::adding::{AddedCloud, Known, ReadyCloud, add_ready, ready_cloud, ready_sandbox_cloud};
use crate::accounts::cloud::NewCloud;
use crate::app::App;
use crate::error::Error;
use crate::http::call::{Call, Done, RawBody};
use crate::http::fields::{Fields, quoted};
use crate::http::public::refusals::Refusals;
use crate::http::public::view::{Ok as OkBody, zone_of};
use crate::http::public::waba::WabaRefusals;
use crate::id::AccountId;
use crate::inbox::waba::{WabaAccount, reached_waba_account, waba_accounts, waba_state};
use crate::store::Write;
use crate::store::teammates::{TeammateRow, teammate_list};
use crate::store::waba_profiles::{WabaProfile, waba_profile_find};
use crate::workspace::teammates::manager_of;
use crate::workspace::tokens::Caller;
use crate::workspace::zone::api_time;

/// A number of Meta's Cloud API.
#[derive(Serialize, ToSchema)]
pub struct OfficialAccount {
    /// The number by which these operations name it.
    pub id: i64,
    /// active, disabled (it needs somebody, or WhatsApp holds it) or removed.
    pub status: String,
    pub owner_name: String,
    pub owner_email: String,
    pub connected_on: String,
    /// Meta's id of the number.
    pub meta_phone_id: String,
    /// Meta's id of the business account.
    pub meta_waba_id: String,
    pub display_phone_number: String,
}

#[derive(Serialize, ToSchema)]
pub struct OfficialAccounts {
    pub waba_accounts: Vec<OfficialAccount>,
}

/// A number of Meta's Cloud API, with its business account.
#[derive(Serialize, ToSchema)]
pub struct OfficialAccountInFull {
    pub id: i64,
    /// active, disabled (it needs somebody, or WhatsApp holds it) or removed.
    pub status: String,
    pub owner_name: String,
    pub owner_email: String,
    pub connected_on: String,
    /// Meta's id of the number.
    pub meta_phone_id: String,
    /// Meta's id of the business account.
    pub meta_waba_id: String,
    pub display_phone_number: String,
    pub waba_profile: OfficialProfile,
    /// What to know of it just now, for people; empty where there is nothing.
    #[serde(rename = "_note")]
    pub note: String,
}

/// A business account at Meta.
#[derive(Serialize, ToSchema)]
pub struct OfficialProfile {
    pub meta_waba_id: String,
    /// As Meta knows it; empty until Meta was asked.
    pub name: String,
    /// The official accounts of this workspace that belong to it.
    pub account_ids: Vec<i64>,
}

/// A number of Meta's Cloud API to add. The ids stand in the app's settings under WhatsApp, API Setup.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct NewOfficialAccount {
    /// What it is called; left out, as Meta knows the number.
    #[schema(nullable = false)]
    name: Option<String>,
    /// Meta's id of the number.
    #[schema(nullable = false)]
    phone_number_id: Option<String>,
    /// Meta's id of the business account.
    #[schema(nullable = false)]
    business_id: Option<String>,
    /// The app's access token. It is checked with Meta, sealed, and never shown again.
    #[schema(nullable = false)]
    access_token: Option<String>,
    /// What Meta signs its callbacks with.
    #[schema(nullable = false)]
    app_secret: Option<String>,
    /// true: the far side is a sandbox account of this workspace instead of Meta, and ids and secrets are left out.
    #[schema(nullable = false)]
    sandbox: Option<bool>,
}

/// An official account that was added, and what Meta's app has to be told of it.
#[derive(Serialize, ToSchema)]
pub struct AddedOfficialAccount {
    pub id: i64,
    pub display_phone_number: String,
    pub account_name: String,
    /// For "Callback URL" in the app's settings under WhatsApp, Configuration.
    pub callback_url: String,
    /// For "Verify token" there. Told once: an answer repeated under its `Idempotency-Key` leaves it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub verify_token: Option<String>,
}

/// Add an official account
///
/// Partyline's own. The token is checked with Meta first, and nothing is stored unless it is good. A number that is here
/// already gets the new secrets and comes back, under the same callback address; so does one that was removed. For owners and
/// admins.
#[utoipa::path(
    post, path = "/waba/accounts", tag = "Official accounts", operation_id = "add_waba_account",
    request_body = NewOfficialAccount,
    responses(
        (status = 200, description = "The account", body = OkBody<AddedOfficialAccount>), Refusals, WabaRefusals,
    ),
)]
pub async fn add_waba_account(mut call: Call, body: RawBody) -> Response {
    let request = call.may_manage().and_then(|()| call.body(body, read_new));
    let (app, caller) = (call.app().clone(), call.caller().clone());
    let request = request.map(|new| (caller, new));
    let bell = app.clerk_bell.clone();
    let check = |(caller, new)| async move { check(&app, caller, new).await };
    let work = move |write: &mut Write<'_, '_>, caller: &Caller, ready: &ReadyCloud| {
        manager_of(write.tx, caller)?;
        let added = add_ready(write, ready, Known::Renewed)?;
        write.tx.wake(&bell);
        Ok(Done::with(AddedOfficialAccount::from(added)))
    };
    call.with_a_secret().write_after(request, check, work).await
}

/// What is to be added.
enum New {
    Meta(NewCloud),
    Sandbox { name: String },
}

async fn check(app: &App, caller: Caller, new: New) -> Result<ReadyCloud, Error> {
    let workspace = caller.workspace;
    // Before Meta is asked: nobody's token is worth a request to whoever may not add accounts.
    app.read(move |tx| manager_of(tx, &caller).map(drop)).await?;
    match new {
        New::Meta(new) => ready_cloud(app, workspace, new).await,
        New::Sandbox { name } => ready_sandbox_cloud(app, workspace, None, &name).await,
    }
}

fn read_new(fields: &mut Fields) -> Option<New> {
    let text = |fields: &mut Fields, name: &'static str| {
        fields.parsed(name, |given| match given.contains('\0') {
            true => Err(Error::invalid(name, format!("{name} holds a NUL character (U+0000); remove it"))),
            false => Ok(given.to_owned()),
        })
    };
    let name = text(fields, "name").unwrap_or_default();
    let given =
        ["phone_number_id", "business_id", "access_token", "app_secret"].map(|field| (field, text(fields, field)));
    if fields.boolean("sandbox").unwrap_or(false) {
        return Some(New::Sandbox { name });
    }
    for (field, _) in given.iter().filter(|(_, value)| value.is_none()) {
        if !fields.has_fault(field) {
            fields.fault(field, format!("{field} is missing; copy it from the app's settings, or use sandbox"));
        }
    }
    let [phone_number_id, business_id, access_token, app_secret] = given.map(|(_, value)| value);
    Some(New::Meta(NewCloud {
        name,
        phone_number_id: phone_number_id?,
        business_id: business_id?,
        access_token: access_token?,
        app_secret: app_secret?,
    }))
}

impl From<AddedCloud> for AddedOfficialAccount {
    fn from(added: AddedCloud) -> AddedOfficialAccount {
        let AddedCloud { account, phone, name, callback_url, verify_token } = added;
        AddedOfficialAccount {
            id: account.0,
            display_phone_number: phone,
            account_name: name,
            callback_url,
            verify_token: Some(verify_token),
        }
    }
}

/// List official accounts
///
/// The whole list, removed ones included.
#[utoipa::path(
    get, path = "/waba/accounts", tag = "Official accounts", operation_id = "list_waba_accounts",
    responses(
        (status = 200, description = "The accounts", body = OkBody<OfficialAccounts>), Refusals,
    ),
)]
pub async fn list_waba_accounts(mut call: Call) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(())));
    call.read(request, |tx, caller, ()| {
        let all = waba_accounts(tx, caller)?;
        let shower = Shower::read(tx, caller)?;
        Ok(OfficialAccounts { waba_accounts: all.iter().map(|account| shower.account(account)).collect() })
    })
    .await
}

/// Read an official account
#[utoipa::path(
    get, path = "/waba/accounts/{account_id}", tag = "Official accounts", operation_id = "get_waba_account",
    params(("account_id" = i64, Path, description = "The account's number")),
    responses(
        (status = 200, description = "The account", body = OkBody<OfficialAccountInFull>), Refusals,
    ),
)]
pub async fn get_waba_account(mut call: Call, Path(id): Path<String>) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_account_id(&id));
    call.read(request, |tx, caller, id| {
        let account = reached_waba_account(tx, caller, *id)?;
        let of_it = |other: &WabaAccount| other.cloud.business_id == account.cloud.business_id;
        let siblings = waba_accounts(tx, caller)?.into_iter().filter(of_it).map(|other| other.id().0).collect();
        let profile = waba_profile_find(tx, caller.workspace, &account.cloud.business_id)?;
        Ok(Shower::read(tx, caller)?.in_full(&account, profile, siblings))
    })
    .await
}

/// What the accounts of an answer share.
struct Shower {
    zone: jiff::tz::TimeZone,
    teammates: Vec<TeammateRow>,
}

impl Shower {
    fn read(tx: &mut impl Read, caller: &Caller) -> Result<Shower, Error> {
        Ok(Shower { zone: zone_of(tx, caller.workspace)?, teammates: teammate_list(tx, caller.workspace)? })
    }

    fn account(&self, account: &WabaAccount) -> OfficialAccount {
        let WabaAccount { row, cloud } = account;
        let owner = self.teammates.iter().find(|teammate| teammate.id == row.owner);
        OfficialAccount {
            id: row.id.0,
            status: waba_state(row).to_owned(),
            owner_name: owner.map(|owner| owner.display_name.clone()).unwrap_or_default(),
            owner_email: owner.map(|owner| owner.email.clone()).unwrap_or_default(),
            connected_on: api_time(row.linked_at, &self.zone),
            meta_phone_id: cloud.phone_number_id.clone(),
            meta_waba_id: cloud.business_id.clone(),
            display_phone_number: row.phone.clone(),
        }
    }

    fn in_full(
        &self,
        account: &WabaAccount,
        profile: Option<WabaProfile>,
        account_ids: Vec<i64>,
    ) -> OfficialAccountInFull {
        let OfficialAccount { id, status, owner_name, owner_email, connected_on, .. } = self.account(account);
        let (name, problem) = profile.map(|profile| (profile.name, profile.problem)).unwrap_or_default();
        let health = account.row.health_reason.clone();
        let note = [health, problem].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
        let meta_waba_id = account.cloud.business_id.clone();
        OfficialAccountInFull {
            id,
            status,
            owner_name,
            owner_email,
            connected_on,
            meta_phone_id: account.cloud.phone_number_id.clone(),
            meta_waba_id: meta_waba_id.clone(),
            display_phone_number: account.row.phone.clone(),
            waba_profile: OfficialProfile { meta_waba_id, name, account_ids },
            note,
        }
    }
}

/// An account's number as it stands in a path.
///
/// # Errors
/// `validation_error` for what is no number.
pub(super) fn parse_account_id(text: &str) -> Result<AccountId, Error> {
    let rule = || Error::invalid("account_id", format!("account_id must be a whole number, not {}", quoted(text)));
    text.parse().map(AccountId).map_err(|_| rule())
}
