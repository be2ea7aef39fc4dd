//! Messages: read one, read its way. They are sent in `sending.rs`.

use axum::extract::Path;
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Error;
use crate::http::call::Call;
use crate::http::public::refusals::Refusals;
use crate::http::public::view::{FailureReason, Message, Ok as OkBody, Viewer, zone_of};
use crate::id::MessageUid;
use crate::inbox::reach::reached_message;
use crate::message::Status;
use crate::store::messages::{HistoryRow, MessageView, history_list};
use crate::workspace::zone::api_time;

/// One step of a message's way.
#[derive(Serialize, ToSchema)]
pub struct StatusStep {
    pub status: String,
    pub timestamp: String,
    pub failure_reason: Option<FailureReason>,
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
    let app = call.app().clone();
    call.read(request, move |tx, caller, uid| {
        let zone = zone_of(tx, caller.workspace)?;
        let view = reached_message(tx, caller, *uid)?.ok_or_else(unknown_message)?;
        Viewer::new(&app, caller.workspace, &zone).one(tx, &view)
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
        let view = reached_message(tx, caller, *uid)?.ok_or_else(unknown_message)?;
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

/// A message's uid as it stands in a path; what is none is unknown like any other.
pub(super) fn parse_uid(text: &str) -> Result<MessageUid, Error> {
    Uuid::try_parse(text).map(MessageUid).map_err(|_| unknown_message())
}

/// The refusal for a message that the workspace doesn't have.
pub(super) fn unknown_message() -> Error {
    Error::not_found("There is no such message in this workspace; check the message_uid")
}
