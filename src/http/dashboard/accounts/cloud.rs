//! Numbers of Meta's Cloud API on the page: adding one, the one time that is shown what Meta's app has to be told, and giving
//! one another token.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use serde::Deserialize;

use super::Beside;
use crate::accounts::adding::{AddedCloud, add_cloud, add_sandbox_cloud};
use crate::accounts::cloud::{NewCloud, renew_cloud_token};
use crate::error::Error;
use crate::event_kind::Cause;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::form::{Faults, Line, Sent, about};
use crate::http::dashboard::frame::{ACCOUNTS_PATH, Here, Page, done};
use crate::http::dashboard::page::icon;
use crate::http::dashboard::path::Path;
use crate::http::dashboard::secret::secret_field;
use crate::http::dashboard::session::{Refusal, Shown, Signed};
use crate::http::dashboard::words::ACCOUNTS;
use crate::http::dashboard::words::accounts as w;
use crate::http::openapi::BASE_PATH;
use crate::id::AccountId;
use crate::workspace::permissions::Right;

/// The form of a number of the Cloud API, as it was filled in.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Given {
    name: String,
    phone_number_id: String,
    business_id: String,
    access_token: String,
    app_secret: String,
}

pub async fn add(State(desk): State<Desk>, signed: Signed, Sent(given): Sent<Given>) -> Shown {
    signed.ensure(Right::ManageAccounts)?;
    let new = NewCloud {
        name: given.name.clone(),
        phone_number_id: given.phone_number_id.clone(),
        business_id: given.business_id.clone(),
        access_token: given.access_token.clone(),
        app_secret: given.app_secret.clone(),
    };
    let page = Page::new(Here::Accounts, ACCOUNTS);
    match add_cloud(&desk.app, signed.who.workspace.id, cause(&signed), new).await {
        Ok(added) => super::shown(&desk, &signed, page, &Beside { added: Some(added), ..Beside::default() }).await,
        Err(error) if error.is_refusal() => {
            let beside = Beside { cloud: given, cloud_refused: Some(&error), ..Beside::default() };
            super::shown(&desk, &signed, page, &beside).await
        }
        Err(error) => Err(error.into()),
    }
}

/// A number that behaves as one of Meta's does, with the sandbox behind it.
pub async fn add_rehearsed(desk: &Desk, signed: &Signed, name: &str) -> Result<(), Error> {
    add_sandbox_cloud(&desk.app, signed.who.workspace.id, cause(signed), None, name).await.map(drop)
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Token {
    access_token: String,
}

pub async fn renew(State(desk): State<Desk>, signed: Signed, Path(id): Path<i64>, Sent(given): Sent<Token>) -> Shown {
    signed.ensure(Right::ManageAccounts)?;
    let (workspace, account) = (signed.who.workspace.id, AccountId(id));
    match renew_cloud_token(&desk.app, workspace, cause(&signed), account, &given.access_token).await {
        Ok(()) => Ok(Redirect::to(&done(ACCOUNTS_PATH, "account-token")).into_response()),
        Err(error) if !error.faults.is_empty() => {
            let beside = Beside { renewing: Some((account, &error)), ..Beside::default() };
            super::shown(&desk, &signed, Page::new(Here::Accounts, ACCOUNTS), &beside).await
        }
        Err(error) => Err(Refusal::from(error)),
    }
}

fn cause(signed: &Signed) -> Cause {
    Cause::Teammate(signed.who.teammate.id)
}

/// What Meta's app has to be told of a number that was just added.
pub fn added_card(added: &AddedCloud) -> Markup {
    html! {
        section.card aria-labelledby="added" data-settle=(ACCOUNTS_PATH) {
            header {
                span.badge data-tone="accent" { (w::NEW) }
                h2 #added { bdi { (added.name) } }
                span.meta.push.num { (added.phone) }
            }
            div.card-body.stack {
                p { (w::THE_TOKEN_IS_GOOD) code { "messages" } "." }
                div.stack.tight { p.small { strong { (w::CALLBACK_URL) } } (secret_field("callback_url", w::THE_CALLBACK_URL, &added.callback_url)) }
                div.stack.tight { p.small { strong { (w::VERIFY_TOKEN) } } (secret_field("verify_token", w::THE_VERIFY_TOKEN, &added.verify_token)) }
                p.small { strong { (w::THIS_IS_THE_ONLY) } " " a href={ (BASE_PATH) "/docs/guides/cloud-api" } { (w::HOW_IT_GOES_ON) } }
            }
            footer { a.btn.push href=(ACCOUNTS_PATH) { (w::DONE_HIDE_THEM) } }
        }
    }
}

/// The form of a new number of the Cloud API.
pub fn add_card(given: &Given, refused: Option<&Error>) -> Markup {
    let faults = Faults(refused.map_or(&[], |error| error.faults.as_slice()));
    let line = |name, label, kind, value, purpose| {
        let is_focused = faults.begins_at(name, &FIELDS);
        Line { name, label, kind, value, autocomplete: "off", purpose, is_focused }.show(faults)
    };
    html! {
        section.card #add-cloud aria-labelledby="add-cloud-title" {
            header { h2 #add-cloud-title { (w::ADD_A_NUMBER_OF) } span.meta.push { (w::META) } }
            form.card-body.stack method="post" action={ (ACCOUNTS_PATH) "/cloud" } {
                p.small.muted {
                    (w::A_NUMBER_THAT_YOUR)
                    a href={ (BASE_PATH) "/docs/guides/cloud-api" } { (w::WHERE_TO_FIND_ALL) }
                }
                @if let Some(error) = refused.filter(|error| error.faults.is_empty()) {
                    p.banner data-tone="danger" role="alert" { (icon("alert")) span { (error.message) } }
                }
                div.fields {
                    (line("phone_number_id", w::PHONE_NUMBER_ID, "text", &given.phone_number_id, w::FROM_THE_APPS_SETTINGS))
                    (line("business_id", w::BUSINESS_ACCOUNT_ID, "text", &given.business_id, w::IT_STANDS_BESIDE_THE))
                    (line("access_token", w::ACCESS_TOKEN, "password", "", w::WHOSE_TOKEN))
                    (line("app_secret", w::APP_SECRET, "password", "", w::FROM_APP_SETTINGS_BASIC))
                }
                (name_field(given, faults))
                div.line-up { button.btn.push { (icon("plus")) (w::CHECK_AND_ADD) } }
            }
        }
    }
}

const FIELDS: [&str; 4] = ["phone_number_id", "business_id", "access_token", "app_secret"];

/// Beside the other form's, so with an id of its own; and it may stay empty.
fn name_field(given: &Given, faults: Faults<'_>) -> Markup {
    html! {
        div.field {
            label for="cloud-name" { (w::NAME) }
            input #cloud-name name="name" type="text" value=(given.name) dir="auto" autocomplete="off" aria-describedby="cloud-name-about"
                aria-invalid=[faults.of("name").map(|_| "true")];
            (about("cloud-name-about", faults.of("name"), w::EMPTY_AS_META_KNOWS))
        }
    }
}

/// The form of another token, on the account's card.
pub fn token_form(account: AccountId, refused: Option<&Error>) -> Markup {
    let id = format!("token-{account}");
    let about_id = format!("{id}-about");
    let fault = refused.map(|error| error.message.as_str());
    html! {
        form.stack.tight method="post" action={ (ACCOUNTS_PATH) "/" (account) "/token" } {
            div.field {
                label for=(id) { (w::A_NEW_ACCESS_TOKEN) }
                input id=(id) name="access_token" type="password" required autocomplete="off" aria-describedby=(about_id)
                    aria-invalid=[fault.map(|_| "true")];
                (about(&about_id, fault, w::IT_IS_CHECKED_FIRST))
            }
            div.line-up { button.btn.btn-small data-kind="primary" { (w::CHECK_AND_USE_IT) } }
        }
    }
}
