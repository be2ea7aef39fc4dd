//! The workspace's settings: its name and time zone, when its cycles begin, how fast it sends, how long it remembers.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use serde::Deserialize;

use super::doors::Desk;
use super::form::{Faults, Line, Sent, about};
use super::frame::{Done, Here, Page, WORKSPACE_PATH, done, head};
use super::public_api::increase::{number, whole_number};
use super::session::{Shown, Signed};
use super::setup::zone_field;
use crate::error::{Error, FieldFault};
use crate::store::Write;
use crate::workspace::permissions::Right;
use crate::workspace::settings::{SettingsChange, anchor_day, change_settings};

const TITLE: &str = "Workspace settings";

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Given {
    name: String,
    zone: String,
    /// This and the following may be left out: they stay as they are.
    anchor: String,
    pacing_ms: String,
    kept_days: String,
}

pub async fn show(signed: Signed, done: Done) -> Shown {
    signed.ensure(Right::ManageWorkspace)?;
    let workspace = &signed.who.workspace;
    let given = Given {
        name: workspace.name.clone(),
        zone: workspace.zone.clone(),
        anchor: anchor_day(workspace).to_string(),
        pacing_ms: workspace.pacing_ms.to_string(),
        kept_days: workspace.kept_days.to_string(),
    };
    shown(&signed, Page::new(Here::Workspace, TITLE).with(&done), &given, &[])
}

pub async fn save(State(desk): State<Desk>, signed: Signed, Sent(given): Sent<Given>) -> Shown {
    signed.ensure(Right::ManageWorkspace)?;
    let change = match parse(&given) {
        Ok(change) => change,
        Err(error) => return shown(&signed, Page::new(Here::Workspace, TITLE), &given, &error.faults),
    };
    let save = move |write: &mut Write<'_, '_>| {
        change_settings(write, &change)?;
        Ok(write.workspace.clone())
    };
    let saved = desk.act(&signed.who, save).await?;
    desk.app.limits.changed(&saved);
    Ok(Redirect::to(&done(WORKSPACE_PATH, "workspace")).into_response())
}

/// What the form asks for; names every fault.
fn parse(given: &Given) -> Result<SettingsChange, Error> {
    let pacing_ms = whole_number("pacing_ms", &given.pacing_ms);
    let kept_days = whole_number("kept_days", &given.kept_days);
    let unread = || Error::invalid("anchor", "Give a day, as 2027-01-31");
    let anchor = match given.anchor.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| unread()),
    };
    let change = SettingsChange {
        name: given.name.clone(),
        zone: given.zone.clone(),
        anchor: *anchor.as_ref().unwrap_or(&None),
        pacing_ms: *pacing_ms.as_ref().unwrap_or(&None),
        kept_days: *kept_days.as_ref().unwrap_or(&None),
    };
    let refused = [change.check().err(), anchor.err(), pacing_ms.err(), kept_days.err()];
    let faults: Vec<FieldFault> = refused.into_iter().flatten().flat_map(|error| error.faults).collect();
    if faults.is_empty() { Ok(change) } else { Err(Error::invalid_fields(faults)) }
}

fn shown(signed: &Signed, page: Page<'_>, given: &Given, faults: &[FieldFault]) -> Shown {
    let faults = Faults(faults);
    let name = Line {
        name: "name",
        label: "Name",
        kind: "text",
        value: &given.name,
        autocomplete: "organization",
        purpose: "As your team and your systems see it.",
        is_focused: faults.of("name").is_some(),
    };
    let content = html! {
        (head(TITLE, "What holds for everybody who works here.", &html! {}))
        form.stack method="post" {
            section.card aria-labelledby="settings" {
                header { h2 #settings { "Name and time" } span.meta.push { "Workspace " (signed.who.workspace.id) } }
                div.card-body.stack {
                    (name.show(faults))
                    (zone_field(&given.zone, faults, false))
                    (anchor_field(&given.anchor, faults))
                }
            }
            section.card aria-labelledby="manner" {
                header { h2 #manner { "Sending and keeping" } }
                div.card-body.stack {
                    (number("pacing_ms", "Mean pause between sends of one number, ms", &given.pacing_ms,
                        "A person pauses, so a number that a phone is linked to does. 0 to 600,000; an account may have its own.", faults))
                    (number("kept_days", "Days that events and deliveries are kept", &given.kept_days,
                        "And what befell messages on their way. 7 to 400; messages and their statuses stay for good.", faults))
                }
                footer { button.btn.push data-kind="primary" { "Save" } }
            }
        }
    };
    Ok(Page { status: faults.status(), ..page }.show(signed, &content))
}

fn anchor_field(anchor: &str, faults: Faults<'_>) -> Markup {
    let fault = faults.of("anchor");
    html! {
        div.field {
            label for="anchor" { "A day on which a cycle begins" }
            input #anchor name="anchor" type="date" value=(anchor) aria-describedby="anchor-about" aria-invalid=[fault.map(|_| "true")];
            (about("anchor-about", fault, "Each month has a cycle of calls and credits from this day on. One that has begun keeps its end."))
        }
    }
}
