//! The labels of a chat on an official account.

use axum::extract::Path;
use axum::response::Response;

use crate::http::call::{Call, Done, RawBody};
use crate::http::public::chats::parse_chat_id;
use crate::http::public::labels::{Labels, LabelsToSet, read_labels};
use crate::http::public::refusals::{BodyRefusals, Refusals};
use crate::http::public::view::Ok as OkBody;
use crate::inbox::labels::{Labelling, change_labels};
use crate::inbox::waba::reached_waba_chat;
use crate::store::labels::label_list;

/// Read the labels of a chat on an official account
#[utoipa::path(
    get, path = "/waba/chats/{chat_id}/labels", tag = "Official accounts", operation_id = "list_waba_chat_labels",
    params(("chat_id" = i64, Path, description = "The chat's number")),
    responses(
        (status = 200, description = "The labels", body = OkBody<Labels>), Refusals,
    ),
)]
pub async fn list_waba_chat_labels(mut call: Call, Path(id): Path<String>) -> Response {
    let request = call.may_read().and_then(|()| call.query(|_| Some(()))).and_then(|()| parse_chat_id(&id));
    call.read(request, |tx, caller, chat| {
        reached_waba_chat(tx, caller, *chat)?;
        Ok(Labels::of(label_list(tx, caller.workspace, *chat)?))
    })
    .await
}

/// Replace the labels of a chat on an official account
///
/// The chat bears these labels then and no others; an empty list takes all of them off.
#[utoipa::path(
    post, path = "/waba/chats/{chat_id}/labels", tag = "Official accounts", operation_id = "replace_waba_chat_labels",
    params(("chat_id" = i64, Path, description = "The chat's number")),
    request_body = LabelsToSet,
    responses(
        (status = 200, description = "The labels as they are now", body = OkBody<Labels>), Refusals, BodyRefusals,
    ),
)]
pub async fn replace_waba_chat_labels(call: Call, path: Path<String>, body: RawBody) -> Response {
    change(call, &path.0, body, Labelling::Replace).await
}

/// Add labels to a chat on an official account
///
/// The chat keeps those that it has.
#[utoipa::path(
    put, path = "/waba/chats/{chat_id}/labels", tag = "Official accounts", operation_id = "add_waba_chat_labels",
    params(("chat_id" = i64, Path, description = "The chat's number")),
    request_body = LabelsToSet,
    responses(
        (status = 200, description = "The labels as they are now", body = OkBody<Labels>), Refusals, BodyRefusals,
    ),
)]
pub async fn add_waba_chat_labels(call: Call, path: Path<String>, body: RawBody) -> Response {
    change(call, &path.0, body, Labelling::Add).await
}

async fn change(mut call: Call, id: &str, body: RawBody, labelling: Labelling) -> Response {
    let request = call.may_manage().and_then(|()| {
        let chat = parse_chat_id(id)?;
        call.body(body, read_labels).map(|labels| (chat, labels))
    });
    call.write(request, move |write, caller, (chat, labels)| {
        reached_waba_chat(write.tx, caller, *chat)?;
        Ok(Done::with(Labels::of(change_labels(write, *chat, labels, labelling)?)))
    })
    .await
}
