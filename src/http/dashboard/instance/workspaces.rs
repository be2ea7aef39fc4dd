//! Every workspace of the server with its limits, which the operator sets.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Beside, PATH, ensure_operator, shown};
use crate::clock::Time;
use crate::error::Error;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::form::{Faults, Sent};
use crate::http::dashboard::frame::{Here, Page, done};
use crate::http::dashboard::path::Path;
use crate::http::dashboard::public_api::increase::whole_number;
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::dashboard::time::{ago, grouped};
use crate::http::dashboard::words::INSTANCE;
use crate::http::dashboard::words::instance as w;
use crate::id::WorkspaceId;
use crate::store::Write;
use crate::store::counters::Counters;
use crate::store::workspaces::Workspace;
use crate::workspace::settings::{LimitChange, set_limits};
use maud::display;

/// Limits as the operator filled them in.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Given {
    pub rate_per_minute: String,
    pub calls_per_cycle: String,
    pub credits_per_cycle: String,
    pub top_up: String,
    pub answer: String,
}

pub(super) fn card(workspaces: &[(Workspace, Counters)], beside: &Beside<'_>, now: Time) -> Markup {
    html! {
        section.card aria-labelledby="workspaces" {
            header { h2 #workspaces { (w::WORKSPACES) } span.meta { (workspaces.len()) } }
            table.table role="table" aria-labelledby="workspaces" {
                thead role="rowgroup" { tr role="row" {
                    th scope="col" role="columnheader" { (w::WORKSPACE) }
                    @for name in [w::CALLS, w::CREDITS, w::CALLS_A_MINUTE] { th.end scope="col" role="columnheader" { (name) } }
                    th scope="col" role="columnheader" { (w::MADE) }
                    th scope="col" role="columnheader" { span.hidden-text { (w::ACTIONS) } }
                } }
                tbody role="rowgroup" {
                    @for (workspace, counters) in workspaces { (row(workspace, counters, beside, now)) }
                }
            }
        }
    }
}

fn row(workspace: &Workspace, counters: &Counters, beside: &Beside<'_>, now: Time) -> Markup {
    let of = |used: i64, limit: i64| html! { span { (grouped(used)) span.muted { (w::of_words(&grouped(limit))) } } };
    html! {
        tr role="row" {
            td role="cell" data-label=(w::WORKSPACE) { div { strong { bdi { (workspace.name) } } div.meta { (w::number(&display(workspace.id), &workspace.zone)) } } }
            td.end role="cell" data-label=(w::CALLS) { (of(counters.calls_used, workspace.calls_per_cycle)) }
            td.end role="cell" data-label=(w::CREDITS) { div {
                (of(counters.credits_used, workspace.credits_per_cycle))
                @if counters.topped_up > 0 { div.meta { (w::topped_up(&grouped(counters.topped_up))) } }
            } }
            td.end role="cell" data-label=(w::CALLS_A_MINUTE) { (grouped(workspace.rate_per_minute)) }
            td role="cell" data-label=(w::MADE) { (ago(workspace.created_at, now)) }
            td.end role="cell" data-label="" { (limits(workspace, beside)) }
        }
    }
}

fn limits(workspace: &Workspace, beside: &Beside<'_>) -> Markup {
    let is_refused = beside.of == Some(workspace.id) && !beside.is_about_request;
    let faults = if is_refused { Faults(beside.faults) } else { Faults::default() };
    let fields = [
        ("calls_per_cycle", w::CALLS_A_CYCLE, workspace.calls_per_cycle.to_string()),
        ("credits_per_cycle", w::CREDITS_A_CYCLE, workspace.credits_per_cycle.to_string()),
        ("rate_per_minute", w::CALLS_A_MINUTE, workspace.rate_per_minute.to_string()),
        ("top_up", w::CREDITS_TO_ADD, String::new()),
    ];
    html! {
        details.more open[is_refused] {
            summary.btn.btn-small { (w::SET_LIMITS) span.hidden-text { (w::of_words_2(&workspace.name)) } }
            form.more-body.stack.tight method="post" action={ (PATH) "/workspaces/" (workspace.id) "/limits" } {
                @for (name, label, value) in fields {
                    @let id = format!("{name}-{}", workspace.id);
                    div.field {
                        label for=(id) { (label) }
                        input id=(id) name=(name) type="text" inputmode="numeric" autocomplete="off" value=(value) aria-invalid=[faults.of(name).map(|_| "true")];
                        @if let Some(fault) = faults.of(name) { p.fault { (fault) } }
                    }
                }
                button.btn.btn-small data-kind="primary" { (w::SET) }
            }
        }
    }
}

pub async fn set(
    State(desk): State<Desk>,
    signed: Signed,
    Path(workspace): Path<i64>,
    Sent(given): Sent<Given>,
) -> Shown {
    ensure_operator(&signed)?;
    let workspace = WorkspaceId(workspace);
    let set = match parse(&given) {
        Ok(change) => {
            let set = move |write: &mut Write<'_, '_>| {
                set_limits(write, &change)?;
                Ok(write.workspace.clone())
            };
            desk.act_as_operator(workspace, set).await
        }
        Err(error) => Err(error),
    };
    match set {
        Ok(changed) => {
            desk.app.limits.changed(&changed);
            Ok(Redirect::to(&done(PATH, "limits")).into_response())
        }
        Err(error) if !error.faults.is_empty() => {
            let beside = Beside { faults: &error.faults, of: Some(workspace), given, ..Beside::default() };
            shown(&desk, &signed, Page::new(Here::Instance, INSTANCE), &beside).await
        }
        Err(error) => Err(error.into()),
    }
}

fn parse(given: &Given) -> Result<LimitChange, Error> {
    Ok(LimitChange {
        rate_per_minute: whole_number("rate_per_minute", &given.rate_per_minute)?,
        calls_per_cycle: whole_number("calls_per_cycle", &given.calls_per_cycle)?,
        credits_per_cycle: whole_number("credits_per_cycle", &given.credits_per_cycle)?,
        top_up: whole_number("top_up", &given.top_up)?,
    })
}
