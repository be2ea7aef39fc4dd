//! Messages of official accounts: those of a chat, one, its way, its reactions.

use axum::extract::Path;
use axum::response::Response;

use crate::http::call::{Call, Done, RawBody};
use crate::http::public::chat_messages::{MessagePage, MessageQuery, read_list_messages};
use crate::http::public::chats::parse_chat_id;
use crate::http::public::messages::{StatusStep, parse_uid, step_of, unknown_message};
use crate::http::public::reactions::{ReactionBody, read_reaction};
use crate::http::public::refusals::Refusals;
use crate::http::public::send_body::NewIds;
use crate::http::public::sending::AcceptedMessage;
use crate::http::public::view::{Message, Ok as OkBody, Reactions, Viewer, zone_of};
use crate::http::public::waba::WabaRefusals;
use crate::inbox::reactions::react;
use crate::inbox::waba::{ensure_active, reached_waba_chat, reached_waba_message};
use crate::store::accounts::account_find;
use crate::store::messages::history_list;

/// Read the messages of a chat on an official account
///
/// Newest first unless told otherwise; 50 to a page.
#[utoipa::path(
    get, path = "/waba/chats/{chat_id}/messages", tag = "Official accounts", operation_id = "list_waba_chat_messages",
    params(("chat_id" = i64, Path, description = "The chat's number"), MessageQuery),
    responses(
        (status = 200, description = "A page of messages", body = OkBody<MessagePage>), Refusals,
    ),
)]
pub async fn list_waba_chat_messages(mut call: Call, Path(id): Path<String>) -> Response {
    let request = call.may_read().and_then(|()| {
        let chat = parse_chat_id(&id)?;
        call.query(|fields| read_list_messages(fields, chat))
    });
    let app = call.app().clone();
    call.read(request, move |tx, caller, request| {
        reached_waba_chat(tx, caller, request.chat)?;
        request.page_of(tx, &app, caller.workspace)
    })
    .await
}

/// Read a message of an official account
#[utoipa::path(
    get, path = "/waba/messages/{message_uid}", tag = "Official accounts", operation_id = "get_waba_message",
    params(("message_uid" = String, Path, description = "As `uid` when it was sent")),
    responses(
        (status = 200, description = "The message", body = OkBody<Message>), Refusals,
    ),
)]
pub async fn get_waba_message(mut call: Call, Path(uid): Path<String>) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_uid(&uid));
    let app = call.app().clone();
    call.read(request, move |tx, caller, uid| {
        let zone = zone_of(tx, caller.workspace)?;
        let view = reached_waba_message(tx, caller, *uid)?.ok_or_else(unknown_message)?;
        Viewer::new(&app, caller.workspace, &zone).one(tx, &view)
    })
    .await
}

/// Read the way of a message of an official account
///
/// A flat list, oldest first. Statuses only move forward.
#[utoipa::path(
    get, path = "/waba/messages/{message_uid}/status_history", tag = "Official accounts",
    operation_id = "get_waba_status_history",
    params(("message_uid" = String, Path, description = "As `uid` when it was sent")),
    responses(
        (status = 200, description = "Its statuses so far", body = OkBody<Vec<StatusStep>>), Refusals,
    ),
)]
pub async fn get_waba_status_history(mut call: Call, Path(uid): Path<String>) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_uid(&uid));
    call.read(request, |tx, caller, uid| {
        let zone = zone_of(tx, caller.workspace)?;
        let view = reached_waba_message(tx, caller, *uid)?.ok_or_else(unknown_message)?;
        let steps = history_list(tx, caller.workspace, *uid)?;
        Ok(steps.iter().map(|step| step_of(step, &view, &[], &zone)).collect::<Vec<_>>())
    })
    .await
}

/// Read the reactions to a message of an official account
#[utoipa::path(
    get, path = "/waba/messages/{message_uid}/reactions", tag = "Official accounts",
    operation_id = "get_waba_reactions",
    params(("message_uid" = String, Path, description = "As `uid` when it was sent")),
    responses(
        (status = 200, description = "Who reacted, and how", body = OkBody<Reactions>), Refusals,
    ),
)]
pub async fn get_waba_reactions(mut call: Call, Path(uid): Path<String>) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_uid(&uid));
    let app = call.app().clone();
    call.read(request, move |tx, caller, uid| {
        let zone = zone_of(tx, caller.workspace)?;
        let view = reached_waba_message(tx, caller, *uid)?.ok_or_else(unknown_message)?;
        Viewer::new(&app, caller.workspace, &zone).reactions(tx, &view)
    })
    .await
}

/// React to a message of an official account
///
/// Sets the account's own reaction, or takes it back with an empty one.
#[utoipa::path(
    patch, path = "/waba/messages/{message_uid}/reactions", tag = "Official accounts",
    operation_id = "set_waba_reaction", request_body = ReactionBody,
    params(("message_uid" = String, Path, description = "As `uid` when it was sent")),
    responses(
        (status = 200, description = "Accepted", body = OkBody<AcceptedMessage>), Refusals, WabaRefusals,
    ),
)]
pub async fn set_waba_reaction(mut call: Call, Path(uid): Path<String>, body: RawBody) -> Response {
    let ids = NewIds::draw(call.app());
    let request = call.may_send().and_then(|()| {
        let message = parse_uid(&uid)?;
        call.body(body, |fields| read_reaction(fields, ids, message))
    });
    call.write(request, |write, caller, request| {
        let view = reached_waba_message(write.tx, caller, request.message)?.ok_or_else(unknown_message)?;
        if let Some(account) = account_find(write.tx, caller.workspace, view.message.account)? {
            ensure_active(&account)?;
        }
        let uid = react(write, caller, request)?;
        Ok(Done { data: AcceptedMessage { message_uid: uid.to_string() }, message: Some(uid) })
    })
    .await
}
