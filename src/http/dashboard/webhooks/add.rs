//! Adding a webhook: its form, and the one time that its secret is shown.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use serde::Deserialize;

use super::PATH;
use super::one;
use crate::error::Error;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::form::{Faults, Line, Sent, about};
use crate::http::dashboard::frame::{Here, Page, done};
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::dashboard::words::WEBHOOKS;
use crate::http::dashboard::words::webhooks as w;
use crate::outbound::Policy;
use crate::store::Write;
use crate::webhooks::{EventType, NewSecret, WebhookUrl, make_webhook};
use crate::workspace::permissions::Right;

/// A webhook's form, as it was filled in.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Given {
    event_type: String,
    url: String,
}

/// Event types by what they are about, each group by how its names begin; the rest is the workspace's.
const GROUPS: [(&str, &[&str]); 6] = [
    (w::MESSAGES, &["message:"]),
    (w::CHATS, &["chat:"]),
    (w::CALLS, &["call:"]),
    (w::WHATSAPP_ACCOUNTS, &["whatsapp:"]),
    (w::THE_WORKSPACE, &[]),
    (w::OFFICIAL_ACCOUNTS, &["waba:"]),
];

pub async fn add(State(desk): State<Desk>, signed: Signed, Sent(given): Sent<Given>) -> Shown {
    signed.ensure(Right::ManageWebhooks)?;
    let made = match parse(&given, desk.app.outbound.policy()) {
        Ok(wanted) => make(&desk, &signed, wanted).await,
        Err(error) => Err(error),
    };
    let page = Page::new(Here::Webhooks, WEBHOOKS);
    match made {
        Ok((id, Some(secret))) => one::with_secret(&desk, &signed, page, id, &secret).await,
        Ok((id, None)) => Ok(Redirect::to(&done(&format!("{PATH}/{id}"), "webhook-there")).into_response()),
        Err(error) if !error.faults.is_empty() => {
            super::list::shown(&desk, &signed, page, true, &given, &error.faults).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Its number, and its secret if it wasn't there before.
async fn make(desk: &Desk, signed: &Signed, wanted: (EventType, WebhookUrl)) -> Result<(i64, Option<String>), Error> {
    let new = NewSecret::generate(desk.app.sealing_key()?, signed.who.workspace.id)?;
    let (caller, (event_type, url), kept) = (signed.who.caller(), wanted, new.clone());
    let make = move |write: &mut Write<'_, '_>| make_webhook(write, &caller, event_type, &url, true, &kept);
    let (row, is_new) = desk.act(&signed.who, make).await?;
    Ok((row.id.0, is_new.then(|| new.secret.reveal())))
}

fn parse(given: &Given, policy: &Policy) -> Result<(EventType, WebhookUrl), Error> {
    let event_type =
        EventType::parse(&given.event_type).ok_or_else(|| Error::invalid("event_type", w::CHOOSE_ONE_OF_THE));
    match (event_type, WebhookUrl::parse("url", &given.url, policy)) {
        (Ok(event_type), Ok(url)) => Ok((event_type, url)),
        (event_type, url) => {
            let errors = [event_type.err(), url.err()];
            Err(Error::invalid_fields(errors.into_iter().flatten().flat_map(|error| error.faults).collect()))
        }
    }
}

/// Over the page, or on it where something is wrong with it.
pub fn form(given: &Given, faults: Faults<'_>, is_open: bool) -> Markup {
    let body = html! {
        form.card-body.stack method="post" action=(PATH) {
            div.field {
                label for="event_type" { (w::EVENT) }
                select #event_type name="event_type" aria-describedby="event_type-about" { (options(&given.event_type)) }
                (about("event_type-about", faults.of("event_type"), w::WHAT_IT_WANTS_TO))
            }
            (Line { name: "url", label: w::ADDRESS, kind: "url", value: &given.url, autocomplete: "off",
                purpose: w::GETS_A_POST_WITH, is_focused: true }.show(faults))
            div.line-up {
                @if is_open { a.btn.push href=(PATH) { (w::CANCEL) } }
                @else { button.btn.push type="button" popovertarget="new-webhook" popovertargetaction="hide" { (w::CANCEL) } }
                button.btn data-kind="primary" { (w::ADD) }
            }
        }
    };
    html! {
        @if is_open {
            section.card #new-webhook aria-labelledby="new-webhook-head" { header { h2 #new-webhook-head { (w::A_NEW_WEBHOOK) } } (body) }
        } @else {
            div.card.over #new-webhook popover role="dialog" aria-labelledby="new-webhook-head" { header { h2 #new-webhook-head { (w::A_NEW_WEBHOOK) } } (body) }
        }
    }
}

fn options(chosen: &str) -> Markup {
    let group_of = |name: &str| GROUPS.iter().find(|(_, starts)| starts.iter().any(|start| name.starts_with(start)));
    html! {
        @for (title, starts) in GROUPS {
            optgroup label=(title) {
                @for event_type in EventType::all() {
                    @let name = event_type.as_str();
                    @if group_of(name).map_or(starts.is_empty(), |group| group.0 == title) {
                        option value=(name) selected[name == chosen] { (name) }
                    }
                }
            }
        }
    }
}
