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
use crate::http::dashboard::words::answering as w;
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
        (head(ANSWERING, w::WHO_WAITS_FOR_AN_ANSWER, &html! { a.btn href=(Wish { view: View::Waiting, ..Wish::default() }.address(None)) { (w::WAITING_LONGEST) } }))
        @if !told.is_whole { p.banner data-tone="info" { span { (w::busy(&grouped(EVENTS_READ_MAX), &days)) } } }
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
            header { h2 #waiting-title { (w::UNANSWERED) } }
            div.card-body.stack {
                p { span.big.num { (grouped(i64::try_from(number).unwrap_or(0))) @if i64::try_from(number).is_ok_and(|number| number == WAITING_COUNTED) { "+" } } " " (w::open_chats(number)) }
                @if number == 0 { p.meta { (w::EVERYBODY_HAS_BEEN_ANSWERED) } }
                table.table {
                    @if number > 0 { thead { tr { th { (w::CHAT) } th { (w::WAITS) } th { (w::RESPONSIBLE) } } } }
                    tbody {
                        @for chat in &waiting.chats {
                            @let since = waiting.keys.iter().find(|key| key.chat == chat.id).map_or(now, |key| key.since);
                            @let who = teammates.iter().find(|teammate| teammate.id == chat.responsible);
                            tr {
                                td data-label=(w::CHAT) { a href={ (INBOX_PATH) "/" (chat.id) } { bdi { (chat.name) } } }
                                td data-label=(w::WAITS) { (distance(now.since(since))) }
                                td data-label=(w::RESPONSIBLE) { @match who { Some(who) => bdi { (who.display_name) }, None => span.muted { (w::NOBODY) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn several(number: usize) -> String {
    grouped(i64::try_from(number).unwrap_or(i64::MAX))
}

fn spans(told: &Report, days: u64) -> Markup {
    let most = told.spans.iter().copied().max().unwrap_or(0).max(1);
    let all: usize = told.spans.iter().sum();
    html! {
        section.card aria-labelledby="spans-title" {
            header { h2 #spans-title { (w::FIRST_ANSWERS) } span.meta.push { (w::last_days(&days)) } }
            div.card-body.stack {
                p { span.big { @match told.median { Some(median) => (distance(median)), None => (w::NONE_YET) } } @if told.median.is_some() { " " (w::HALF_WERE_QUICKER) } }
                p.meta { (w::in_and_out((told.received, &several(told.received)), (all, &several(all)))) }
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
            header { h2 #mates-title { (w::BY_WHOM) } }
            @if told.answers.is_empty() { div.empty { strong { (w::NO_ANSWERS_YET) } p { (w::AS_SOON_AS_SOMEBODY_ANSWERS) } } }
            @else {
                table.table {
                    thead { tr { th { (w::WHO) } th.end { (w::FIRST_ANSWERS) } th { span.hidden-text { (w::AS_A_BAR) } } th { (w::IN_THE_MIDDLE) } th { (w::LONGEST) } } }
                    tbody {
                        @for answers in &told.answers {
                            tr {
                                td data-label=(w::WHO) { (name_of(answers.by, teammates)) }
                                td.end.num data-label=(w::FIRST_ANSWERS) { (grouped(i64::try_from(answers.number).unwrap_or(0))) }
                                td data-label=(w::AS_A_BAR) { (bar(answers.number, most)) }
                                td data-label=(w::IN_THE_MIDDLE) { (distance(answers.median)) }
                                td data-label=(w::LONGEST) { (distance(answers.longest)) }
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
        Answerer::Other => html! { (w::PROGRAMS_AND_THE_PHONE) },
        Answerer::Teammate(id) => match teammates.iter().find(|teammate| teammate.id == id) {
            Some(teammate) => html! { bdi { (teammate.display_name) } },
            None => html! { span.muted { (w::SOMEBODY_WHO_HAS_LEFT) } },
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
