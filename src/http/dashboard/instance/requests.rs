//! What workspaces ask for: granted with the limits that the operator sets, or declined, with a word.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use database::Read;
use maud::{Markup, html};
use serde::Deserialize;

use super::workspaces::Given;
use super::{Beside, PATH, ensure_operator, shown};
use crate::clock::Time;
use crate::error::Error;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::form::{Faults, Sent, about};
use crate::http::dashboard::frame::{Here, Page, done};
use crate::http::dashboard::page::icon;
use crate::http::dashboard::path::Path;
use crate::http::dashboard::public_api::increase::{number, whole_number};
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::dashboard::time::{ago, grouped};
use crate::http::dashboard::words::INSTANCE;
use crate::http::dashboard::words::instance as w;
use crate::id::WorkspaceId;
use crate::store::Write;
use crate::store::counters::{Counters, counters_find};
use crate::store::limit_requests::{LimitRequestRow, request_open};
use crate::store::teammates::teammate_find;
use crate::store::workspaces::Workspace;
use crate::workspace::increase::{Verdict, answer_increase};
use crate::workspace::settings::LimitChange;
use maud::display;

/// Open requests that are shown, the oldest first.
const REQUESTS_SHOWN: i64 = 50;

/// An open request with what one needs to know to answer it.
pub struct OpenRequest {
    request: LimitRequestRow,
    workspace: Workspace,
    counters: Counters,
    asked_by: String,
}

pub fn open(tx: &mut impl Read) -> Result<Vec<OpenRequest>, Error> {
    let mut all = Vec::new();
    for request in request_open(tx, REQUESTS_SHOWN)? {
        let asker = teammate_find(tx, request.workspace, request.asked_by)?;
        if let Some((workspace, counters)) = counters_find(tx, request.workspace)? {
            let asked_by = asker.map(|asker| asker.display_name).unwrap_or_default();
            all.push(OpenRequest { request, workspace, counters, asked_by });
        }
    }
    Ok(all)
}

pub(super) fn card(requests: &[OpenRequest], beside: &Beside<'_>, now: Time) -> Markup {
    html! {
        section.card #requests aria-labelledby="requests-head" {
            header { h2 #requests-head { (w::REQUESTS) } span.meta { (w::open(&requests.len())) } }
            @for one in requests {
                article.card-body.stack.ruled { (told(one, now)) (form(one, beside)) }
            }
        }
    }
}

fn told(one: &OpenRequest, now: Time) -> Markup {
    html! {
        div.stack.tight {
            div.line-up {
                h3 { bdi { (one.workspace.name) } }
                span.meta { (w::workspace_asked_by(&display(one.workspace.id))) bdi { (one.asked_by) } ", " (ago(one.request.asked_at, now)) }
            }
            p dir="auto" { (one.request.reason) }
        }
    }
}

fn form(one: &OpenRequest, beside: &Beside<'_>) -> Markup {
    let (request, workspace, counters) = (&one.request, &one.workspace, &one.counters);
    let is_refused = beside.of == Some(workspace.id) && beside.is_about_request;
    let faults = if is_refused { Faults(beside.faults) } else { Faults::default() };
    let wanted = |asked: i64, now: i64| if asked > 0 { asked } else { now }.to_string();
    let said = |given: &str, asked: i64, now: i64| if is_refused { given.to_owned() } else { wanted(asked, now) };
    let given = &beside.given;
    let now = |used: i64, limit: i64| w::used_of(&grouped(used), &grouped(limit));
    html! {
        form.stack method="post" action={ (PATH) "/requests/" (workspace.id) "/" (request.id) } {
            div.fields {
                (number("calls_per_cycle", w::API_CALLS_A_CYCLE, &said(&given.calls_per_cycle, request.calls_per_cycle, workspace.calls_per_cycle), &now(counters.calls_used, workspace.calls_per_cycle), faults))
                (number("credits_per_cycle", w::MASS_SENDING_CREDITS_A, &said(&given.credits_per_cycle, request.credits_per_cycle, workspace.credits_per_cycle), &now(counters.credits_used, workspace.credits_per_cycle), faults))
                (number("rate_per_minute", w::CALLS_A_MINUTE, &said(&given.rate_per_minute, request.rate_per_minute, workspace.rate_per_minute), &w::now(&grouped(workspace.rate_per_minute)), faults))
            }
            div.field {
                label for={ "answer-" (workspace.id) } { (w::YOUR_ANSWER) }
                input id={ "answer-" (workspace.id) } name="answer" type="text" dir="auto" autocomplete="off" value=(given.answer) aria-describedby={ "answer-about-" (workspace.id) }
                    aria-invalid=[faults.of("answer").map(|_| "true")];
                (about(&format!("answer-about-{}", workspace.id), faults.of("answer"), w::THEY_READ_IT_BESIDE))
            }
            div.line-up {
                button.btn.push name="verdict" value="declined" { (icon("close")) (w::DECLINE) }
                button.btn data-kind="primary" name="verdict" value="granted" { (icon("check")) (w::GRANT_THESE_LIMITS) }
            }
        }
    }
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    verdict: String,
    #[serde(flatten)]
    given: Given,
}

pub async fn answer(
    State(desk): State<Desk>,
    signed: Signed,
    Path((workspace, request)): Path<(i64, i64)>,
    Sent(answer): Sent<Answer>,
) -> Shown {
    ensure_operator(&signed)?;
    let workspace = WorkspaceId(workspace);
    let answered = match parse(&answer) {
        Ok(verdict) => {
            let words = answer.given.answer.clone();
            let say = move |write: &mut Write<'_, '_>| {
                answer_increase(write, request, &verdict, &words)?;
                Ok(write.workspace.clone())
            };
            desk.act_as_operator(workspace, say).await
        }
        Err(error) => Err(error),
    };
    match answered {
        Ok(changed) => {
            desk.app.limits.changed(&changed);
            Ok(Redirect::to(&done(PATH, "increase-answered")).into_response())
        }
        Err(error) if !error.faults.is_empty() => {
            let beside = Beside {
                faults: &error.faults,
                of: Some(workspace),
                given: answer.given,
                is_about_request: true,
                is_measuring: false,
            };
            shown(&desk, &signed, Page::new(Here::Instance, INSTANCE), &beside).await
        }
        Err(error) => Err(error.into()),
    }
}

fn parse(answer: &Answer) -> Result<Verdict, Error> {
    match answer.verdict.as_str() {
        "declined" => Ok(Verdict::Declined),
        "granted" => Ok(Verdict::Granted(LimitChange {
            rate_per_minute: whole_number("rate_per_minute", &answer.given.rate_per_minute)?,
            calls_per_cycle: whole_number("calls_per_cycle", &answer.given.calls_per_cycle)?,
            credits_per_cycle: whole_number("credits_per_cycle", &answer.given.credits_per_cycle)?,
            top_up: None,
        })),
        _ => Err(Error::invalid("answer", w::GRANT_THE_REQUEST_OR)),
    }
}
