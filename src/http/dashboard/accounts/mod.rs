//! WhatsApp accounts: how each number is doing, what to do when it is not well, and linking a new one.

mod actions;
mod card;
mod cloud;
mod linking;
mod phone;
mod qr;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::routing::{get, post};
use database::Read;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;

use self::card::{Entry, card};
use super::doors::Desk;
use super::form::{Faults, Line};
use super::frame::{ACCOUNTS_PATH, Done, Here, Page, head};
use super::live::watch::Watched;
use super::page::icon;
use super::session::{Shown, Signed};
use super::words::ACCOUNTS;
use crate::accounts::adding::AddedCloud;
use crate::accounts::linking::{Stage, Way};
use crate::accounts::words::told;
use crate::clock::Time;
use crate::error::{Error, FieldFault};
use crate::http::dashboard::words::accounts as w;
use crate::http::error::status_of;
use crate::id::{AccountId, WorkspaceId};
use crate::store::account_cares::{care_list, waiting_count};
use crate::store::account_linkings::{LinkingRow, linking_list};
use crate::store::accounts::account_list;
use crate::workspace::permissions::Right;
use crate::workspace::zone::stored_zone;

pub fn routes() -> Router<Desk> {
    Router::new()
        .route("/accounts", get(show))
        .route("/accounts/link", post(linking::begin))
        .route("/accounts/phone", post(phone::begin))
        .route("/accounts/cloud", post(cloud::add))
        .route("/accounts/{id}/token", post(cloud::renew))
        .route("/accounts/{id}/link", post(linking::begin_again))
        .route("/accounts/linking/{id}", get(linking::show))
        .route("/accounts/linking/{id}/passkey", post(linking::answer))
        .route("/accounts/linking/{id}/confirm", post(linking::confirm))
        .route("/accounts/linking/{id}/cancel", post(linking::cancel))
        .route("/accounts/linking/{id}/play", post(linking::play))
        .route("/accounts/{id}/rename", post(actions::rename))
        .route("/accounts/{id}/manner", post(actions::set_manner))
        .route("/accounts/{id}/again", post(actions::try_again))
        .route("/accounts/{id}/unlink", post(actions::unlink))
        .route("/accounts/{id}/play", post(actions::play))
}

/// The form of a new account, as it was filled in.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Given {
    name: String,
    /// qr, code, cloud, or at_once for a sandbox account that needs no rehearsal.
    way: String,
}

/// What the page shows beside the accounts.
#[derive(Default)]
struct Beside<'b> {
    given: Given,
    faults: &'b [FieldFault],
    /// A number of the Cloud API that was just added.
    added: Option<AddedCloud>,
    phone: phone::Given,
    phone_faults: &'b [FieldFault],
    cloud: cloud::Given,
    cloud_refused: Option<&'b Error>,
    /// Which account a new token was refused for, and why.
    renewing: Option<(AccountId, &'b Error)>,
}

async fn show(State(desk): State<Desk>, signed: Signed, done: Done, RawQuery(_): RawQuery) -> Shown {
    signed.ensure(Right::ReadAccounts)?;
    shown(&desk, &signed, Page::new(Here::Accounts, ACCOUNTS).with(&done), &Beside::default()).await
}

async fn shown(desk: &Desk, signed: &Signed, page: Page<'_>, beside: &Beside<'_>) -> Shown {
    let (workspace, now, zone) =
        (signed.who.workspace.id, desk.app.clock.now(), stored_zone(&signed.who.workspace.zone));
    let asked = zone.clone();
    let (entries, linkings, mark) = desk.app.read(move |tx| seen(tx, workspace, now, &asked)).await?;
    let may_manage = signed.may(Right::ManageAccounts);
    let faults = Faults(beside.faults);
    let refused =
        |entry: &Entry| beside.renewing.filter(|(account, _)| *account == entry.row.id).map(|(_, error)| error);
    let purpose = w::HOW_EACH_NUMBER_IS;
    let action = html! {
        @if may_manage { a.btn data-kind="primary" href="#add" { (icon("plus")) (w::ADD_AN_ACCOUNT) } }
    };
    let content = html! {
        (head(ACCOUNTS, purpose, &action))
        @if let Some(added) = &beside.added { (cloud::added_card(added)) }
        @for linking in &linkings { (going_on(linking)) }
        @if entries.is_empty() {
            section.card { div.empty { (icon("phone")) strong { (w::NO_NUMBER_IS_HERE) } p { (w::ADD_ONE_BELOW_MESSAGES) } } }
        }
        div.cols data-cols="even" data-stream=(Watched::Accounts.address(&mark)) {
            @for entry in &entries { (card(entry, may_manage, refused(entry), now, &zone)) }
        }
        @if may_manage {
            div.cols #add data-cols="even" {
                (phone::card(&beside.phone, Faults(beside.phone_faults)))
                (cloud::add_card(&beside.cloud, beside.cloud_refused))
                (add_card(&beside.given, faults))
            }
        }
    };
    let refused = beside.cloud_refused.or(beside.renewing.map(|(_, error)| error));
    let faulty = if beside.phone_faults.is_empty() { faults } else { Faults(beside.phone_faults) };
    let status = refused.map_or(faulty.status(), status_of);
    Ok(Page { status, is_live: true, ..page }.show(signed, &content))
}

type Seen = (Vec<Entry>, Vec<LinkingRow>, String);

/// The accounts with all that is told of them, those that need somebody first; and the linkings of numbers that are no
/// account yet; and from where the stream goes on.
fn seen(tx: &mut impl Read, workspace: WorkspaceId, now: Time, zone: &TimeZone) -> Result<Seen, Error> {
    let mark = Watched::Accounts.mark(tx, workspace)?;
    let (cares, waiting) = (care_list(tx, workspace)?, waiting_count(tx, workspace)?);
    let (accounts, mut linkings) = (account_list(tx, workspace)?, linking_list(tx, workspace)?);
    linkings.retain(|row| !Stage::of(row).is_over());
    let mut entries: Vec<Entry> = accounts
        .into_iter()
        .map(|row| {
            let care = cares.iter().find(|(id, _)| *id == row.id).map(|(_, care)| care.clone()).unwrap_or_default();
            let waiting = waiting.iter().find(|(id, _)| *id == row.id).map_or(0, |(_, count)| *count);
            let is_linking = linkings.iter().any(|linking| linking.account == row.id);
            let told = told(&row, &care, now, zone);
            Entry { row, care, told, waiting, is_linking }
        })
        .collect();
    entries
        .sort_by_key(|entry| (!entry.row.unlinked_at.is_never(), std::cmp::Reverse(entry.told.weight), entry.row.id));
    linkings.retain(|linking| entries.iter().all(|entry| entry.row.id != linking.account));
    Ok((entries, linkings, mark))
}

fn going_on(linking: &LinkingRow) -> Markup {
    html! {
        div.banner data-tone="info" {
            (icon("clock"))
            p { strong { bdi { (linking.name) } (w::IS_BEING_LINKED) } (w::IT_ENDS_BY_ITSELF) }
            a.btn.btn-small href={ (ACCOUNTS_PATH) "/linking/" (linking.account) } { (w::GO_ON) }
        }
    }
}

fn add_card(given: &Given, faults: Faults<'_>) -> Markup {
    let name = Line {
        name: "name",
        label: w::NAME,
        kind: "text",
        value: &given.name,
        autocomplete: "off",
        purpose: w::AS_YOUR_TEAM_CALLS,
        is_focused: faults.of("name").is_some(),
    };
    let ways = [
        (Way::Qr.as_str(), w::BY_QR_CODE, w::THE_PHONE_SCANS_WHAT),
        (Way::Code.as_str(), w::BY_A_CODE, w::EIGHT_LETTERS_ARE_TYPED),
        (AT_ONCE, w::AT_ONCE, w::A_SANDBOX_NUMBER_THAT),
        (CLOUD, w::AS_A_NUMBER_OF, w::THE_SAME_REQUESTS_AND),
    ];
    let chosen = if given.way.is_empty() { Way::Qr.as_str() } else { &given.way };
    html! {
        section.card #add-sandbox aria-labelledby="add-title" {
            header { h2 #add-title { (w::ADD_A_SANDBOX_ACCOUNT) } span.meta.push { (w::SANDBOX) } }
            form.card-body.stack method="post" action={ (ACCOUNTS_PATH) "/link" } {
                p.small.muted {
                    (w::A_NUMBER_OF_THE)
                }
                (name.show(faults))
                fieldset.stack.tight {
                    legend.small { strong { (w::HOW_IT_IS_LINKED) } }
                    @for (value, label, about) in ways {
                        label.choice {
                            input type="radio" name="way" value=(value) checked[value == chosen];
                            span { (label) " " span.muted { (about) } }
                        }
                    }
                }
                div.line-up { button.btn.push data-kind="primary" { (icon("plus")) (w::ADD) } }
            }
        }
    }
}

const AT_ONCE: &str = "at_once";
const CLOUD: &str = "cloud";
