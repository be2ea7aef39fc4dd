//! "Request an increase": what a workspace asks of the server's operator, and what was answered.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use database::Snapshot;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;

use super::{INCREASE_PATH, PATH};
use crate::error::{Error, FieldFault};
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::form::{Faults, Sent, about};
use crate::http::dashboard::frame::{Done, Here, Page, done, head};
use crate::http::dashboard::page::icon;
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::dashboard::time::{grouped, moment};
use crate::http::dashboard::words::public_api as w;
use crate::http::dashboard::words::{PUBLIC_API, REQUEST_AN_INCREASE};
use crate::store::Write;
use crate::store::limit_requests::{LimitRequestRow, RequestState, request_list};
use crate::workspace::increase::{Increase, ask_for_increase, asked};
use crate::workspace::permissions::Right;
use crate::workspace::usage::{Usage, usage_of};
use crate::workspace::zone::stored_zone;

/// Requests that are shown, the newest.
const REQUESTS_SHOWN: i64 = 20;

/// The form, as it was filled in.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Given {
    calls_per_cycle: String,
    credits_per_cycle: String,
    rate_per_minute: String,
    reason: String,
}

pub async fn show(State(desk): State<Desk>, signed: Signed, done: Done) -> Shown {
    signed.ensure(Right::ManageTokens)?;
    let page = Page::new(Here::PublicApi, REQUEST_AN_INCREASE).with(&done);
    shown(&desk, &signed, page, &Given::default(), &[]).await
}

pub async fn ask(State(desk): State<Desk>, signed: Signed, Sent(given): Sent<Given>) -> Shown {
    signed.ensure(Right::ManageTokens)?;
    let made = match parse(&given) {
        Ok(increase) => {
            let caller = signed.who.caller();
            let ask = move |write: &mut Write<'_, '_>| ask_for_increase(write, &caller, &increase);
            desk.act(&signed.who, ask).await
        }
        Err(error) => Err(error),
    };
    match made {
        Ok(_) => Ok(Redirect::to(&done(INCREASE_PATH, "increase-asked")).into_response()),
        Err(error) if !error.faults.is_empty() => {
            let page = Page::new(Here::PublicApi, REQUEST_AN_INCREASE);
            shown(&desk, &signed, page, &given, &error.faults).await
        }
        Err(error) => Err(error.into()),
    }
}

fn parse(given: &Given) -> Result<Increase, Error> {
    let read = [
        whole_number("rate_per_minute", &given.rate_per_minute),
        whole_number("calls_per_cycle", &given.calls_per_cycle),
        whole_number("credits_per_cycle", &given.credits_per_cycle),
    ];
    match read {
        [Ok(rate_per_minute), Ok(calls_per_cycle), Ok(credits_per_cycle)] => {
            Ok(Increase { rate_per_minute, calls_per_cycle, credits_per_cycle, reason: given.reason.clone() })
        }
        read => {
            let faults = read.into_iter().filter_map(Result::err).flat_map(|error| error.faults);
            Err(Error::invalid_fields(faults.collect()))
        }
    }
}

/// A number of a form; left empty it is none. People write thousands apart.
pub fn whole_number(field: &str, text: &str) -> Result<Option<i64>, Error> {
    let digits: String = text.chars().filter(|letter| !matches!(letter, ' ' | ',' | '_' | '\u{a0}')).collect();
    if digits.is_empty() {
        return Ok(None);
    }
    let rule = || Error::invalid(field, w::GIVE_A_WHOLE_NUMBER);
    digits.parse().map(Some).map_err(|_| rule())
}

async fn shown(desk: &Desk, signed: &Signed, page: Page<'_>, given: &Given, faults: &[FieldFault]) -> Shown {
    let (workspace, now) = (signed.who.workspace.id, desk.app.clock.now());
    let waiting = desk.app.ledger.waiting(workspace);
    let look = move |tx: &mut Snapshot<'_>| {
        let usage =
            usage_of(tx, workspace, now, waiting)?.ok_or_else(|| Error::not_found(w::THIS_WORKSPACE_IS_GONE))?;
        Ok((usage, request_list(tx, workspace, REQUESTS_SHOWN)?))
    };
    let (usage, requests) = desk.app.read(look).await?;
    let zone = stored_zone(&signed.who.workspace.zone);
    let faults = Faults(faults);
    let is_open = requests.first().is_some_and(|newest| newest.state == RequestState::Open);
    let purpose = w::THE_OPERATOR_OF_THIS;
    let content = html! {
        p.back { a href=(PATH) { (icon("back")) (PUBLIC_API) } }
        (head(REQUEST_AN_INCREASE, purpose, &html! {}))
        (contact(&desk.app.settings.support_contact))
        @if !is_open || !faults.0.is_empty() { (form(given, &usage, faults)) }
        @if !requests.is_empty() { (list(&requests, &zone)) }
    };
    Ok(Page { status: faults.status(), ..page }.show(signed, &content))
}

/// Whom to ask beside the form, where the operator named somebody.
fn contact(contact: &str) -> Markup {
    html! {
        @if !contact.is_empty() {
            p.banner data-tone="info" { (icon("person")) span { (w::in_a_hurry_write(&reach(contact))) } }
        }
    }
}

/// An address of mail or of a page is a link; anything else is only said.
fn reach(contact: &str) -> Markup {
    html! {
        @if contact.starts_with("https://") || contact.starts_with("http://") { a href=(contact) rel="noreferrer" { (contact) } }
        @else if contact.contains('@') && !contact.contains(' ') { a href={ "mailto:" (contact) } { (contact) } }
        @else { strong { (contact) } }
    }
}

fn form(given: &Given, usage: &Usage, faults: Faults<'_>) -> Markup {
    let now = |used: i64, limit: i64| w::used_in_this_cycle(&grouped(used), &grouped(limit));
    let calls = now(usage.calls.used, usage.calls.limit);
    let credits = now(usage.credits.used, usage.credits.limit);
    let rate = w::a_minute_now(&grouped(usage.rate_limit));
    html! {
        section.card aria-labelledby="ask" {
            header { h2 #ask { (w::WHAT_YOU_NEED) } span.meta { (w::LEAVE_EMPTY_WHAT_IS) } }
            form.card-body.stack method="post" action=(INCREASE_PATH) {
                div.fields {
                    (number("calls_per_cycle", w::API_CALLS_A_CYCLE, &given.calls_per_cycle, &calls, faults))
                    (number("credits_per_cycle", w::MASS_SENDING_CREDITS_A, &given.credits_per_cycle, &credits, faults))
                    (number("rate_per_minute", w::CALLS_A_MINUTE, &given.rate_per_minute, &rate, faults))
                }
                div.field {
                    label for="reason" { (w::WHY) }
                    textarea #reason name="reason" rows="3" required dir="auto" aria-describedby="reason-about"
                        aria-invalid=[faults.of("reason").map(|_| "true")] { (given.reason) }
                    (about("reason-about", faults.of("reason"), w::WHAT_YOU_SEND_TO))
                }
                div.line-up { button.btn.push data-kind="primary" { (icon("send")) (w::SEND_THE_REQUEST) } }
            }
        }
    }
}

/// A field for a number.
pub fn number(name: &str, label: &str, value: &str, purpose: &str, faults: Faults<'_>) -> Markup {
    let about_id = format!("{name}-about");
    html! {
        div.field {
            label for=(name) { (label) }
            input id=(name) name=(name) type="text" inputmode="numeric" value=(value) autocomplete="off" aria-describedby=(about_id)
                aria-invalid=[faults.of(name).map(|_| "true")];
            (about(&about_id, faults.of(name), purpose))
        }
    }
}

fn list(requests: &[LimitRequestRow], zone: &TimeZone) -> Markup {
    html! {
        section.card aria-labelledby="requests" {
            header { h2 #requests { (w::YOUR_REQUESTS) } }
            ol.rail.card-body {
                @for request in requests {
                    li data-done[request.state != RequestState::Open] data-tone=(tone(request.state)) {
                        span.line-up { strong { (asked(request)) } (state_badge(request.state)) span.meta.push { (moment(request.asked_at, zone)) } }
                        p.muted dir="auto" { (request.reason) }
                        @if request.state == RequestState::Open { p.small { (w::THE_OPERATOR_HAS_IT) } }
                        @else if request.answer.is_empty() { p.small { (w::answered(&moment(request.answered_at, zone))) } }
                        @else { p.small dir="auto" { strong { (w::THE_OPERATOR) } (request.answer) } }
                    }
                }
            }
        }
    }
}

const fn tone(state: RequestState) -> &'static str {
    match state {
        RequestState::Open => "info",
        RequestState::Granted => "success",
        RequestState::Declined => "danger",
    }
}

/// Where a request stands, in a word.
pub fn state_badge(state: RequestState) -> Markup {
    html! {
        @match state {
            RequestState::Open => span.badge data-tone="info" { (icon("clock")) (w::WAITING_FOR_THE_OPERATOR) },
            RequestState::Granted => span.badge data-tone="success" { (icon("check")) (w::GRANTED) },
            RequestState::Declined => span.badge data-tone="danger" { (icon("close")) (w::DECLINED) },
        }
    }
}
