//! Adding a phone's own number: the form that begins its linking. How it goes on is `linking.rs`'s.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::Beside;
use super::linking::path_of;
use crate::accounts::linking::{Way, begin_phone_linking};
use crate::accounts::manage::AccountName;
use crate::error::Error;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::form::{Faults, Line, Sent, about};
use crate::http::dashboard::frame::{ACCOUNTS_PATH, Here, Page};
use crate::http::dashboard::page::icon;
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::dashboard::words::ACCOUNTS;
use crate::http::dashboard::words::accounts as w;
use crate::inbox::values::Phone;
use crate::store::Write;
use crate::workspace::permissions::Right;

/// The form, as it was filled in.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Given {
    name: String,
    /// qr or code.
    way: String,
    /// For a code.
    phone: String,
}

pub async fn begin(State(desk): State<Desk>, signed: Signed, Sent(given): Sent<Given>) -> Shown {
    signed.ensure(Right::ManageAccounts)?;
    match begun(&desk, &signed, &given).await {
        Ok(response) => Ok(response),
        Err(error) if !error.faults.is_empty() => {
            let beside = Beside { phone: given, phone_faults: &error.faults, ..Beside::default() };
            super::shown(&desk, &signed, Page::new(Here::Accounts, ACCOUNTS), &beside).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn begun(desk: &Desk, signed: &Signed, given: &Given) -> Result<Response, Error> {
    let (name, owner) = (AccountName::parse("name", &given.name)?, signed.who.teammate.id);
    let by_code = Way::parse(&given.way) == Some(Way::Code);
    let phone = by_code.then(|| Phone::parse("phone", &given.phone)).transpose()?;
    let work = move |write: &mut Write<'_, '_>| begin_phone_linking(write, &name, phone.as_ref(), owner);
    let account = desk.act(&signed.who, work).await?;
    Ok(Redirect::to(&path_of(account)).into_response())
}

pub fn card(given: &Given, faults: Faults<'_>) -> Markup {
    let name = Line {
        name: "name",
        label: w::NAME,
        kind: "text",
        value: &given.name,
        autocomplete: "off",
        purpose: w::AS_YOUR_TEAM_CALLS,
        is_focused: faults.begins_at("name", &["name", "phone"]),
    };
    let ways =
        [(Way::Qr, w::BY_QR_CODE, w::THE_PHONE_SCANS_WHAT), (Way::Code, w::BY_A_CODE, w::EIGHT_LETTERS_ARE_TYPED)];
    let chosen = Way::parse(&given.way).unwrap_or_default();
    html! {
        section.card #add-phone aria-labelledby="add-phone-title" {
            header { h2 #add-phone-title { (w::LINK_A_PHONE) } span.meta.push { (w::BY_A_PHONE) } }
            form.card-body.stack method="post" action={ (ACCOUNTS_PATH) "/phone" } {
                p.small.muted { (w::A_PHONES_OWN_NUMBER) }
                @if let Some(why) = faults.of("way") { p.banner data-tone="danger" role="alert" { (icon("alert")) span { (why) } } }
                (name.show_as("phone-name", faults))
                fieldset.stack.tight {
                    legend.small { strong { (w::HOW_IT_IS_LINKED) } }
                    @for (way, label, words) in ways {
                        label.choice {
                            input type="radio" name="way" value=(way.as_str()) checked[way == chosen];
                            span { (label) " " span.muted { (words) } }
                        }
                    }
                }
                div.field {
                    label for="phone-number" { (w::ITS_NUMBER) }
                    input #phone-number name="phone" type="tel" value=(given.phone) autocomplete="off" aria-describedby="phone-number-about"
                        aria-invalid=[faults.of("phone").map(|_| "true")] autofocus[faults.begins_at("phone", &["name", "phone"])];
                    (about("phone-number-about", faults.of("phone"), w::ONLY_FOR_A_CODE))
                }
                p.small.muted { (w::NOT_OFFICIAL) }
                div.line-up { button.btn.push data-kind="primary" { (icon("plus")) (w::LINK_IT) } }
            }
        }
    }
}
