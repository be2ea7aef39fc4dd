//! What the pages show of a webhook: how it fares, read from its last attempts.

use std::time::Duration;

use database::Read;
use maud::{Markup, html};

use crate::clock::Time;
use crate::error::Error;
use crate::http::dashboard::page::icon;
use crate::http::dashboard::time::{ago, grouped};
use crate::http::dashboard::words::webhooks as w;
use crate::id::WorkspaceId;
use crate::store::webhook_attempts::{AttemptRow, attempt_newest, attempt_tally};
use crate::store::webhooks::WebhookRow;

/// Failures are counted so far back.
const LOOK_BACK: Duration = Duration::from_secs(24 * 3600);
/// And among so many attempts, the newest.
const ATTEMPTS_COUNTED_MAX: i64 = 1_000;

/// How a webhook fares.
pub struct Fares {
    pub attempts: i64,
    pub failed: i64,
    pub newest: Option<AttemptRow>,
}

impl Fares {
    pub fn of(tx: &mut impl Read, workspace: WorkspaceId, webhook: &WebhookRow, now: Time) -> Result<Fares, Error> {
        let (attempts, failed) = attempt_tally(tx, workspace, webhook.id, now - LOOK_BACK, ATTEMPTS_COUNTED_MAX)?;
        Ok(Fares { attempts, failed, newest: attempt_newest(tx, workspace, webhook.id)? })
    }

    /// The share of attempts that failed in the last day.
    pub fn rate(&self) -> Markup {
        let tenths = self.failed * 1_000 / self.attempts.max(1);
        html! {
            @if self.attempts == 0 { span.muted { (w::NONE_TRIED) } }
            @else { (tenths / 10) "." (tenths % 10) " %" span.hidden-text { (w::of_attempts(&grouped(self.attempts))) } }
        }
    }

    pub fn last_answer(&self, now: Time) -> Markup {
        html! {
            @match &self.newest {
                None => span.muted { (w::NONE_YET) },
                Some(attempt) => { span { (came_of(attempt)) ", " (ago(attempt.at, now)) } },
            }
        }
    }
}

/// `200 in 84 ms`, or why nothing came.
pub fn came_of(attempt: &AttemptRow) -> String {
    match attempt.status {
        0 => w::no_answer_in(&took(attempt.duration_ms)),
        status => format!("{status} in {}", took(attempt.duration_ms)),
    }
}

pub fn took(duration_ms: i64) -> String {
    match duration_ms {
        ..1 => "<1 ms".to_owned(),
        1..1_000 => format!("{duration_ms} ms"),
        _ => format!("{}.{} s", duration_ms / 1_000, duration_ms % 1_000 / 100),
    }
}

/// A webhook's state in a word.
pub fn state(webhook: &WebhookRow, fares: &Fares) -> Markup {
    let in_a_row = webhook.errors_counter;
    html! {
        @if !webhook.enabled && !webhook.disabled_reason.is_empty() {
            span.badge data-tone="danger" { (icon("alert")) (w::SWITCHED_OFF) }
        } @else if !webhook.enabled {
            span.badge data-tone="none" { (w::PAUSED) }
        } @else if in_a_row > 0 {
            span.badge data-tone="warning" { (icon("alert")) (w::failing_in_a_row(&grouped(in_a_row))) }
        } @else if fares.newest.is_none() {
            span.badge data-tone="info" { (icon("clock")) (w::WAITING_FOR_ITS_FIRST) }
        } @else {
            span.badge data-tone="success" { (icon("check")) (w::HEALTHY) }
        }
    }
}
