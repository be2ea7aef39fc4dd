//! Messages: send to a phone, read one, read its way.

use axum::extract::Path;
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Error;
use crate::http::call::{Call, Done, RawBody};
use crate::http::fields::Fields;
use crate::http::public::refusals::{BodyRefusals, Refusals};
use crate::http::public::view::{FailureReason, Message, Ok as OkBody, zone_of};
use crate::id::MessageUid;
use crate::inbox::send::{SendMessage, queue_message};
use crate::inbox::values::{ChatName, LabelName, MessageText, Phone};
use crate::message::{Origin, Status};
use crate::store::messages::{HistoryRow, MessageView, history_list, message_find};
use crate::workspace::zone::api_time;

/// A message to a phone number.
#[derive(ToSchema)]
pub struct NewMessage {
    /// In international form; spaces, dashes, dots and brackets are stripped, a missing `+` is added.
    #[schema(example = "+1 202 555 0100")]
    pub phone: String,
    /// The account to send from. Left out: the most recently linked one; a sandbox account only where no real one was
    /// ever linked.
    #[schema(required = false, nullable)]
    pub whatsapp_account_phone: Option<String>,
    #[schema(required = false, nullable, max_length = 2000, example = "Hello from Partyline")]
    pub text: Option<String>,
    /// Added to the chat; made if there is no such label.
    #[schema(required = false, nullable, max_length = 64)]
    pub label: Option<String>,
    /// Names the chat; no other chat of the workspace may bear the name.
    #[schema(required = false, nullable, max_length = 256)]
    pub chat_name: Option<String>,
}

/// An accepted message.
#[derive(Serialize, ToSchema)]
pub struct AcceptedMessage {
    pub message_uid: String,
}

/// One step of a message's way.
#[derive(Serialize, ToSchema)]
pub struct StatusStep {
    pub status: String,
    pub timestamp: String,
    pub failure_reason: Option<FailureReason>,
}

/// Send a message to a phone
///
/// Answers once the message is accepted and durable; WhatsApp comes later, follow its status. Costs 1 credit of the
/// mass-sending quota, given back if it fails. Repeat safely with an `Idempotency-Key`.
#[utoipa::path(
    post, path = "/messages", tag = "Messages", operation_id = "send_message", request_body = NewMessage,
    params(("Idempotency-Key" = Option<String>, Header, description = "Any text of your own, 1 to 255 characters. \
        A request repeated with it within 7 days is answered with the first answer and sends nothing.")),
    responses(
        (status = 200, description = "Accepted", body = OkBody<AcceptedMessage>), Refusals, BodyRefusals,
    ),
)]
pub async fn send_message(mut call: Call, body: RawBody) -> Response {
    let (app, at) = (call.app().clone(), call.app().clock.now());
    let request = call
        .may_send()
        .and_then(|()| call.body(body, |fields| read_new_message(fields, app.ids.message_uid(at), app.ids.wamid())));
    call.write(request, |write, caller, request| {
        let uid = queue_message(write, caller, request)?;
        Ok(Done { data: AcceptedMessage { message_uid: uid.to_string() }, message: Some(uid) })
    })
    .await
}

fn read_new_message(fields: &mut Fields, uid: MessageUid, wamid: String) -> Option<SendMessage> {
    let to = fields.parsed("phone", |given| Phone::parse("phone", given));
    if to.is_none() && !fields.has_fault("phone") {
        fields.fault("phone", "phone is missing; give the recipient's number in international form".into());
    }
    let account = fields.parsed("whatsapp_account_phone", |given| Phone::parse("whatsapp_account_phone", given));
    let text =
        fields.parsed("text", |given| MessageText::parse("text", given)).filter(|text| !text.as_str().is_empty());
    if text.is_none() && !fields.has_fault("text") {
        fields.fault("text", "There is nothing to send; give text of 1 to 2000 characters".into());
    }
    let label = fields.parsed("label", |given| LabelName::parse("label", given));
    let chat_name = fields.parsed("chat_name", |given| ChatName::parse("chat_name", given));
    Some(SendMessage { uid, wamid, to: to?, account, text: text?, label, chat_name, origin: Origin::PublicApi })
}

/// Read a message
#[utoipa::path(
    get, path = "/messages/{message_uid}", tag = "Messages", operation_id = "get_message",
    params(("message_uid" = String, Path, description = "As `message_uid` when it was sent")),
    responses(
        (status = 200, description = "The message", body = OkBody<Message>), Refusals,
    ),
)]
pub async fn get_message(mut call: Call, Path(uid): Path<String>) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_uid(&uid));
    call.read(request, |tx, caller, uid| {
        let zone = zone_of(tx, caller.workspace)?;
        let view = message_find(tx, caller.workspace, *uid)?.ok_or_else(unknown)?;
        Ok(Message::of(&view, &zone))
    })
    .await
}

/// Read a message's way
///
/// A flat list, oldest first. Statuses only move forward.
#[utoipa::path(
    get, path = "/messages/{message_uid}/status_history", tag = "Messages", operation_id = "get_status_history",
    params(("message_uid" = String, Path, description = "As `message_uid` when it was sent")),
    responses(
        (status = 200, description = "Its statuses so far", body = OkBody<Vec<StatusStep>>), Refusals,
    ),
)]
pub async fn get_status_history(mut call: Call, Path(uid): Path<String>) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_uid(&uid));
    call.read(request, |tx, caller, uid| {
        let zone = zone_of(tx, caller.workspace)?;
        let view = message_find(tx, caller.workspace, *uid)?.ok_or_else(unknown)?;
        let steps = history_list(tx, caller.workspace, *uid)?;
        Ok(steps.iter().map(|step| step_of(step, &view, &zone)).collect::<Vec<_>>())
    })
    .await
}

fn step_of(step: &HistoryRow, view: &MessageView, zone: &TimeZone) -> StatusStep {
    let failure = view.message.failure.as_ref().filter(|_| step.status == Status::Failed);
    StatusStep {
        status: step.status.as_str().to_owned(),
        timestamp: api_time(step.at, zone),
        failure_reason: failure.map(FailureReason::from),
    }
}

fn parse_uid(text: &str) -> Result<MessageUid, Error> {
    Uuid::try_parse(text).map(MessageUid).map_err(|_| unknown())
}

fn unknown() -> Error {
    Error::not_found("There is no such message in this workspace; check the message_uid")
}
