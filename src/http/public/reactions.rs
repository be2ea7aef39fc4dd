//! Reactions to a message.

use axum::extract::Path;
use axum::response::Response;
use utoipa::ToSchema;

use crate::http::call::{Call, Done, RawBody};
use crate::http::fields::Fields;
use crate::http::public::messages::{parse_uid, unknown_message};
use crate::http::public::refusals::{BodyRefusals, Refusals, SendRefusals};
use crate::http::public::send_body::NewIds;
use crate::http::public::sending::AcceptedMessage;
use crate::http::public::view::{Ok as OkBody, Reactions, Viewer, zone_of};
use crate::id::MessageUid;
use crate::inbox::reach::reached_message;
use crate::inbox::reactions::{SendReaction, react};
use crate::inbox::values::Emoji;

/// A reaction.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the words of the document; `Fields` reads the request")]
pub struct ReactionBody {
    /// One emoji; empty takes the reaction back.
    #[schema(max_length = 50, example = "👍")]
    reaction: String,
}

/// Read the reactions to a message
#[utoipa::path(
    get, path = "/messages/{message_uid}/reactions", tag = "Messages", operation_id = "get_reactions",
    params(("message_uid" = String, Path, description = "As `message_uid` when it was sent")),
    responses(
        (status = 200, description = "Who reacted, and how", body = OkBody<Reactions>), Refusals,
    ),
)]
pub async fn get_reactions(mut call: Call, Path(uid): Path<String>) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_uid(&uid));
    let app = call.app().clone();
    call.read(request, move |tx, caller, uid| {
        let zone = zone_of(tx, caller.workspace)?;
        let view = reached_message(tx, caller, *uid)?.ok_or_else(unknown_message)?;
        Viewer::new(&app, caller.workspace, &zone).reactions(tx, &view)
    })
    .await
}

/// React to a message
///
/// Sets the account's own reaction, or takes it back with an empty one. It goes out in the chat's order, like a message, and
/// is free.
#[utoipa::path(
    patch, path = "/messages/{message_uid}/reactions", tag = "Messages", operation_id = "set_reaction",
    request_body = ReactionBody,
    params(("message_uid" = String, Path, description = "As `message_uid` when it was sent")),
    responses(
        (status = 200, description = "Accepted", body = OkBody<AcceptedMessage>), Refusals, BodyRefusals, SendRefusals,
    ),
)]
pub async fn set_reaction(call: Call, uid: Path<String>, body: RawBody) -> Response {
    write_reaction(call, uid, body).await
}

/// React to a message (PUT)
///
/// The same as PATCH.
#[utoipa::path(
    put, path = "/messages/{message_uid}/reactions", tag = "Messages", operation_id = "put_reaction",
    request_body = ReactionBody,
    params(("message_uid" = String, Path, description = "As `message_uid` when it was sent")),
    responses(
        (status = 200, description = "Accepted", body = OkBody<AcceptedMessage>), Refusals, BodyRefusals, SendRefusals,
    ),
)]
pub async fn put_reaction(call: Call, uid: Path<String>, body: RawBody) -> Response {
    write_reaction(call, uid, body).await
}

async fn write_reaction(mut call: Call, Path(uid): Path<String>, body: RawBody) -> Response {
    let ids = NewIds::draw(call.app());
    let request = call.may_send().and_then(|()| {
        let message = parse_uid(&uid)?;
        call.body(body, |fields| read_reaction(fields, ids, message))
    });
    call.write(request, |write, caller, request| {
        let uid = react(write, caller, request)?;
        Ok(Done { data: AcceptedMessage { message_uid: uid.to_string() }, message: Some(uid) })
    })
    .await
}

pub(super) fn read_reaction(fields: &mut Fields, ids: NewIds, message: MessageUid) -> Option<SendReaction> {
    let emoji = fields.parsed("reaction", |given| Emoji::parse("reaction", given));
    if emoji.is_none() && !fields.has_fault("reaction") {
        fields.fault("reaction", "reaction is missing; give one emoji, or \"\" to take it back".into());
    }
    Some(SendReaction { uid: ids.uid, wamid: ids.wamid, message, emoji: emoji? })
}
