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
use super::words::settings as w;
use crate::error::{Error, FieldFault};
use crate::store::Write;
use crate::workspace::permissions::Right;
use crate::workspace::settings::{SettingsChange, anchor_day, change_settings};
use maud::display;

const TITLE: &str = w::WORKSPACE_SETTINGS;

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
    let unread = || Error::invalid("anchor", w::GIVE_A_DAY_AS);
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
        label: w::NAME,
        kind: "text",
        value: &given.name,
        autocomplete: "organization",
        purpose: w::AS_YOUR_TEAM_AND,
        is_focused: faults.of("name").is_some(),
    };
    let content = html! {
        (head(TITLE, w::WHAT_HOLDS_FOR_EVERYBODY, &html! {}))
        form.stack method="post" {
            section.card aria-labelledby="settings" {
                header { h2 #settings { (w::NAME_AND_TIME) } span.meta.push { (w::workspace(&display(signed.who.workspace.id))) } }
                div.card-body.stack {
                    (name.show(faults))
                    (zone_field(&given.zone, faults, false))
                    (anchor_field(&given.anchor, faults))
                }
            }
            section.card aria-labelledby="manner" {
                header { h2 #manner { (w::SENDING_AND_KEEPING) } }
                div.card-body.stack {
                    (number("pacing_ms", w::MEAN_PAUSE_BETWEEN_SENDS, &given.pacing_ms,
                        w::A_PERSON_PAUSES_SO, faults))
                    (number("kept_days", w::DAYS_THAT_EVENTS_AND, &given.kept_days,
                        w::AND_WHAT_BEFELL_MESSAGES, faults))
                }
                footer { button.btn.push data-kind="primary" { (w::SAVE) } }
            }
        }
    };
    Ok(Page { status: faults.status(), ..page }.show(signed, &content))
}

fn anchor_field(anchor: &str, faults: Faults<'_>) -> Markup {
    let fault = faults.of("anchor");
    html! {
        div.field {
            label for="anchor" { (w::A_DAY_ON_WHICH) }
            input #anchor name="anchor" type="date" value=(anchor) aria-describedby="anchor-about" aria-invalid=[fault.map(|_| "true")];
            (about("anchor-about", fault, w::EACH_MONTH_HAS_A))
        }
    }
}
