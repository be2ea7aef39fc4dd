//! Webhooks: list, make, read, change, delete.

use axum::extract::Path;
use axum::response::Response;
use serde::Serialize;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::error::Error;
use crate::http::call::{Call, Done, RawBody};
use crate::http::fields::Fields;
use crate::http::public::refusals::{BodyRefusals, Refusals};
use crate::http::public::view::{Nothing, Ok as OkBody};
use crate::id::WebhookId;
use crate::outbound::Policy;
use crate::store::webhooks::{WebhookRow, webhook_find, webhook_list};
use crate::webhooks::{
    EventType, NewSecret, WebhookChange, WebhookUrl, change_webhook, delete_webhook, make_webhook, unknown_webhook,
};

/// An address and the event that it wants.
#[derive(Serialize, ToSchema)]
pub struct Webhook {
    pub id: i64,
    #[schema(value_type = WebhookEventType)]
    pub event_type: String,
    pub enabled: bool,
    pub url: String,
    /// Attempts that failed in a row.
    pub errors_counter: i64,
    /// What its deliveries are signed with: `whsec_` and Base64. Only in the answer that makes or rotates it, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub secret: Option<String>,
    /// Why this server switched it off; left out where it didn't.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub disabled_reason: Option<String>,
}

/// The name of an event.
pub struct WebhookEventType;

impl PartialSchema for WebhookEventType {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(EventType::NAMES)).into()
    }
}

impl ToSchema for WebhookEventType {}

/// A webhook to be made.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct NewWebhook {
    #[schema(value_type = WebhookEventType, example = "message:received:new")]
    event_type: String,
    /// With `http://` or `https://` and a host; without a name or password.
    #[schema(max_length = 4096, format = "uri", example = "https://crm.example.com/whatsapp")]
    url: String,
    /// Whether it hears at once; true unless told.
    #[schema(required = false)]
    enabled: bool,
}

/// What to change of a webhook; what is left out stays as it is.
#[derive(ToSchema)]
#[schema(as = WebhookChange)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct WebhookChangeBody {
    #[schema(required = false, value_type = WebhookEventType)]
    event_type: String,
    #[schema(required = false, max_length = 4096, format = "uri")]
    url: String,
    #[schema(required = false)]
    enabled: bool,
}

/// List webhooks
///
/// The whole list, oldest first.
#[utoipa::path(
    get, path = "/webhooks", tag = "Webhooks", operation_id = "list_webhooks",
    responses(
        (status = 200, description = "The webhooks", body = OkBody<Vec<Webhook>>), Refusals,
    ),
)]
pub async fn list_webhooks(mut call: Call) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(())));
    call.read(request, |tx, caller, ()| {
        let rows = webhook_list(tx, caller.workspace)?;
        Ok(rows.iter().map(Webhook::from).collect::<Vec<_>>())
    })
    .await
}

/// Make a webhook
///
/// Needs scope `full` and a token of an owner or admin. Where one with this event type and address is there already, that
/// one is answered as it is, without its secret. A workspace has at most 10. The receiver must answer 2xx within 5 s.
#[utoipa::path(
    post, path = "/webhooks", tag = "Webhooks", operation_id = "create_webhook", request_body = NewWebhook,
    responses(
        (status = 200, description = "The webhook", body = OkBody<Webhook>), Refusals, BodyRefusals,
    ),
)]
pub async fn create_webhook(mut call: Call, body: RawBody) -> Response {
    let app = call.app().clone();
    let request = call.may_manage().and_then(|()| {
        let wanted = call.body(body, |fields| read_new(fields, app.outbound.policy()))?;
        Ok((wanted, NewSecret::generate(app.sealing_key()?, call.caller().workspace)?))
    });
    call.with_a_secret()
        .write(request, |write, caller, ((event_type, url, enabled), new)| {
            let (row, made) = make_webhook(write, caller, *event_type, url, *enabled, new)?;
            Ok(Done::with(Webhook { secret: made.then(|| new.secret.reveal()), ..Webhook::from(&row) }))
        })
        .await
}

/// Read a webhook
#[utoipa::path(
    get, path = "/webhooks/{webhook_id}", tag = "Webhooks", operation_id = "get_webhook",
    params(("webhook_id" = String, Path, description = "The webhook's number")),
    responses(
        (status = 200, description = "The webhook", body = OkBody<Webhook>), Refusals,
    ),
)]
pub async fn get_webhook(mut call: Call, Path(id): Path<String>) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_id(&id));
    call.read(request, |tx, caller, id| {
        let row = webhook_find(tx, caller.workspace, *id)?.ok_or_else(unknown_webhook)?;
        Ok(Webhook::from(&row))
    })
    .await
}

/// Change a webhook
///
/// Needs scope `full` and a token of an owner or admin. Another address, and being switched on again, set its
/// `errors_counter` to 0.
#[utoipa::path(
    put, path = "/webhooks/{webhook_id}", tag = "Webhooks", operation_id = "update_webhook",
    params(("webhook_id" = String, Path, description = "The webhook's number")), request_body = WebhookChangeBody,
    responses(
        (status = 200, description = "The webhook as it is now", body = OkBody<Webhook>), Refusals, BodyRefusals,
    ),
)]
pub async fn update_webhook(mut call: Call, Path(id): Path<String>, body: RawBody) -> Response {
    let app = call.app().clone();
    let request = call.may_manage().and_then(|()| {
        let change = call.body(body, |fields| Some(read_change(fields, app.outbound.policy())))?;
        Ok((parse_id(&id)?, change))
    });
    call.write(request, |write, caller, (id, change)| {
        let row = change_webhook(write, caller, *id, change)?;
        Ok(Done { data: Webhook::from(&row), message: None })
    })
    .await
}

/// Delete a webhook
///
/// Needs scope `full` and a token of an owner or admin.
#[utoipa::path(
    delete, path = "/webhooks/{webhook_id}", tag = "Webhooks", operation_id = "delete_webhook",
    params(("webhook_id" = String, Path, description = "The webhook's number")),
    responses(
        (status = 200, description = "It is deleted", body = OkBody<Nothing>), Refusals,
    ),
)]
pub async fn remove_webhook(mut call: Call, Path(id): Path<String>) -> Response {
    let request = call.may_manage().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_id(&id));
    call.write(request, |write, caller, id| {
        delete_webhook(write, caller, *id)?;
        Ok(Done { data: Nothing {}, message: None })
    })
    .await
}

fn read_new(fields: &mut Fields, policy: &Policy) -> Option<(EventType, WebhookUrl, bool)> {
    let change = read_change(fields, policy);
    for (field, is_there) in [("event_type", change.event_type.is_some()), ("url", change.url.is_some())] {
        if !is_there && !fields.has_fault(field) {
            fields.fault(field, format!("{field} is missing; a webhook names an event and the address that hears it"));
        }
    }
    Some((change.event_type?, change.url?, change.enabled.unwrap_or(true)))
}

fn read_change(fields: &mut Fields, policy: &Policy) -> WebhookChange {
    WebhookChange {
        event_type: fields.parsed("event_type", |given| {
            let rule = || format!("event_type \"{given}\" is unknown; use one of {}", EventType::NAMES.join(", "));
            EventType::parse(given).ok_or_else(|| Error::invalid("event_type", rule()))
        }),
        url: fields.parsed("url", |given| WebhookUrl::parse("url", given, policy)),
        enabled: fields.boolean("enabled"),
    }
}

/// What is no number is no webhook's.
pub fn parse_id(text: &str) -> Result<WebhookId, Error> {
    text.parse().map(WebhookId).map_err(|_| unknown_webhook())
}

impl From<&WebhookRow> for Webhook {
    fn from(row: &WebhookRow) -> Webhook {
        Webhook {
            id: row.id.0,
            event_type: row.event_type.clone(),
            enabled: row.enabled,
            url: row.url.clone(),
            errors_counter: row.errors_counter,
            secret: None,
            disabled_reason: Some(row.disabled_reason.clone()).filter(|reason| !reason.is_empty()),
        }
    }
}
