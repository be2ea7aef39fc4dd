//! Sending: to a phone, a JID, a chat, a chat's name.

use axum::extract::Path;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::http::call::{Call, Done, RawBody};
use crate::http::public::chats::parse_chat_id;
use crate::http::public::refusals::{BodyRefusals, Refusals, SendRefusals};
use crate::http::public::send_body::{
    NewChatMessage, NewIds, NewJidMessage, NewMessage, NewNamedMessage, read_to_chat, read_to_chat_name, read_to_jid,
    read_to_phone,
};
use crate::http::public::view::Ok as OkBody;
use crate::inbox::content::Recipient;
use crate::inbox::send::{SendMessage, queue_message};

/// An accepted message.
#[derive(Serialize, ToSchema)]
pub struct AcceptedMessage {
    pub message_uid: String,
}

/// Send a message to a phone
///
/// Answers once the message is accepted and durable; WhatsApp comes later, follow its status. Costs 1 credit of the
/// mass-sending quota, or 2 with both text and attachment, given back if it fails. Repeat safely with an `Idempotency-Key`.
#[utoipa::path(
    post, path = "/messages", tag = "Messages", operation_id = "send_message", request_body = NewMessage,
    responses(
        (status = 200, description = "Accepted", body = OkBody<AcceptedMessage>), Refusals, BodyRefusals, SendRefusals,
    ),
)]
pub async fn send_message(mut call: Call, body: RawBody) -> Response {
    let ids = NewIds::draw(call.app());
    let request = call.may_send().and_then(|()| call.body(body, |fields| read_to_phone(fields, ids)));
    accept(call, request).await
}

/// Send a message to a phone (v2)
///
/// The same as `POST /messages`.
#[utoipa::path(
    post, path = "/v2/messages", tag = "Messages", operation_id = "send_message_v2", request_body = NewMessage,
    responses(
        (status = 200, description = "Accepted", body = OkBody<AcceptedMessage>), Refusals, BodyRefusals, SendRefusals,
    ),
)]
pub async fn send_message_v2(call: Call, body: RawBody) -> Response {
    send_message(call, body).await
}

/// Send a message to a JID
///
/// To a phone, a group, or a contact whose phone WhatsApp hides. Otherwise as `POST /messages`.
#[utoipa::path(
    post, path = "/messages/to_jid", tag = "Messages", operation_id = "send_message_to_jid",
    request_body = NewJidMessage,
    responses(
        (status = 200, description = "Accepted", body = OkBody<AcceptedMessage>), Refusals, BodyRefusals, SendRefusals,
    ),
)]
pub async fn send_message_to_jid(mut call: Call, body: RawBody) -> Response {
    let ids = NewIds::draw(call.app());
    let request = call.may_send().and_then(|()| call.body(body, |fields| read_to_jid(fields, ids)));
    accept(call, request).await
}

/// Send a message to a chat by its name
///
/// The chat must be there: an unknown name is 404. Otherwise as `POST /chats/{chat_id}/messages`.
#[utoipa::path(
    post, path = "/messages/to_chat_name", tag = "Messages", operation_id = "send_message_to_chat_name",
    request_body = NewNamedMessage,
    responses(
        (status = 200, description = "Accepted", body = OkBody<AcceptedMessage>), Refusals, BodyRefusals, SendRefusals,
    ),
)]
pub async fn send_message_to_chat_name(mut call: Call, body: RawBody) -> Response {
    let ids = NewIds::draw(call.app());
    let request = call.may_send().and_then(|()| call.body(body, |fields| read_to_chat_name(fields, ids)));
    accept(call, request).await
}

/// Send a message to a chat
///
/// From the chat's own account. Answers and costs as `POST /messages` does.
#[utoipa::path(
    post, path = "/chats/{chat_id}/messages", tag = "Messages", operation_id = "send_chat_message",
    request_body = NewChatMessage,
    params(("chat_id" = i64, Path, description = "The chat's number")),
    responses(
        (status = 200, description = "Accepted", body = OkBody<AcceptedMessage>), Refusals, BodyRefusals, SendRefusals,
    ),
)]
pub async fn send_chat_message(mut call: Call, Path(id): Path<String>, body: RawBody) -> Response {
    let ids = NewIds::draw(call.app());
    let request = call.may_send().and_then(|()| {
        let to = Recipient::Chat(parse_chat_id(&id)?);
        call.body(body, |fields| read_to_chat(fields, ids, to))
    });
    accept(call, request).await
}

/// Send a message to a chat (v2)
///
/// The same as `POST /chats/{chat_id}/messages`.
#[utoipa::path(
    post, path = "/v2/chats/{chat_id}/messages", tag = "Messages", operation_id = "send_chat_message_v2",
    request_body = NewChatMessage,
    params(("chat_id" = i64, Path, description = "The chat's number")),
    responses(
        (status = 200, description = "Accepted", body = OkBody<AcceptedMessage>), Refusals, BodyRefusals, SendRefusals,
    ),
)]
pub async fn send_chat_message_v2(call: Call, id: Path<String>, body: RawBody) -> Response {
    send_chat_message(call, id, body).await
}

async fn accept(call: Call, request: Result<SendMessage, Error>) -> Response {
    call.write(request, |write, caller, request| {
        let uid = queue_message(write, caller, request)?;
        Ok(Done { data: AcceptedMessage { message_uid: uid.to_string() }, message: Some(uid) })
    })
    .await
}
