//! The page of the setup link that a first start prints: makes whoever opens it the Owner of the workspace, once.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use database::Priority;
use maud::{Markup, html};
use serde::Deserialize;

use super::doors::Desk;
use super::form::{Faults, Line, Sent, about};
use super::frame::{FIRST_STEPS_PATH, done};
use super::links::new_password;
use super::login::ensure_private;
use super::page::{code, page, told};
use super::path::Path;
use super::session::{Shown, Visitor};
use crate::error::{Error, FieldFault};
use crate::store::Write;
use crate::store::workspaces::Workspace;
use crate::workspace::passwords::Password;
use crate::workspace::people::{Email, FullName};
use crate::workspace::secret::Secret;
use crate::workspace::settings::check_description;
use crate::workspace::setup::{SettingUp, SetupSecret, set_up_workspace, workspace_to_set_up};
use crate::workspace::zone::{known_zones, parse_zone};

/// The form, as it was filled in.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Answers {
    name: String,
    email: String,
    password: String,
    workspace: String,
    zone: String,
}

/// The form's fields, from the top.
const FIELDS: [&str; 5] = ["name", "email", "password", "workspace", "zone"];

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(secret): Path<String>) -> Shown {
    ensure_private(&visitor)?;
    let Some((_, found)) = find(&desk, &secret).await? else { return Ok(gone()) };
    Ok(ask(&Answers { workspace: found.name, zone: found.zone, ..Answers::default() }, &[]))
}

pub async fn finish(
    State(desk): State<Desk>,
    visitor: Visitor,
    Path(secret): Path<String>,
    Sent(answers): Sent<Answers>,
) -> Shown {
    ensure_private(&visitor)?;
    let Some((secret, workspace)) = find(&desk, &secret).await? else { return Ok(gone()) };
    let set_up = match parse(&answers) {
        Ok(parsed) => enter(&desk, &visitor, secret, &workspace, parsed, &answers).await,
        Err(error) => Err(error),
    };
    match set_up {
        Ok(Some(session)) => Ok(visitor.welcome(&session, &done(FIRST_STEPS_PATH, "setup"))),
        Ok(None) => Ok(gone()),
        Err(error) if !error.faults.is_empty() => Ok(ask(&answers, &error.faults)),
        Err(error) => Err(error.into()),
    }
}

async fn find(desk: &Desk, secret: &str) -> Result<Option<(SetupSecret, Workspace)>, Error> {
    let Some(secret) = SetupSecret::parse(secret) else { return Ok(None) };
    let (looked_for, now) = (secret.clone(), desk.app.clock.now());
    let workspace = desk.app.read(move |snapshot| workspace_to_set_up(snapshot, &looked_for, now)).await?;
    Ok(workspace.map(|workspace| (secret, workspace)))
}

/// What the answers mean; names every fault among them.
fn parse(answers: &Answers) -> Result<(FullName, Email, Password), Error> {
    let known = [answers.name.as_str(), &answers.email, &answers.workspace];
    let name = FullName::parse("name", &answers.name);
    let email = Email::parse("email", &answers.email);
    let password = Password::parse("password", &answers.password, &known);
    let mut faults: Vec<FieldFault> = Vec::new();
    if let Err(error) = check_description(&answers.workspace, &answers.zone) {
        // On this page a name is a person's.
        faults.extend(error.faults.into_iter().map(|fault| {
            FieldFault {
                fields: fault
                    .fields
                    .iter()
                    .map(|field| if field == "name" { "workspace".into() } else { field.clone() })
                    .collect(),
                ..fault
            }
        }));
    }
    match (name, email, password) {
        (Ok(name), Ok(email), Ok(password)) if faults.is_empty() => Ok((name, email, password)),
        (name, email, password) => {
            let errors = [name.err(), email.err(), password.err()];
            faults.extend(errors.into_iter().flatten().flat_map(|error| error.faults));
            Err(Error::invalid_fields(faults))
        }
    }
}

/// Uses the link up and begins the Owner's session; `None` if somebody was faster.
async fn enter(
    desk: &Desk,
    visitor: &Visitor,
    secret: SetupSecret,
    workspace: &Workspace,
    (name, email, password): (FullName, Email, Password),
    answers: &Answers,
) -> Result<Option<Secret>, Error> {
    let hash = desk.doors.hash(password).await?;
    let given = SettingUp { name, email, hash, workspace: answers.workspace.clone(), zone: answers.zone.clone() };
    let (session, visitor) = (Secret::generate(), visitor.clone());
    let kept = session.clone();
    let set_up = move |write: &mut Write<'_, '_>| {
        let Some(owner) = set_up_workspace(write, &secret, &given)? else { return Ok(false) };
        visitor.enter(write, &owner, &kept)?;
        Ok(true)
    };
    let is_done = desk.app.write(workspace.id, Priority::Foreground, set_up).await?;
    Ok(is_done.then_some(session))
}

/// The form; beside each field what is wrong with it.
fn ask(answers: &Answers, faults: &[FieldFault]) -> Response {
    let faults = Faults(faults);
    let line = |name, label, kind, value: &str, autocomplete, purpose| {
        let is_focused = faults.begins_at(name, &FIELDS);
        Line { name, label, kind, value, autocomplete, purpose, is_focused }.show(faults)
    };
    let content = html! {
        div.card {
            div.cols.card-body data-cols="steps" {
                (steps())
                form.stack method="post" {
                    div.stack.tight {
                        h1 { "Set up your workspace" }
                        p.muted {
                            "Partyline sends and receives WhatsApp messages for your team and your other systems. What it \
                             sends and receives belongs to a workspace, and the workspace to you."
                        }
                    }
                    (line("name", "Name", "text", &answers.name, "name", "Yours, as your team will see it."))
                    (line("email", "Email", "email", &answers.email, "username", "You log in with it. No mail is sent."))
                    (new_password("Password", faults, faults.begins_at("password", &FIELDS)))
                    (line("workspace", "Workspace", "text", &answers.workspace, "organization",
                        "Its name, as your team and your systems will see it."))
                    (zone_field(&answers.zone, faults, faults.begins_at("zone", &FIELDS)))
                    div.line-up {
                        span.meta { "This link works once." }
                        button.btn.push data-kind="primary" { "Set up the workspace" }
                    }
                }
            }
        }
    };
    let title = if faults.0.is_empty() { "Set up your workspace" } else { "Not yet: set up your workspace" };
    page(faults.status(), title, &content)
}

/// The field of a time zone.
pub fn zone_field(zone: &str, faults: Faults<'_>, is_focused: bool) -> Markup {
    let fault = faults.of("zone");
    html! {
        div.field {
            label for="zone" { "Time zone" }
            select #zone name="zone" required aria-describedby="zone-about" aria-invalid=[fault.map(|_| "true")]
                autofocus[is_focused] { (zones(zone)) }
            (about("zone-about", fault, "Times on the screens and in the API's answers are given in it."))
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

/// The way to a first message; its first step is at hand.
fn steps() -> Markup {
    html! {
        ol.rail aria-label="Steps" {
            li data-tone="accent" aria-current="step" { strong { "Your workspace" } span.meta { "You, its name, its time zone" } }
            li { span.muted { "A first message" } span.meta { "To a sandbox contact, who answers" } }
            li { span.muted { "A token" } span.meta { "For your own systems" } }
            li { span.muted { "A phone" } span.meta { "Now or later" } }
        }
    }
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
        div.line-up { a.btn href="/login" { "Log in" } }
    };
    told(StatusCode::NOT_FOUND, "This setup link doesn't work", &words)
}
