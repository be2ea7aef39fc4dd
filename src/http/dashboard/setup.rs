//! The page of the setup link that a first start prints: names the workspace once, then says how to go on.

use std::collections::BTreeMap;

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use database::Priority;
use maud::{Markup, html};
use serde::Deserialize;

use super::origin::is_foreign;
use super::page::{code, failed, icon, page, told};
use crate::app::App;
use crate::error::{Error, FieldFault};
use crate::http::openapi::BASE_PATH;
use crate::workspace::settings::check_description;
use crate::workspace::setup::{SetupSecret, set_up_workspace, workspace_to_set_up};
use crate::workspace::zone::{known_zones, parse_zone};

/// The sandbox contact who answers everything.
const ECHO: &str = "+1 202 555 0100";

/// The form, as it was filled in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Answers {
    name: String,
    zone: String,
}

pub async fn show(State(app): State<App>, Path(secret): Path<String>) -> Response {
    match find(&app, &secret).await {
        Ok(Some(answers)) => ask(&answers, &[]),
        Ok(None) => gone(),
        Err(error) => failed(&error),
    }
}

pub async fn finish(
    State(app): State<App>,
    Path(secret): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Answers>, FormRejection>,
) -> Response {
    if is_foreign(&headers, &app.settings.public_url) {
        let words = html! { p { "Open the setup link itself and fill in the form there. Nothing was changed." } };
        return told(StatusCode::FORBIDDEN, "This form was sent from another site", &words);
    }
    let answers = match form {
        Ok(Form(answers)) => answers,
        Err(rejection) => {
            let words = html! { p { "Open the setup link again and fill in its form. Nothing was changed." } };
            return told(rejection.status(), "This form can't be read", &words);
        }
    };
    match set_up(&app, &secret, &answers).await {
        // A page of its own, so that going back to it later doesn't send the form again.
        Ok(true) => Redirect::to("/setup/done").into_response(),
        Ok(false) => gone(),
        Err(error) if !error.faults.is_empty() => ask(&answers, &error.faults),
        Err(error) => failed(&error),
    }
}

async fn find(app: &App, secret: &str) -> Result<Option<Answers>, Error> {
    let Some(secret) = SetupSecret::parse(secret) else { return Ok(None) };
    let now = app.clock.now();
    let workspace = app.read(move |snapshot| workspace_to_set_up(snapshot, &secret, now)).await?;
    Ok(workspace.map(|workspace| Answers { name: workspace.name, zone: workspace.zone }))
}

/// `false` if the link doesn't live.
async fn set_up(app: &App, secret: &str, answers: &Answers) -> Result<bool, Error> {
    let Some(secret) = SetupSecret::parse(secret) else { return Ok(false) };
    let (looked_for, now) = (secret.clone(), app.clock.now());
    let found = app.read(move |snapshot| workspace_to_set_up(snapshot, &looked_for, now)).await?;
    let Some(workspace) = found else { return Ok(false) };
    check_description(&answers.name, &answers.zone)?;
    let (name, zone) = (answers.name.clone(), answers.zone.clone());
    app.write(workspace.id, Priority::Foreground, move |write| set_up_workspace(write, &secret, &name, &zone)).await
}

/// The form; beside each field what is wrong with it.
fn ask(answers: &Answers, faults: &[FieldFault]) -> Response {
    let fault = |field: &str| {
        let named = |fault: &&FieldFault| fault.fields.iter().any(|name| name == field);
        faults.iter().find(named).map(|fault| fault.message.as_str())
    };
    let (name_fault, zone_fault) = (fault("name"), fault("zone"));
    let content = html! {
        div.card {
            div.cols.card-body data-cols="steps" {
                (steps(false))
                form.stack method="post" {
                    div.stack.tight {
                        h1 { "Set up your workspace" }
                        p.muted {
                            "Partyline sends and receives WhatsApp messages for your other systems. What it sends and \
                             receives belongs to a workspace: give yours a name."
                        }
                    }
                    div.field {
                        label for="name" { "Name" }
                        input #name name="name" type="text" value=(answers.name) dir="auto" required autocomplete="organization"
                            aria-describedby="name-about" aria-invalid=[name_fault.map(|_| "true")]
                            autofocus[name_fault.is_some()];
                        (about("name-about", name_fault, "As your team and your systems will see it."))
                    }
                    div.field {
                        label for="zone" { "Time zone" }
                        select #zone name="zone" required aria-describedby="zone-about"
                            aria-invalid=[zone_fault.map(|_| "true")]
                            autofocus[zone_fault.is_some() && name_fault.is_none()] { (zones(&answers.zone)) }
                        (about("zone-about", zone_fault, "Times in the API's answers are given in it."))
                    }
                    div.line-up {
                        span.meta { "This link works once." }
                        button.btn.push data-kind="primary" { "Set up the workspace" }
                    }
                }
            }
        }
    };
    let title = if faults.is_empty() { "Set up your workspace" } else { "Not yet: set up your workspace" };
    page(if faults.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST }, title, &content)
}

/// What stands under a field: its fault, or else what it is for.
fn about(id: &str, fault: Option<&str>, purpose: &str) -> Markup {
    html! {
        @match fault {
            Some(fault) => p.fault id=(id) { (icon("alert")) span { (fault) } },
            None => p.meta id=(id) { (purpose) },
        }
    }
}

/// The zones by region, because a list of cities can be searched by typing one.
fn zones(chosen: &str) -> Markup {
    let mut regions: BTreeMap<&str, Vec<(String, &str)>> = BTreeMap::new();
    for zone in known_zones() {
        if let Some((region, place)) = zone.split_once('/') {
            regions.entry(region).or_default().push((label(place), zone));
        }
    }
    regions.values_mut().for_each(|places| places.sort());
    let is_listed = chosen == "UTC" || known_zones().iter().any(|zone| zone == chosen);
    html! {
        @if !is_listed {
            // An old name that the workspace has is kept; what is no zone at all isn't offered again.
            @if parse_zone(chosen).is_ok() { option selected { (chosen) } }
            @else { option value="" selected { "Choose a time zone" } }
        }
        option selected[chosen == "UTC"] { "UTC" }
        @for (region, places) in &regions {
            optgroup label=(region) {
                @for (place, zone) in places { option value=(zone) selected[*zone == chosen] { (place) } }
            }
        }
    }
}

/// `Argentina/Buenos_Aires` is Buenos Aires, Argentina.
fn label(place: &str) -> String {
    let words: Vec<&str> = place.rsplit('/').collect();
    words.join(", ").replace('_', " ")
}

/// The way to a first message; its first step is at hand or done.
fn steps(done: bool) -> Markup {
    html! {
        ol.rail aria-label="Steps" {
            li data-done[done] data-tone="accent" aria-current=[(!done).then_some("step")] {
                strong { "Your workspace" }
                span.meta { (if done { "Set up" } else { "Its name and time zone" }) }
            }
            li data-tone=[done.then_some("accent")] aria-current=[done.then_some("step")] {
                @if done { strong { "A token" } } @else { span.muted { "A token" } }
                span.meta { "For your own systems" }
            }
            li {
                span.muted { "A first message" }
                span.meta { "To a sandbox contact" }
            }
        }
    }
}

pub async fn show_done() -> Response {
    let content = html! {
        div.card {
            div.cols.card-body data-cols="steps" {
                (steps(true))
                div.stack {
                    div.stack.tight {
                        h1 { "Your workspace is set up" }
                        p.muted { "The link is used up now. A token and a first message are next." }
                    }
                    section.stack.tight {
                        h2 { "Make a token" }
                        p.muted {
                            "Run this on the machine of the server. It shows the token once. The one that the first start \
                             showed works too, for the sandbox."
                        }
                        (code("In a terminal", "partyline token create --name NAME --scope full"))
                    }
                    section.stack.tight {
                        h2 { "Send a first message" }
                        p.muted {
                            "In the playground, choose Authorize and paste the token, then try out POST /messages. Echo lives \
                             in the sandbox and answers at once; nothing leaves this server."
                        }
                        dl.facts {
                            dt { "To" }
                            dd { strong { "Echo" } ", " code { (ECHO) } }
                        }
                    }
                    div.line-up {
                        a.btn data-kind="plain" href="/" { "About this server" }
                        a.btn.push data-kind="primary" href={ (BASE_PATH) "/swagger/" } { (icon("code")) "Open the playground" }
                    }
                }
            }
        }
    };
    page(StatusCode::OK, "Your workspace is set up", &content)
}

/// Used, too old and never made look the same, so that nobody can tell them apart by trying.
fn gone() -> Response {
    let words = html! {
        p { "A setup link works once, within 24 hours. This one was used, is too old, or was mistyped." }
        p.muted {
            "If you have used it, all is well: your workspace is set up. If nobody has, Partyline works all the same, with \
             a workspace called My workspace. For a new link, run this on the machine of this server:"
        }
        (code("In a terminal", "partyline setup-link"))
        div.line-up { a.btn href="/" { "About this server" } }
    };
    told(StatusCode::NOT_FOUND, "This setup link doesn't work", &words)
}
