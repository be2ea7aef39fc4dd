//! A webhook's deliveries and their attempts: Partyline's own operations.

use axum::extract::Path;
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::error::Error;
use crate::http::call::Call;
use crate::http::fields::Fields;
use crate::http::public::refusals::Refusals;
use crate::http::public::view::{Ok as OkBody, zone_of};
use crate::http::public::webhooks::parse_id;
use crate::store::webhook_attempts::{AttemptRow, attempt_list};
use crate::store::webhook_deliveries::{DeliveryRow, DeliveryState, delivery_find, delivery_list};
use crate::store::webhooks::{WebhookRow, webhook_find};
use crate::webhooks::requests::unknown_delivery;
use crate::webhooks::{delivery_id, seq_of, unknown_webhook};
use crate::workspace::teammates::reaches_all;
use crate::workspace::zone::api_time;

const PAGE_ROWS: i64 = 50;
/// The newest attempts of a delivery are shown; the schedule has ten, and a resend begins it anew.
const ATTEMPTS_SHOWN_MAX: i64 = 100;

/// One event to one webhook.
#[derive(Serialize, ToSchema)]
pub struct Delivery {
    /// As in the header `webhook-id`, the same for each attempt.
    pub delivery_id: String,
    pub webhook_id: i64,
    pub event_type: String,
    /// The event's place in the workspace's log; null for an example.
    pub seq: Option<i64>,
    /// waiting, delivered or failed.
    pub state: String,
    /// Attempts that there were so far.
    pub attempts: i64,
    pub created_timestamp: String,
    /// When it is tried next, while it waits; null otherwise.
    pub next_attempt_timestamp: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct DeliveryPage {
    pub has_more_pages: bool,
    /// Newest event first, examples last.
    pub deliveries: Vec<Delivery>,
}

/// A delivery, what it says, and each of its attempts.
#[derive(Serialize, ToSchema)]
pub struct DeliveryWithAttempts {
    pub delivery: Delivery,
    /// The bytes that were signed and sent, as text; empty before the first attempt.
    pub body: String,
    /// Newest first, at most 100.
    pub attempts: Vec<Attempt>,
}

/// One try.
#[derive(Serialize, ToSchema)]
pub struct Attempt {
    /// Counts from 1.
    pub number: i64,
    pub timestamp: String,
    pub duration_ms: i64,
    /// The receiver's HTTP status; null where nothing answered.
    pub status: Option<i64>,
    /// Why it failed; empty where it didn't.
    pub error: String,
    /// The first 1,024 bytes of what was answered, as text.
    pub answer: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct DeliveryQuery {
    /// waiting, delivered or failed; all of them if left out.
    state: Option<String>,
    /// Those of events before this delivery's: the last one of the page before.
    before: Option<String>,
}

struct ListDeliveries {
    state: Option<DeliveryState>,
    before: Option<String>,
}

/// List a webhook's deliveries
///
/// An operation of Partyline's own. 50 to a page, kept for 30 days or as long as the workspace's settings say.
#[utoipa::path(
    get, path = "/webhooks/{webhook_id}/deliveries", tag = "Webhooks", operation_id = "list_webhook_deliveries",
    params(("webhook_id" = String, Path, description = "The webhook's number"), DeliveryQuery),
    responses(
        (status = 200, description = "A page of deliveries", body = OkBody<DeliveryPage>), Refusals,
    ),
)]
pub async fn list_webhook_deliveries(mut call: Call, Path(id): Path<String>) -> Response {
    let request = call.may_read().and_then(|()| Ok((parse_id(&id)?, call.query(read_list)?)));
    call.read(request, |tx, caller, (id, list)| {
        reaches_all(caller)?;
        let webhook = webhook_find(tx, caller.workspace, *id)?.ok_or_else(unknown_webhook)?;
        let zone = zone_of(tx, caller.workspace)?;
        let before = list.before_seq(&webhook)?;
        let mut rows = delivery_list(tx, caller.workspace, *id, before, list.state, PAGE_ROWS + 1)?;
        let has_more_pages = i64::try_from(rows.len()).is_ok_and(|rows| rows > PAGE_ROWS);
        rows.truncate(usize::try_from(PAGE_ROWS).unwrap_or(usize::MAX));
        let deliveries = rows.iter().map(|row| Delivery::of(&webhook, row, &zone)).collect();
        Ok(DeliveryPage { has_more_pages, deliveries })
    })
    .await
}

/// Read a delivery with its attempts
///
/// An operation of Partyline's own. What was sent, when it was tried, how long each attempt took and what was answered.
#[utoipa::path(
    get, path = "/webhooks/{webhook_id}/deliveries/{delivery_id}", tag = "Webhooks",
    operation_id = "get_webhook_delivery",
    params(
        ("webhook_id" = String, Path, description = "The webhook's number"),
        ("delivery_id" = String, Path, description = "As in the header `webhook-id`"),
    ),
    responses(
        (status = 200, description = "The delivery", body = OkBody<DeliveryWithAttempts>), Refusals,
    ),
)]
pub async fn get_webhook_delivery(mut call: Call, Path((id, delivery)): Path<(String, String)>) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(()))).and_then(|()| Ok((parse_id(&id)?, delivery)));
    call.read(request, |tx, caller, (id, delivery)| {
        reaches_all(caller)?;
        let webhook = webhook_find(tx, caller.workspace, *id)?.ok_or_else(unknown_webhook)?;
        let seq = seq_of(&webhook, delivery).ok_or_else(unknown_delivery)?;
        let row = delivery_find(tx, caller.workspace, *id, seq)?.ok_or_else(unknown_delivery)?;
        let attempts = attempt_list(tx, caller.workspace, *id, seq, ATTEMPTS_SHOWN_MAX)?;
        let zone = zone_of(tx, caller.workspace)?;
        let attempts = attempts.iter().map(|attempt| Attempt::of(attempt, &zone)).collect();
        Ok(DeliveryWithAttempts { delivery: Delivery::of(&webhook, &row, &zone), body: row.body, attempts })
    })
    .await
}

fn read_list(fields: &mut Fields) -> Option<ListDeliveries> {
    let state = fields.parsed("state", |text| {
        let known = DeliveryState::ALL.into_iter().find(|state| state.as_str() == text);
        let rule = || format!("state is \"{}\"; use waiting, delivered or failed", short(text));
        known.ok_or_else(|| Error::invalid("state", rule()))
    });
    Some(ListDeliveries { state, before: fields.text("before") })
}

fn short(text: &str) -> String {
    text.chars().take(64).collect()
}

impl ListDeliveries {
    fn before_seq(&self, webhook: &WebhookRow) -> Result<i64, Error> {
        let Some(before) = &self.before else { return Ok(i64::MAX) };
        let rule =
            || format!("before is \"{}\"; give the delivery_id of one of this webhook's deliveries", short(before));
        seq_of(webhook, before).ok_or_else(|| Error::invalid("before", rule()))
    }
}

impl Delivery {
    pub fn of(webhook: &WebhookRow, row: &DeliveryRow, zone: &TimeZone) -> Delivery {
        let waits = row.state == DeliveryState::Waiting;
        Delivery {
            delivery_id: delivery_id(webhook, row.seq),
            webhook_id: webhook.id.0,
            event_type: row.event_type.clone(),
            seq: (row.seq > 0).then_some(row.seq),
            state: row.state.as_str().to_owned(),
            attempts: row.attempts,
            created_timestamp: api_time(row.created_at, zone),
            next_attempt_timestamp: waits.then(|| api_time(row.next_at, zone)),
        }
    }
}

impl Attempt {
    fn of(row: &AttemptRow, zone: &TimeZone) -> Attempt {
        Attempt {
            number: row.number,
            timestamp: api_time(row.at, zone),
            duration_ms: row.duration_ms,
            status: (row.status != 0).then_some(row.status),
            error: row.error.clone(),
            answer: row.answer.clone(),
        }
    }
}
