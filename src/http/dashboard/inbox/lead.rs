//! What a lead looks at: who waits for an answer, how long first answers take, and whose they are.

use axum::extract::State;
use database::Snapshot;
use maud::{Markup, html};

use super::INBOX_PATH;
use super::view::{View, Wish};
use crate::clock::Time;
use crate::error::Error;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::frame::{Here, Page, head};
use crate::http::dashboard::session::{Shown, Signed};
use crate::http::dashboard::time::{distance, grouped};
use crate::http::dashboard::words::ANSWERING;
use crate::inbox::lead::{Answerer, EVENTS_READ_MAX, LOOKS_BACK, Report, SPANS, report};
use crate::store::chat_lists::chat_rows;
use crate::store::chats::ChatRow;
use crate::store::teammates::{TeammateRow, teammate_list};
use crate::store::waiting::{WaitingKey, waiting_list};
use crate::workspace::permissions::Right;

/// Waiting chats that are counted, and those that are named.
const WAITING_COUNTED: i64 = 1_000;
const WAITING_NAMED: usize = 10;
/// Units of a bar's width.
const BAR: usize = 400;

/// Who waits.
struct Waiting {
    keys: Vec<WaitingKey>,
    /// The longest waiting.
    chats: Vec<ChatRow>,
}

pub async fn show(State(desk): State<Desk>, signed: Signed) -> Shown {
    signed.ensure(Right::ReadUsage)?;
    let (workspace, now) = (signed.who.workspace.id, desk.app.clock.now());
    let look = move |tx: &mut Snapshot<'_>| {
        let keys = waiting_list(tx, workspace, None, WAITING_COUNTED)?;
        let ids: Vec<_> = keys.iter().take(WAITING_NAMED).map(|key| key.chat).collect();
        let waiting = Waiting { chats: chat_rows(tx, workspace, &ids)?, keys };
        Ok::<_, Error>((waiting, report(tx, workspace, now)?, teammate_list(tx, workspace)?))
    };
    let (waiting, told, teammates) = desk.app.read(look).await?;
    let days = LOOKS_BACK.as_secs() / 86_400;
    let content = html! {
        (head(ANSWERING, "Who waits for an answer now, and how long first answers took in the last days.", &html! { a.btn href=(Wish { view: View::Waiting, ..Wish::default() }.address(None)) { "Waiting longest" } }))
        @if !told.is_whole { p.banner data-tone="info" { span { "This workspace is busy: only its last " (grouped(EVENTS_READ_MAX)) " events of the " (days) " days are counted here." } } }
        div.cols data-cols="even" {
            (who_waits(&waiting, &teammates, now))
            (spans(&told, days))
        }
        (by_teammate(&told, &teammates))
    };
    Ok(Page::new(Here::Answering, ANSWERING).show(&signed, &content))
}

fn who_waits(waiting: &Waiting, teammates: &[TeammateRow], now: Time) -> Markup {
    let number = waiting.keys.len();
    html! {
        section.card aria-labelledby="waiting-title" {
            header { h2 #waiting-title { "Unanswered" } }
            div.card-body.stack {
                p { span.big.num { (grouped(i64::try_from(number).unwrap_or(0))) @if i64::try_from(number).is_ok_and(|number| number == WAITING_COUNTED) { "+" } } " " @if number == 1 { "open chat waits" } @else { "open chats wait" } }
                @if number == 0 { p.meta { "Everybody has been answered." } }
                table.table {
                    @if number > 0 { thead { tr { th { "Chat" } th { "Waits" } th { "Responsible" } } } }
                    tbody {
                        @for chat in &waiting.chats {
                            @let since = waiting.keys.iter().find(|key| key.chat == chat.id).map_or(now, |key| key.since);
                            @let who = teammates.iter().find(|teammate| teammate.id == chat.responsible);
                            tr {
                                td data-label="Chat" { a href={ (INBOX_PATH) "/" (chat.id) } { bdi { (chat.name) } } }
                                td data-label="Waits" { (distance(now.since(since))) }
                                td data-label="Responsible" { @match who { Some(who) => bdi { (who.display_name) }, None => span.muted { "Nobody" } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn several(number: usize, what: &str) -> String {
    format!("{} {what}{}", grouped(i64::try_from(number).unwrap_or(i64::MAX)), if number == 1 { "" } else { "s" })
}

fn spans(told: &Report, days: u64) -> Markup {
    let most = told.spans.iter().copied().max().unwrap_or(0).max(1);
    let all: usize = told.spans.iter().sum();
    html! {
        section.card aria-labelledby="spans-title" {
            header { h2 #spans-title { "First answers" } span.meta.push { "Last " (days) " days" } }
            div.card-body.stack {
                p { span.big { @match told.median { Some(median) => (distance(median)), None => "None yet" } } @if told.median.is_some() { " in the middle; half were quicker" } }
                p.meta { (several(told.received, "message")) " came in, " (several(all, "first answer")) " went out." }
                ul.bars {
                    @for ((_, name), number) in SPANS.iter().zip(told.spans) {
                        li { span { (name) } (bar(number, most)) span.num { (number) } }
                    }
                }
            }
        }
    }
}

fn by_teammate(told: &Report, teammates: &[TeammateRow]) -> Markup {
    let most = told.answers.iter().map(|answers| answers.number).max().unwrap_or(0).max(1);
    html! {
        section.card aria-labelledby="mates-title" {
            header { h2 #mates-title { "By whom" } }
            @if told.answers.is_empty() { div.empty { strong { "No answers yet" } p { "As soon as somebody answers a contact, it is counted here." } } }
            @else {
                table.table {
                    thead { tr { th { "Who" } th.end { "First answers" } th { span.hidden-text { "As a bar" } } th { "In the middle" } th { "Longest" } } }
                    tbody {
                        @for answers in &told.answers {
                            tr {
                                td data-label="Who" { (name_of(answers.by, teammates)) }
                                td.end.num data-label="First answers" { (grouped(i64::try_from(answers.number).unwrap_or(0))) }
                                td data-label="As a bar" { (bar(answers.number, most)) }
                                td data-label="In the middle" { (distance(answers.median)) }
                                td data-label="Longest" { (distance(answers.longest)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn name_of(by: Answerer, teammates: &[TeammateRow]) -> Markup {
    match by {
        Answerer::Other => html! { "Programs and the phone" },
        Answerer::Teammate(id) => match teammates.iter().find(|teammate| teammate.id == id) {
            Some(teammate) => html! { bdi { (teammate.display_name) } },
            None => html! { span.muted { "Somebody who has left" } },
        },
    }
}

/// A number as a part of the most; the number itself stands beside it.
fn bar(number: usize, most: usize) -> Markup {
    html! {
        svg.bar viewBox={ "0 0 " (BAR) " 8" } preserveAspectRatio="none" aria-hidden="true" {
            rect.none width=(BAR) height="8" {}
            rect width=(number * BAR / most) height="8" {}
        }
    }
}
