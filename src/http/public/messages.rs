//! Messages: read one, read its way. They are sent in `sending.rs`.

use axum::extract::Path;
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::clock::Time;
use crate::error::Error;
use crate::http::call::Call;
use crate::http::public::refusals::Refusals;
use crate::http::public::view::{FailureReason, Message, Ok as OkBody, Viewer, zone_of};
use crate::id::MessageUid;
use crate::inbox::reach::reached_message;
use crate::inbox::receipts::recipients_of;
use crate::message::Status;
use crate::store::message_receipts::RecipientRow;
use crate::store::messages::{HistoryRow, MessageView, history_list};
use crate::workspace::zone::api_time;

/// One step of a message's way.
#[derive(Serialize, ToSchema)]
pub struct StatusStep {
    pub status: String,
    pub timestamp: String,
    pub failure_reason: Option<FailureReason>,
    /// Only of a group's message that all have, or have read: who told so, and when. `GET /messages/{message_uid}/explain`
    /// shows it also before that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub participants: Option<Vec<Participant>>,
}

/// Somebody of a group who has a message, or has read it.
#[derive(Serialize, ToSchema)]
pub struct Participant {
    /// `<digits>@s.whatsapp.net`, or `<digits>@lid` where WhatsApp shows no phone.
    pub whatsapp_id: String,
    /// As they call themselves; may be empty.
    pub name: String,
    pub timestamp: String,
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
        let recipients = recipients_of(tx, caller.workspace, &view.message)?;
        Ok(steps.iter().map(|step| step_of(step, &view, &recipients, &zone)).collect::<Vec<_>>())
    })
    .await
}

pub(super) fn step_of(
    step: &HistoryRow,
    view: &MessageView,
    recipients: &[RecipientRow],
    zone: &TimeZone,
) -> StatusStep {
    let told_at = |one: &RecipientRow| match step.status {
        Status::Delivered => one.receipt.there_at(),
        Status::Read => one.receipt.read_at,
        _ => Time::NEVER,
    };
    let told = recipients.iter().filter(|one| !told_at(one).is_never());
    let participants: Vec<Participant> = told
        .map(|one| Participant {
            whatsapp_id: one.jid.clone(),
            name: one.name.clone(),
            timestamp: api_time(told_at(one), zone),
        })
        .collect();
    let failure = view.message.failure.as_ref().filter(|_| step.status == Status::Failed);
    StatusStep {
        status: step.status.as_str().to_owned(),
        timestamp: api_time(step.at, zone),
        failure_reason: failure.map(FailureReason::from),
        participants: Some(participants).filter(|told| !told.is_empty()),
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
