//! Changing a message of one's own after it was sent.

use axum::extract::Path;
use axum::response::Response;
use utoipa::ToSchema;

use crate::error::Error;
use crate::http::call::{Call, Done, RawBody};
use crate::http::fields::Fields;
use crate::http::public::messages::parse_uid;
use crate::http::public::refusals::{BodyRefusals, Refusals, SendRefusals};
use crate::http::public::send_body::NewIds;
use crate::http::public::sending::AcceptedMessage;
use crate::http::public::view::Ok as OkBody;
use crate::inbox::own_changes::{Change, ChangeMessage, change_message};
use crate::inbox::values::MessageText;

/// What a message says from then on.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct EditBody {
    #[schema(min_length = 1, max_length = 2000, example = "Your bike is ready from 4 pm")]
    text: String,
}

/// Edit a message
///
/// Partyline's own. Changes the text of a message of yours, for its recipient as well. WhatsApp takes an edit for 15 minutes
/// after the message was sent, and only of text alone. It goes out in the chat's order, like a message, and is free; the
/// message changes once WhatsApp has it, which `message:edited` tells, else `message:change_failed`.
#[utoipa::path(
    patch, path = "/messages/{message_uid}", tag = "Messages", operation_id = "edit_message",
    request_body = EditBody,
    params(("message_uid" = String, Path, description = "As `message_uid` when it was sent")),
    responses(
        (status = 200, description = "Accepted", body = OkBody<AcceptedMessage>), Refusals, BodyRefusals, SendRefusals,
    ),
)]
pub async fn edit_message(mut call: Call, Path(uid): Path<String>, body: RawBody) -> Response {
    let text = call.may_send().and_then(|()| {
        let message = parse_uid(&uid)?;
        Ok((message, call.body(body, read_text)?))
    });
    let ids = NewIds::draw(call.app());
    let request = text.map(|(message, text)| changed(ids, message, Change::Edit(text)));
    accept(call, request).await
}

/// Delete a message for everyone
///
/// Partyline's own. Takes a message of yours back; WhatsApp does so for 48 hours after it was sent. It goes out in the chat's
/// order, like a message, and is free; the message is emptied once WhatsApp has it, which `message:deleted` tells, else
/// `message:change_failed`. Credits are not given back: the message was sent.
#[utoipa::path(
    delete, path = "/messages/{message_uid}", tag = "Messages", operation_id = "delete_message",
    params(("message_uid" = String, Path, description = "As `message_uid` when it was sent")),
    responses(
        (status = 200, description = "Accepted", body = OkBody<AcceptedMessage>), Refusals, SendRefusals,
    ),
)]
pub async fn delete_message(mut call: Call, Path(uid): Path<String>) -> Response {
    let ids = NewIds::draw(call.app());
    let request = call.may_send().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_uid(&uid));
    let request = request.map(|message| changed(ids, message, Change::Delete));
    accept(call, request).await
}

fn changed(ids: NewIds, message: crate::id::MessageUid, change: Change) -> ChangeMessage {
    ChangeMessage { uid: ids.uid, wamid: ids.wamid, message, change }
}

async fn accept(call: Call, request: Result<ChangeMessage, Error>) -> Response {
    call.write(request, |write, caller, request| {
        let uid = change_message(write, caller, request)?;
        Ok(Done { data: AcceptedMessage { message_uid: uid.to_string() }, message: Some(uid) })
    })
    .await
}

fn read_text(fields: &mut Fields) -> Option<MessageText> {
    let text = fields.parsed("text", |given| MessageText::parse("text", given));
    let text = text.filter(|text| !text.as_str().is_empty());
    if text.is_none() && !fields.has_fault("text") {
        fields.fault("text", "text is missing; give what the message says from now on, or delete the message".into());
    }
    text
}
