//! One delivery: the attempts on the line, and what was sent to the byte.

use std::time::Duration;

use database::Read;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::PATH;
use super::seen::took;
use crate::clock::Time;
use crate::error::Error;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::page::icon;
use crate::http::dashboard::time::formatted;
use crate::http::dashboard::words::webhooks as w;
use crate::id::{ChatId, WebhookId, WorkspaceId};
use crate::store::events::{EventRow, event_after};
use crate::store::webhook_attempts::{AttemptRow, attempt_list};
use crate::store::webhook_deliveries::{DeliveryRow, DeliveryState, delivery_find};
use crate::store::webhooks::WebhookRow;
use crate::webhooks::schedule::PAUSES_S;
use crate::webhooks::{SECRET_OVERLAP, delivery_id, secrets_of, signed_headers};

/// The newest attempts of a delivery are shown.
const ATTEMPTS_SHOWN_MAX: i64 = 30;

/// An attempt within this time is waited for.
const SOON: Duration = Duration::from_secs(30);

/// A delivery with what is known of it.
pub struct Opened {
    pub row: DeliveryRow,
    /// Newest first.
    attempts: Vec<AttemptRow>,
    /// The event it tells of, if the log still has it.
    event: Option<EventRow>,
    workspace: WorkspaceId,
}

impl Opened {
    pub fn read(
        tx: &mut impl Read,
        workspace: WorkspaceId,
        webhook: WebhookId,
        seq: i64,
    ) -> Result<Option<Opened>, Error> {
        let Some(row) = delivery_find(tx, workspace, webhook, seq)? else { return Ok(None) };
        let attempts = attempt_list(tx, workspace, webhook, seq, ATTEMPTS_SHOWN_MAX)?;
        let event = event_after(tx, workspace, seq - 1, 1)?.into_iter().find(|event| event.seq == seq);
        Ok(Some(Opened { row, attempts, event, workspace }))
    }

    /// Whether an attempt is due soon or being made; a claim moves the next one ahead by less than this.
    pub fn is_under_way(&self, now: Time) -> bool {
        self.row.state == DeliveryState::Waiting && self.row.next_at <= now + SOON
    }
}

/// How a delivery is, in a word.
pub fn badge(row: &DeliveryRow) -> Markup {
    html! {
        @match row.state {
            DeliveryState::Delivered => span.badge data-tone="success" { (icon("check")) (w::DELIVERED) },
            DeliveryState::Failed => span.badge data-tone="danger" { (icon("close")) (w::GIVEN_UP) },
            DeliveryState::Waiting if row.tries == 0 => span.badge data-tone="info" { (icon("clock")) (w::WAITING) },
            DeliveryState::Waiting => span.badge data-tone="warning" { (icon("again")) (w::RETRYING) },
        }
    }
}

pub fn drawer(desk: &Desk, webhook: &WebhookRow, open: &Opened, back: &str, zone: &TimeZone, now: Time) -> Markup {
    let row = &open.row;
    let id = delivery_id(webhook, row.seq);
    html! {
        section.drawer.stack #delivery aria-labelledby="delivery-head" {
            div.line-up.nowrap {
                h3.clip #delivery-head { code { (row.event_type) } }
                a.btn.btn-small.btn-icon.push data-kind="plain" aria-label=(w::CLOSE_DETAILS) href={ (back) "#deliveries" } { (icon("close")) }
            }
            div.line-up {
                (badge(row)) span.meta { (tells_of(open)) }
                @if webhook.enabled {
                    form.push method="post" action={ (PATH) "/" (webhook.id) "/resend" } {
                        input type="hidden" name="delivery" value=(id);
                        button.btn.btn-small { (icon("again")) (w::RESEND) }
                    }
                }
            }
            ol.rail aria-label=(w::ATTEMPTS) {
                @for attempt in open.attempts.iter().rev() { (step(attempt, zone)) }
                @if row.state == DeliveryState::Waiting { (to_come(row, zone, now)) }
            }
            @if let Some(headers) = headers(desk, webhook, open) {
                figure.code { figcaption { (w::HEADERS) } pre role="group" tabindex="0" data-ring="in" aria-label=(w::HEADERS) { code { (headers) } } }
            }
            @if !row.body.is_empty() {
                figure.code data-copy="body" {
                    figcaption { (w::BODY) button.btn.btn-small.push type="button" hidden { (icon("copy")) (w::COPY) } span.badge.push data-tone="success" role="status" hidden { (icon("check")) (w::COPIED) } }
                    pre role="group" tabindex="0" data-ring="in" aria-label=(w::BODY) { code { (pretty(&row.body)) } }
                }
            }
        }
    }
}

fn tells_of(open: &Opened) -> Markup {
    html! {
        @match &open.event {
            None if open.row.seq < 0 => (w::AN_EXAMPLE_NOTHING_OF),
            None => { (w::event_which_the_log(&open.row.seq)) },
            Some(event) => {
                (w::event(&event.seq))
                @if event.chat != ChatId(0) {
                    (w::IN_WORD)
                    @match event.message {
                        Some(uid) => a href={ "/inbox/" (event.chat) "#m-" (uid) } { (w::THIS_MESSAGE) },
                        None => a href={ "/inbox/" (event.chat) } { (w::THIS_CHAT) },
                    }
                }
            },
        }
    }
}

fn step(attempt: &AttemptRow, zone: &TimeZone) -> Markup {
    let is_good = (200..300).contains(&attempt.status);
    html! {
        li data-done data-tone=(if is_good { "success" } else { "danger" }) {
            span.line-up {
                strong { (w::try_words(&ordinal(attempt.number))) @if attempt.status == 0 { (w::NO_ANSWER) } @else { (attempt.status) } }
                time.meta.push { (formatted(attempt.at, zone, "%-d %b %H:%M:%S")) }
            }
            span.muted {
                @if !is_good && attempt.error != format!("answered {}", attempt.status) && !attempt.error.is_empty() { (attempt.error) ", " }
                (w::after(&took(attempt.duration_ms)))
            }
            @if !attempt.answer.is_empty() { details.quoted { summary { (w::WHAT_WAS_ANSWERED) } pre tabindex="0" data-ring="in" { (attempt.answer) } } }
        }
    }
}

fn to_come(row: &DeliveryRow, zone: &TimeZone, now: Time) -> Markup {
    let done = usize::try_from(row.tries).unwrap_or(usize::MAX);
    let more = PAUSES_S.len().saturating_sub(done + 1);
    html! {
        li data-tone="info" {
            span.line-up {
                strong { (w::try_words_2(&ordinal(row.attempts + 1))) @if row.next_at <= now || row.tries == 0 { (w::NOW) } @else { (w::at(&formatted(row.next_at, zone, "%H:%M:%S"))) } }
                time.meta.push { (formatted(row.next_at, zone, "%-d %b")) }
            }
            @if more > 0 { span.muted { (w::up_to_more_follow(&more)) } }
        }
    }
}

/// The headers of the last attempt, made again from what is kept; the signature only with the secrets that it had then.
fn headers(desk: &Desk, webhook: &WebhookRow, open: &Opened) -> Option<String> {
    let attempt = open.attempts.first()?;
    let rotated_at = webhook.secret_before_until - SECRET_OVERLAP;
    let is_signed_by_others = !webhook.secret_before_until.is_never() && attempt.at < rotated_at;
    let key = desk.app.sealing_key().ok().filter(|_| !is_signed_by_others);
    let secrets = key.and_then(|key| secrets_of(key, open.workspace, webhook, attempt.at));
    let headers = signed_headers(
        secrets.as_deref().unwrap_or_default(),
        &delivery_id(webhook, open.row.seq),
        attempt.at,
        &open.row.body,
    );
    let mut lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    if is_signed_by_others {
        lines.push(w::SIGNED_BY_THE_OLD_SECRET.to_owned());
    }
    Some(lines.join("\n"))
}

fn ordinal(number: i64) -> String {
    let ending = match (number % 10, number % 100) {
        (1, tens) if tens != 11 => "st",
        (2, tens) if tens != 12 => "nd",
        (3, tens) if tens != 13 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// JSON on several lines, as it was sent otherwise.
fn pretty(body: &str) -> String {
    let parsed = serde_json::from_str::<serde_json::Value>(body).ok();
    parsed.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| body.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_counted_as_people_count() {
        let said = [1, 2, 3, 4, 10, 11, 12, 13, 21, 102, 111].map(ordinal);
        assert_eq!(said, ["1st", "2nd", "3rd", "4th", "10th", "11th", "12th", "13th", "21st", "102nd", "111th"]);
    }
}
