//! What may be asked of a webhook's deliveries: one again, a range again, an example, another secret. Partyline's own
//! operations.

use axum::extract::Path;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::http::call::{Call, Done, RawBody};
use crate::http::fields::Fields;
use crate::http::public::refusals::{BodyRefusals, Refusals};
use crate::http::public::view::{Ok as OkBody, zone_of};
use crate::http::public::webhook_deliveries::Delivery;
use crate::http::public::webhooks::{Webhook, parse_id};
use crate::store::webhooks::WebhookRow;
use crate::webhooks::bodies::example;
use crate::webhooks::requests::{replay, resend, rotate_secret, send_example};
use crate::webhooks::{EventType, NewSecret};
use crate::workspace::zone::api_time;

/// Which events to deliver again.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct ReplayRange {
    /// The first event's place in the workspace's log, its `seq`.
    #[schema(minimum = 1, example = 1)]
    from_seq: i64,
    /// The last one's; the newest event if left out.
    #[schema(required = false, nullable, minimum = 1, example = 500)]
    to_seq: Option<i64>,
}

/// What is delivered again, as far as the log goes.
#[derive(Serialize, ToSchema)]
pub struct Replay {
    pub from_seq: i64,
    pub to_seq: i64,
}

/// Deliver one again
///
/// An operation of Partyline's own. The same bytes under the same `webhook-id`, whatever came of it before, from the start of
/// the schedule. Needs scope `full` and a token of an owner or admin.
#[utoipa::path(
    post, path = "/webhooks/{webhook_id}/deliveries/{delivery_id}/resend", tag = "Webhooks",
    operation_id = "resend_webhook_delivery",
    params(
        ("webhook_id" = String, Path, description = "The webhook's number"),
        ("delivery_id" = String, Path, description = "As in the header `webhook-id`"),
    ),
    responses(
        (status = 200, description = "The delivery", body = OkBody<Delivery>), Refusals, BodyRefusals,
    ),
)]
pub async fn resend_webhook_delivery(mut call: Call, Path((id, delivery)): Path<(String, String)>) -> Response {
    let request =
        call.may_manage().and_then(|()| call.query(|_| Some(()))).and_then(|()| Ok((parse_id(&id)?, delivery)));
    call.write(request, |write, caller, (id, delivery)| {
        let (webhook, row) = resend(write, caller, *id, delivery)?;
        Ok(Done::with(Delivery::of(&webhook, &row, &zone_of(write.tx, caller.workspace)?)))
    })
    .await
}

/// Deliver a range of events again
///
/// An operation of Partyline's own. Every event of the range that the webhook asks for is delivered, again where it was
/// before, under the same `webhook-id`. At most 1,000,000 events; one replay at a time: another takes its place. Needs scope
/// `full` and a token of an owner or admin.
#[utoipa::path(
    post, path = "/webhooks/{webhook_id}/replay", tag = "Webhooks", operation_id = "replay_webhook",
    params(("webhook_id" = String, Path, description = "The webhook's number")), request_body = ReplayRange,
    responses(
        (status = 200, description = "It has begun", body = OkBody<Replay>), Refusals, BodyRefusals,
    ),
)]
pub async fn replay_webhook(mut call: Call, Path(id): Path<String>, body: RawBody) -> Response {
    let request = call.may_manage().and_then(|()| {
        let range = call.body(body, read_range)?;
        Ok((parse_id(&id)?, range))
    });
    call.write(request, |write, caller, (id, (first, last))| {
        let (from_seq, to_seq) = replay(write, caller, *id, *first, *last)?;
        Ok(Done::with(Replay { from_seq, to_seq }))
    })
    .await
}

/// Send an example
///
/// An operation of Partyline's own. Delivers a made-up event of the webhook's type, signed and tried like a real one. Needs
/// scope `full` and a token of an owner or admin.
#[utoipa::path(
    post, path = "/webhooks/{webhook_id}/example", tag = "Webhooks", operation_id = "send_webhook_example",
    params(("webhook_id" = String, Path, description = "The webhook's number")),
    responses(
        (status = 200, description = "The delivery", body = OkBody<Delivery>), Refusals, BodyRefusals,
    ),
)]
pub async fn send_webhook_example(mut call: Call, Path(id): Path<String>) -> Response {
    let app = call.app().clone();
    let request = call.may_manage().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_id(&id));
    call.write(request, move |write, caller, id| {
        let zone = zone_of(write.tx, caller.workspace)?;
        let now = api_time(write.now, &zone);
        let body = |webhook: &WebhookRow| example_body(webhook, &app.settings.public_url, &now);
        let (webhook, row) = send_example(write, caller, *id, body)?;
        Ok(Done::with(Delivery::of(&webhook, &row, &zone)))
    })
    .await
}

/// Give a webhook another secret
///
/// An operation of Partyline's own. The answer tells the new `secret`, once. For 24 hours deliveries are signed with both.
/// Needs scope `full` and a token of an owner or admin.
#[utoipa::path(
    post, path = "/webhooks/{webhook_id}/rotate", tag = "Webhooks", operation_id = "rotate_webhook_secret",
    params(("webhook_id" = String, Path, description = "The webhook's number")),
    responses(
        (status = 200, description = "The webhook with its new secret", body = OkBody<Webhook>), Refusals, BodyRefusals,
    ),
)]
pub async fn rotate_webhook_secret(mut call: Call, Path(id): Path<String>) -> Response {
    let app = call.app().clone();
    let request = call.may_manage().and_then(|()| call.query(|_| Some(()))).and_then(|()| {
        let new = NewSecret::generate(app.sealing_key()?, call.caller().workspace)?;
        Ok((parse_id(&id)?, new))
    });
    call.with_a_secret()
        .write(request, |write, caller, (id, new)| {
            let row = rotate_secret(write, caller, *id, new)?;
            Ok(Done::with(Webhook { secret: Some(new.secret.reveal()), ..Webhook::from(&row) }))
        })
        .await
}

fn read_range(fields: &mut Fields) -> Option<(i64, i64)> {
    let (first, last) = (fields.integer("from_seq"), fields.integer("to_seq"));
    if first.is_none() && !fields.has_fault("from_seq") {
        fields.fault("from_seq", "from_seq is missing; give the seq of the first event to deliver again".to_owned());
    }
    for (field, given) in [("from_seq", first), ("to_seq", last)] {
        if let Some(given) = given.filter(|given| *given < 1) {
            fields.fault(field, format!("{field} is {given}; events are counted from 1"));
        }
    }
    Some((first?, last.unwrap_or(i64::MAX)))
}

/// The body of an example for a webhook.
///
/// # Errors
/// `validation_error` for a type that this version doesn't know.
pub fn example_body(webhook: &WebhookRow, public_url: &str, now: &str) -> Result<String, Error> {
    let rule = || format!("event_type {} is unknown to this version; make the webhook anew", webhook.event_type);
    let event_type = EventType::parse(&webhook.event_type).ok_or_else(|| Error::invalid("event_type", rule()))?;
    Ok(example(event_type, public_url, now).to_string())
}
