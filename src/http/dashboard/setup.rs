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
use super::words::setup as w;
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
                        h1 { (w::SET_UP_YOUR_WORKSPACE) }
                        p.muted {
                            (w::PARTYLINE_SENDS_AND_RECEIVES)
                        }
                    }
                    (line("name", w::NAME, "text", &answers.name, "name", w::YOURS_AS_YOUR_TEAM))
                    (line("email", w::EMAIL, "email", &answers.email, "username", w::YOU_LOG_IN_WITH))
                    (new_password(w::PASSWORD, faults, faults.begins_at("password", &FIELDS)))
                    (line("workspace", w::WORKSPACE, "text", &answers.workspace, "organization",
                        w::ITS_NAME_AS_YOUR))
                    (zone_field(&answers.zone, faults, faults.begins_at("zone", &FIELDS)))
                    div.line-up {
                        span.meta { (w::THIS_LINK_WORKS_ONCE) }
                        button.btn.push data-kind="primary" { (w::SET_UP_THE_WORKSPACE) }
                    }
                }
            }
        }
    };
    let title = if faults.0.is_empty() { w::SET_UP_YOUR_WORKSPACE } else { w::NOT_YET_SET_UP };
    page(faults.status(), title, &content)
}

/// The field of a time zone.
pub fn zone_field(zone: &str, faults: Faults<'_>, is_focused: bool) -> Markup {
    let fault = faults.of("zone");
    html! {
        div.field {
            label for="zone" { (w::TIME_ZONE) }
            select #zone name="zone" required aria-describedby="zone-about" aria-invalid=[fault.map(|_| "true")]
                autofocus[is_focused] { (zones(zone)) }
            (about("zone-about", fault, w::TIMES_ON_THE_SCREENS))
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
            @else { option value="" selected { (w::CHOOSE_A_TIME_ZONE) } }
        }
        option selected[chosen == "UTC"] { (w::UTC) }
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
        ol.rail aria-label=(w::STEPS) {
            li data-tone="accent" aria-current="step" { strong { (w::YOUR_WORKSPACE) } span.meta { (w::YOU_ITS_NAME_ITS) } }
            li { span.muted { (w::A_FIRST_MESSAGE) } span.meta { (w::TO_A_SANDBOX_CONTACT) } }
            li { span.muted { (w::A_TOKEN) } span.meta { (w::FOR_YOUR_OWN_SYSTEMS) } }
            li { span.muted { (w::A_PHONE) } span.meta { (w::NOW_OR_LATER) } }
        }
    }
}

/// Used, too old and never made look the same, so that nobody can tell them apart by trying.
fn gone() -> Response {
    let words = html! {
        p { (w::A_SETUP_LINK_WORKS) }
        p.muted {
            (w::IF_YOU_HAVE_USED)
        }
        (code(w::IN_A_TERMINAL, "partyline setup-link"))
        div.line-up { a.btn href="/login" { (w::LOG_IN) } }
    };
    told(StatusCode::NOT_FOUND, w::THIS_SETUP_LINK_DOESNT, &words)
}
