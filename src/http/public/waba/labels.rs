//! The labels of a chat on an official account.

use axum::extract::Path;
use axum::response::Response;

use crate::http::call::{Call, RawBody};
use crate::http::public::labels::{Chats, Labels, LabelsToSet, change, list};
use crate::http::public::refusals::{BodyRefusals, Refusals};
use crate::http::public::view::Ok as OkBody;
use crate::inbox::labels::Labelling;

/// Read the labels of a chat on an official account
#[utoipa::path(
    get, path = "/waba/chats/{chat_id}/labels", tag = "Official accounts", operation_id = "list_waba_chat_labels",
    params(("chat_id" = i64, Path, description = "The chat's number")),
    responses(
        (status = 200, description = "The labels", body = OkBody<Labels>), Refusals,
    ),
)]
pub async fn list_waba_chat_labels(call: Call, path: Path<String>) -> Response {
    list(call, &path.0, Chats::Official).await
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
    change(call, &path.0, body, (Chats::Official, Labelling::Replace)).await
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
    change(call, &path.0, body, (Chats::Official, Labelling::Add)).await
}
