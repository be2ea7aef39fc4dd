//! The workspace's settings: its name and its time zone.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use maud::html;
use serde::Deserialize;

use super::doors::Desk;
use super::form::{Faults, Line, Sent};
use super::frame::{Done, Here, Page, WORKSPACE_PATH, done, head};
use super::session::{Shown, Signed};
use super::setup::zone_field;
use crate::error::FieldFault;
use crate::store::Write;
use crate::workspace::permissions::Right;
use crate::workspace::settings::{check_description, redescribe_workspace};

const TITLE: &str = "Workspace settings";

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Given {
    name: String,
    zone: String,
}

pub async fn show(signed: Signed, done: Done) -> Shown {
    signed.ensure(Right::ManageWorkspace)?;
    let given = Given { name: signed.who.workspace.name.clone(), zone: signed.who.workspace.zone.clone() };
    shown(&signed, Page::new(Here::Workspace, TITLE).with(&done), &given, &[])
}

pub async fn save(State(desk): State<Desk>, signed: Signed, Sent(given): Sent<Given>) -> Shown {
    signed.ensure(Right::ManageWorkspace)?;
    if let Err(error) = check_description(&given.name, &given.zone) {
        return shown(&signed, Page::new(Here::Workspace, TITLE), &given, &error.faults);
    }
    let save = move |write: &mut Write<'_, '_>| {
        redescribe_workspace(write, &given.name, &given.zone)?;
        Ok(write.workspace.clone())
    };
    let saved = desk.act(&signed.who, save).await?;
    desk.app.limits.changed(&saved);
    Ok(Redirect::to(&done(WORKSPACE_PATH, "workspace")).into_response())
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
        section.card aria-labelledby="settings" {
            header { h2 #settings { "Name and time" } span.meta.push { "Workspace " (signed.who.workspace.id) } }
            form.card-body.stack method="post" {
                (name.show(faults))
                (zone_field(&given.zone, faults, false))
                div.line-up {
                    span.meta { "A billing cycle that has begun keeps its end." }
                    button.btn.push data-kind="primary" { "Save" }
                }
            }
        }
    };
    Ok(Page { status: faults.status(), ..page }.show(signed, &content))
}
